"""Small, deterministic changes to test rows, keeping their container."""

from typing import Any

import numpy as np
import scipy.sparse as sp

from sgdkit.governance.tabular import columns, is_frame

__all__ = (
    "varying_columns",
    "with_columns_fixed",
    "with_noise",
    "with_values_fixed",
    "with_values_missing",
)


_FIRST = 200


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
    if not is_frame(X) and X.dtype.kind == "f":
        every = len(chosen) == X.shape[1]
        values = X if every else X[:, chosen]
        noise = generator.standard_normal(values.shape)
        noise *= scale * _spread(values)
        if every:  # no second copy of the table
            return X + noise.astype(X.dtype, copy=False)
        changed = _editable(X)
        changed[:, chosen] += noise
        return changed
    changed = _editable(X)
    for j in chosen:
        values = _column(X, j).astype(np.float64)
        noise = generator.normal(0.0, scale * float(np.nanstd(values)), values.size)
        changed = _replace(changed, j, values + noise)
    return changed


def with_columns_fixed(X: Any, chosen: list[int]) -> Any:
    """`X` with columns carrying no information: their median, most frequent value, or zero if sparse."""
    if sp.issparse(X):
        emptied = sp.csc_array(X, copy=True)
        for j in chosen:
            emptied.data[emptied.indptr[j] : emptied.indptr[j + 1]] = 0
        return type(X)(emptied)
    changed = _editable(X)
    for j in chosen:
        values = _column(X, j)
        changed = _replace(changed, j, np.full(values.shape, _typical_value(values), dtype=values.dtype))
    return changed


def _typical_value(values: np.ndarray) -> Any:
    """Middle or most frequent value, one that occurs: whole numbers stay whole and categories known."""
    if values.dtype.kind in "iuf":
        ordered = np.sort(values[~np.isnan(values)] if values.dtype.kind == "f" else values)
        return ordered[ordered.size // 2] if ordered.size else values[0]
    distinct, counts = np.unique(values.astype(str), return_counts=True)
    return values[int(np.argmax(values.astype(str) == distinct[counts.argmax()]))]


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


def _spread(values: np.ndarray) -> np.ndarray:
    """Standard deviation of each column in float64, over the values that are there."""
    spread = values.std(axis=0, dtype=np.float64)
    if np.isnan(spread).any():  # the search for what is missing costs more than the rest
        spread = np.nanstd(values, axis=0, dtype=np.float64)
    return np.asarray(spread)


def _is_continuous(values: np.ndarray) -> bool:
    if values.dtype.kind == "f":
        return _has_more_distinct(values, 2)
    # Few distinct integers are more often codes of categories than quantities.
    return values.dtype.kind in "iu" and _has_more_distinct(values, 20)


def _has_more_distinct(values: np.ndarray, n: int) -> bool:
    """Whether more than `n` distinct values are there; the first rows mostly tell."""
    return any(np.unique(part[part == part]).size > n for part in (values[:_FIRST], values))


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
