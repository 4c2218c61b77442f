"""One way to look at arrays, sparse matrices and data frames of any library."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

__all__ = (
    "blocks",
    "column_names",
    "columns",
    "evenly_spaced",
    "factorize",
    "is_frame",
    "is_missing",
    "memory_order",
    "n_rows",
    "numeric_columns",
    "on_host",
    "take_rows",
)

Array = npt.NDArray[Any]

# Blocks this small stay in the processor's cache, so several passes over one cost little more than one.
BLOCK_BYTES = 1 << 18


def is_frame(X: Any) -> bool:
    """Whether `X` is a data frame: named columns and a shape of two."""
    return (
        hasattr(X, "columns") and hasattr(X, "shape") and not sp.issparse(X) and not isinstance(X, np.ndarray)
    )


def on_host(X: Any) -> Any:
    """`X` itself, or a copy in host memory when it lives on an accelerator."""
    if isinstance(X, np.ndarray) or sp.issparse(X) or is_frame(X):
        return X
    if hasattr(X, "__cuda_array_interface__"):
        return X.get() if hasattr(X, "get") else np.asarray(X.cpu())
    return np.asarray(X)


def n_rows(X: Any) -> int:
    """Number of rows."""
    return int(X.shape[0]) if hasattr(X, "shape") else len(X)


def memory_order(X: Any) -> str:
    """``"C"`` where the numbers of a row lie side by side, ``"F"`` where those of a column do; else empty.

    Sums over a table depend on it in their last bits. Of a frame it is the order of the array that it
    becomes.
    """
    if is_frame(X):
        if not hasattr(X, "iloc"):
            return ""
        X = np.asarray(X.iloc[:2])  # views, or copies that pandas lays out like those of all rows
    if not isinstance(X, np.ndarray) or X.ndim != 2:
        return ""
    return "F" if abs(X.strides[0]) < abs(X.strides[1]) and min(X.shape) > 1 else "C"


def column_names(X: Any) -> tuple[str, ...]:
    """Names of the columns; x0, x1, … where there are none."""
    if is_frame(X):
        return tuple(str(name) for name in X.columns)
    return tuple(f"x{j}" for j in range(X.shape[1]))


def columns(X: Any) -> Iterator[tuple[str, str, Array]]:
    """Name, dtype and values of each column of a dense table."""
    if not is_frame(X):
        for j, name in enumerate(column_names(X)):
            yield name, str(X.dtype), X[:, j]
        return
    for j, name in enumerate(X.columns):
        # By position where possible: names may repeat in pandas.
        column = X.iloc[:, j] if hasattr(X, "iloc") else X[name]
        yield str(name), str(column.dtype), np.asarray(column)


def evenly_spaced(n_rows: int, limit: int) -> npt.NDArray[np.intp]:
    """Positions of at most `limit` rows: deterministic, and fair to data that are sorted."""
    return np.unique(np.linspace(0, max(0, n_rows - 1), min(n_rows, limit)).astype(np.intp))


def take_rows(X: Any, rows: Array) -> Any:
    """The given rows, in the container of `X`."""
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows]


def blocks(X: Array) -> Iterator[Array]:
    """Consecutive row blocks of a dense array, each small enough for the cache."""
    row_bytes = max(1, X.nbytes // max(1, X.shape[0]))
    step = max(1, BLOCK_BYTES // row_bytes)
    for start in range(0, X.shape[0], step):
        yield X[start : start + step]


def is_missing(values: Array) -> npt.NDArray[np.bool_]:
    """Mask of NaN, NaT, None and the frame libraries' own missing markers."""
    if values.dtype.kind in "fc":
        return np.isnan(values)
    if values.dtype.kind in "mM":
        return np.isnat(values)
    if values.dtype.kind != "O":
        return np.zeros(values.shape, dtype=np.bool_)
    flat = np.fromiter((_is_missing_object(v) for v in values.ravel()), dtype=np.bool_, count=values.size)
    return flat.reshape(values.shape)


def factorize(values: Array) -> tuple[npt.NDArray[np.int64], list[bytes]]:
    """Codes by first appearance, and one unambiguous byte string per distinct value.

    Python's ``1 == 1.0 == True`` would merge values of different types, so anything but text carries its
    type. All missing markers are one value.
    """
    table: dict[bytes, int] = {}
    cache: dict[str, int] = {}
    codes = np.empty(values.size, dtype=np.int64)
    for i, value in enumerate(values.ravel().tolist()):
        if type(value) is str and value in cache:
            codes[i] = cache[value]
            continue
        token = _token(value)
        codes[i] = table.setdefault(token, len(table))
        if type(value) is str:
            cache[value] = int(codes[i])
    return codes, list(table)


def numeric_columns(X: Any, rows: Array | None = None) -> tuple[tuple[str, ...], npt.NDArray[np.float64]]:
    """Names and float64 values of the numeric columns of a dense table, for the given rows."""
    if not is_frame(X) and X.dtype.kind in "biuf":
        return column_names(X), np.asarray(X if rows is None else X[rows], dtype=np.float64)
    names, kept = [], []
    for name, _, values in columns(X):
        if values.dtype.kind in "biuf":
            names.append(name)
            kept.append(np.asarray(values if rows is None else values[rows], dtype=np.float64))
    height = n_rows(X) if rows is None else len(rows)
    return tuple(names), np.column_stack(kept) if kept else np.empty((height, 0))


def _is_missing_object(value: Any) -> bool:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, (float, np.floating)) and bool(value != value)


def _token(value: Any) -> bytes:
    if _is_missing_object(value):
        return b"missing:"
    if isinstance(value, str):
        return b"str:" + value.encode("utf-8", "surrogatepass")
    if isinstance(value, bytes):
        return b"bytes:" + value
    return f"{type(value).__name__}:{value!r}".encode("utf-8", "surrogatepass")
