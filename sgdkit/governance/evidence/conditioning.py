"""How well a table is conditioned for gradient descent."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from sgdkit.blas_threads import one_blas_thread
from sgdkit.governance.tabular import n_rows, numeric_columns, on_host, take_rows

__all__ = ("Conditioning", "measure_conditioning")

MAX_ROWS = 2048
MAX_COLUMNS = 256
SPECTRUM_CUT = 1e-12


@dataclass(frozen=True, slots=True)
class Conditioning:
    """Conditioning of the numeric columns, centred, on an evenly spaced sample of rows.

    Attributes
    ----------
    condition_number : float or None
        Largest over smallest singular value among those above `SPECTRUM_CUT` times the largest.
        Gradient descent needs a number of steps that grows with its square.
    rank, n_columns, n_rows : int
        Numerical rank, numeric columns and sampled rows it was taken from.
    scale_ratio : float or None
        Largest over smallest standard deviation among columns with more than two distinct values.
        It is the part of the conditioning that scaling can mend.
    reason : str
        Why something was not measured; empty otherwise.
    """

    condition_number: float | None
    rank: int | None
    scale_ratio: float | None
    n_columns: int
    n_rows: int
    reason: str = ""


def measure_conditioning(X: Any) -> Conditioning:
    """Measure the conditioning of a table.

    Parameters
    ----------
    X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
        Anything; only numeric columns and complete rows count.

    Returns
    -------
    Conditioning
        At most 2,048 rows and 256 columns are decomposed; beyond, the reason says so.

    Examples
    --------
    >>> import numpy as np
    >>> from sgdkit.governance.evidence.conditioning import measure_conditioning
    >>> X = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 10.0], [0.0, -10.0]])
    >>> round(measure_conditioning(X).condition_number, 3)
    10.0
    """
    X = on_host(X)
    height = n_rows(X)
    # Evenly spaced rows: deterministic, and fair to data that are sorted.
    rows = np.unique(np.linspace(0, max(0, height - 1), min(height, MAX_ROWS)).astype(np.intp))
    if sp.issparse(X):
        if X.shape[1] > MAX_COLUMNS:
            return _not_measured(f"{X.shape[1]} sparse columns; at most {MAX_COLUMNS} are decomposed")
        sample = np.asarray(take_rows(sp.csr_array(X), rows).toarray(), dtype=np.float64)
    else:
        _, sample = numeric_columns(X, rows)
    sample = sample[np.isfinite(sample).all(axis=1)]
    if sample.shape[1] == 0:
        return _not_measured("no numeric column")
    if sample.shape[0] < 2:
        return _not_measured("fewer than two complete rows in the sample")
    if sample.shape[1] > MAX_COLUMNS:
        return _not_measured(f"{sample.shape[1]} columns; at most {MAX_COLUMNS} are decomposed")
    largest = float(np.abs(sample).max())
    if largest == 0.0:
        return _not_measured("all values are zero")
    sample = sample / largest  # keeps squares finite; both figures are ratios, so nothing else changes
    varied = np.array([np.unique(column).size > 2 for column in sample.T])
    sample -= sample.mean(axis=0)
    spread = sample.std(axis=0)[varied]
    spread = spread[spread > 0.0]
    with one_blas_thread():  # so thin a table is slower on several, and its last digits depend on them
        spectrum = np.linalg.svd(sample, compute_uv=False)
    kept = spectrum[spectrum > SPECTRUM_CUT * spectrum[0]]
    return Conditioning(
        condition_number=float(kept[0] / kept[-1]) if kept.size else None,
        rank=int(kept.size),
        scale_ratio=float(spread.max() / spread.min()) if spread.size else None,
        n_columns=int(sample.shape[1]),
        n_rows=int(sample.shape[0]),
        reason="" if kept.size else "every column is constant",
    )


def _not_measured(reason: str) -> Conditioning:
    return Conditioning(None, None, None, 0, 0, reason)
