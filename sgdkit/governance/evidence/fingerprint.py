"""A fingerprint of content: equal values give equal hashes, however they lie in memory."""

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from sgdkit.governance.tabular import blocks, columns, factorize, is_frame, on_host

__all__ = ("canonical_block", "canonical_csr", "column_fingerprints", "fingerprint")

Array = npt.NDArray[Any]


def fingerprint(data: Any) -> str:
    """SHA-256 of the values of a table or target.

    Parameters
    ----------
    data : array-like, sparse matrix or data frame
        Numbers, booleans, dates or strings, with or without missing values.

    Returns
    -------
    str
        ``"sha256:<hex>"``. It does not depend on C or Fortran order, strides, byte order, the sparse
        format, explicit zeros, the sign of zero or the payload of NaN. It does depend on the kind and
        width of the numbers, on a frame's column names and on the order of rows and columns. A dense
        and a sparse matrix of equal values differ.

    Examples
    --------
    >>> import numpy as np
    >>> from sgdkit.governance.evidence.fingerprint import fingerprint
    >>> X = np.arange(6.0).reshape(3, 2)
    >>> fingerprint(X) == fingerprint(np.asfortranarray(X))
    True
    """
    digest = hashlib.sha256()
    data = on_host(data)
    if sp.issparse(data):
        csr = canonical_csr(data)
        digest.update(f"sparse:{csr.shape}".encode())
        _update(digest, csr.indptr.astype(np.int64, copy=False))
        _update(digest, csr.indices.astype(np.int64, copy=False))
        _update(digest, csr.data)
    elif is_frame(data):
        digest.update(f"frame:{tuple(data.shape)}".encode())
        for name, _, values in columns(data):
            digest.update(f"column:{len(name)}:{name}".encode("utf-8", "surrogatepass"))
            _update(digest, values)
    else:
        _update(digest, data)
    return "sha256:" + digest.hexdigest()


def column_fingerprints(data: Any) -> tuple[str, ...]:
    """Fingerprint of each column of a table: what `fingerprint` gives for the column alone.

    Parameters
    ----------
    data : array, sparse matrix or data frame of shape (n_samples, n_columns)
        On the host.

    Returns
    -------
    tuple of str
        One for each column.
    """
    if sp.issparse(data):
        csc = sp.csc_array(canonical_csr(data))
        return tuple(fingerprint(csc[:, [j]]) for j in range(csc.shape[1]))
    if is_frame(data) or data.dtype.kind in "OSUT":
        return tuple(fingerprint(values) for _, _, values in columns(data))
    digests = [hashlib.sha256(_prefix(data[:, j])) for j in range(data.shape[1])]
    for block in blocks(data):  # a block is read row by row once, while it is in the cache
        for digest, values in zip(digests, np.ascontiguousarray(canonical_block(block).T), strict=True):
            digest.update(values.data)
    return tuple("sha256:" + digest.hexdigest() for digest in digests)


def canonical_csr(X: Any) -> sp.csr_array:
    """Row-compressed form with sorted, unique indices and no explicit zeros; never changes `X`."""
    csr = sp.csr_array(X)
    shares_memory = getattr(X, "format", "") == "csr"
    clean = csr.has_canonical_format and bool(np.all(csr.data != 0))
    if clean:
        return csr
    if shares_memory:
        csr = csr.copy()
    csr.sum_duplicates()
    csr.eliminate_zeros()
    return csr


def canonical_block(block: Array) -> Array:
    """Contiguous little-endian copy with one zero and one NaN; dates as integers."""
    if block.dtype.kind in "mM":
        return np.ascontiguousarray(block).view(np.int64)
    if block.dtype.kind not in "fc":
        return np.ascontiguousarray(block, dtype=block.dtype.newbyteorder("<"))
    plain = np.add(block, 0.0, dtype=block.dtype.newbyteorder("<"), order="C")  # -0.0 + 0.0 is 0.0
    missing = np.isnan(plain)
    if missing.any():
        plain[missing] = np.nan
    return np.ascontiguousarray(plain)


def _update(digest: Any, values: Array) -> None:
    """Hash the values of one array, block by block."""
    digest.update(_prefix(values))
    if values.dtype.kind in "OSUT":
        codes, distinct = factorize(values)
        digest.update(f"text:{len(distinct)};".encode())
        for token in distinct:
            digest.update(f"{len(token)}:".encode())
            digest.update(token)
        values = codes
    if values.ndim == 0:
        values = values.reshape(1)
    for block in blocks(values):
        digest.update(canonical_block(block).data)


def _prefix(values: Array) -> bytes:
    return f"{values.dtype.kind}{values.dtype.itemsize}:{values.shape};".encode()
