"""Salted 64-bit digests of rows: enough to find a row again, not to read it."""

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from sgdkit.governance.evidence.fingerprint import canonical_block, canonical_csr
from sgdkit.governance.tabular import blocks, columns, factorize, is_frame, on_host

__all__ = ("RowHasher",)

UInt64 = npt.NDArray[np.uint64]

_MULTIPLIERS = (np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53))
_SHIFT = np.uint64(32)


class RowHasher:
    """Hashes rows with a secret salt, so digests of one salt can only be compared with each other.

    A row's digest is ``sum_j r_j * mix(x_j)`` modulo 2**64, with odd ``r_j`` drawn from the salt and
    ``mix(0) = 0``; so a sparse row costs its non-zeros and equals its dense form. Two different rows
    collide with probability near 2**-64.

    Parameters
    ----------
    salt : bytes
        Secret; kept in memory only.
    """

    def __init__(self, salt: bytes) -> None:
        self._salt = salt

    def digests(self, X: Any) -> UInt64:
        """Digest of every row of a table, ndarray of shape (n_rows,)."""
        X = on_host(X)
        factors = self._factors(X.shape[1] if X.ndim > 1 else 1)
        if sp.issparse(X):
            csr = canonical_csr(X)
            terms = _mix(_bits(csr.data)) * factors[csr.indices]
            # Differences of a running sum modulo 2**64 give each row's sum, empty rows included.
            running = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(terms, dtype=np.uint64)])
            return running[csr.indptr[1:]] - running[csr.indptr[:-1]]
        if is_frame(X) or X.dtype.kind not in "biuf":
            total = np.zeros(X.shape[0], dtype=np.uint64)
            for factor, (_, _, values) in zip(factors, columns(X), strict=True):
                total += _mix(self._column_bits(values)) * factor
            return total
        digests = np.empty(X.shape[0], dtype=np.uint64)
        start = 0
        for block in blocks(X):
            digests[start : start + len(block)] = _mix(_bits(block)) @ factors
            start += len(block)
        return digests

    def _column_bits(self, values: npt.NDArray[Any]) -> UInt64:
        if values.dtype.kind not in "OSUT":
            return _bits(values)
        codes, distinct = factorize(values)
        hashes = [hashlib.blake2b(token, digest_size=8, key=self._salt).digest() for token in distinct]
        return np.frombuffer(b"".join(hashes), dtype=np.uint64)[codes] if hashes else codes.view(np.uint64)

    def _factors(self, n_columns: int) -> UInt64:
        seed = int.from_bytes(hashlib.sha256(self._salt).digest()[:16], "little")
        return np.random.Philox(seed).random_raw(n_columns).astype(np.uint64) | np.uint64(1)


def _bits(values: npt.NDArray[Any]) -> UInt64:
    """64 bits per number; equal numbers of different dtypes share them."""
    if values.dtype.kind in "mM":
        return canonical_block(values).view(np.uint64)
    return canonical_block(values.astype(np.float64)).view(np.uint64)


def _mix(bits: UInt64) -> UInt64:
    """Spread every input bit over all 64; zero stays zero."""
    mixed = bits ^ (bits >> _SHIFT)
    for multiplier in _MULTIPLIERS:
        mixed *= multiplier
        mixed ^= mixed >> _SHIFT
    return mixed
