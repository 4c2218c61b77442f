"""Small, deterministic changes to test rows, keeping their container."""

from typing import Any

import numpy as np
import scipy.sparse as sp

from sgdkit.governance.tabular import columns, is_frame

__all__ = (
    "varying_columns",
    "with_column_fixed",
    "with_columns_fixed",
    "with_noise",
    "with_values_fixed",
    "with_values_missing",
)


def varying_columns(X: Any) -> list[int]:
    """Positions of the dense numeric columns with more than two distinct values."""
    return [j for j, (_, _, values) in enumerate(columns(X)) if _is_continuous(values)]


def with_noise(
    X: Any, scale: float, generator: np.random.Generator, chosen: list[int] | None = None
) -> Any | None:
    """`X` with Gaussian noise of `scale` standard deviations on each continuous column.

    Returns
    -------
    table or None
        Same container; None when there is nothing continuous to disturb. In a sparse matrix the stored
        values are disturbed and zeros stay zero.
    """
    if sp.issparse(X):
        stored = X.data
        if stored.dtype.kind != "f" or stored.size == 0 or np.ptp(stored) == 0.0:
            return None
        noisy = X.copy()
        noisy.data = (stored + generator.normal(0.0, scale * stored.std(), stored.size)).astype(stored.dtype)
        return noisy
    chosen = varying_columns(X) if chosen is None else chosen
    if not chosen:
        return None
    changed = _editable(X)
    if not is_frame(X) and X.dtype.kind == "f":
        values = X[:, chosen].astype(np.float64)
        changed[:, chosen] += generator.normal(size=values.shape) * (scale * np.nanstd(values, axis=0))
        return changed
    for j in chosen:
        values = _column(X, j).astype(np.float64)
        noise = generator.normal(0.0, scale * float(np.nanstd(values)), values.size)
        changed = _replace(changed, j, values + noise)
    return changed


def with_column_fixed(X: Any, j: int) -> Any:
    """`X` with column `j` carrying no information: its median, its most frequent value, or zero if sparse."""
    if sp.issparse(X):
        changed = sp.csc_array(X, copy=True)
        changed.data[changed.indptr[j] : changed.indptr[j + 1]] = 0
        return type(X)(changed)
    values = _column(X, j)
    if values.dtype.kind in "iuf":
        # A value that occurs, so integer columns stay integers and categories stay known.
        ordered = np.sort(values[~np.isnan(values)] if values.dtype.kind == "f" else values)
        fixed = ordered[ordered.size // 2] if ordered.size else values[0]
    else:
        distinct, counts = np.unique(values.astype(str), return_counts=True)
        fixed = values[int(np.argmax(values.astype(str) == distinct[counts.argmax()]))]
    return _replace(_editable(X), j, np.full(values.shape, fixed, dtype=values.dtype))


def with_columns_fixed(X: Any, chosen: list[int]) -> Any:
    """`X` with several columns carrying no information; see `with_column_fixed`."""
    if sp.issparse(X):
        kept = np.ones(X.shape[1], dtype=X.dtype)
        kept[chosen] = 0
        return type(X)(sp.csr_array(X) @ sp.diags_array(kept))
    for j in chosen:
        X = with_column_fixed(X, j)
    return X


def with_values_missing(X: Any, chosen: list[int], mask: np.ndarray) -> Any:
    """`X` with NaN where `mask`, of shape (n_rows, len(chosen)), is set in the chosen columns."""
    return _masked(X, chosen, mask, fill=None)


def with_values_fixed(X: Any, chosen: list[int], mask: np.ndarray) -> Any:
    """The same with the column's median in place of NaN."""
    return _masked(X, chosen, mask, fill=np.nanmedian)


def _masked(X: Any, chosen: list[int], mask: np.ndarray, fill: Any) -> Any:
    changed = _editable(X)
    for j, missing in zip(chosen, mask.T, strict=True):
        values = _column(X, j).astype(np.float64)
        values = np.where(missing, np.nan if fill is None else fill(values), values)
        changed = _replace(changed, j, values)
    return changed


def _is_continuous(values: np.ndarray) -> bool:
    if values.dtype.kind == "f":
        return np.unique(values[~np.isnan(values)]).size > 2
    # Few distinct integers are more often codes of categories than quantities.
    return values.dtype.kind in "iu" and np.unique(values).size > 20


def _column(X: Any, j: int) -> np.ndarray:
    return np.asarray(X.iloc[:, j]) if is_frame(X) else X[:, j]


def _editable(X: Any) -> Any:
    if is_frame(X):
        if not hasattr(X, "iloc"):
            raise TypeError(f"columns of a {type(X).__name__} cannot be replaced here; use pandas or NumPy")
        return X.copy()
    return X.astype(np.float64) if X.dtype.kind in "iu" else X.copy()


def _replace(X: Any, j: int, values: np.ndarray) -> Any:
    if is_frame(X):
        dtype = X.dtypes.iloc[j]
        keeps = getattr(dtype, "kind", "O") == "f" or values.dtype.kind != "f"
        X.isetitem(j, type(X.iloc[:, j])(values, index=X.index, dtype=dtype if keeps else None))
        return X
    X[:, j] = values
    return X
