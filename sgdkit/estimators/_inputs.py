"""The door every array goes through before a kernel sees it."""

from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils.validation import validate_data

from sgdkit._compat import check_n_features, check_sample_weight
from sgdkit.backends.select import is_cupy
from sgdkit.exceptions import InvalidParameterError
from sgdkit.losses.base import Loss

__all__ = (
    "check_offset",
    "check_rows",
    "check_target_interval",
    "check_training_data",
    "check_weight",
    "drop_zero_weights",
)

DTYPES = (np.float64, np.float32)


def _canonical(X: Any) -> Any:
    """Return CSR with sorted indices and no duplicates, leaving the caller's matrix as it is."""
    if not sp.issparse(X):
        return X
    if not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    if X.indices.dtype != X.indptr.dtype:
        X = type(X)((X.data, X.indices.astype(X.indptr.dtype), X.indptr), shape=X.shape)
    return X


def _check_device_rows(estimator: Any, X: Any, reset: bool) -> Any:
    """Validate CuPy input, which scikit-learn's own checks refuse."""
    import cupy

    if X.ndim != 2:
        raise InvalidParameterError(
            f"X has {X.ndim} dimension(s), but must have shape (n_samples, n_features)."
        )
    if X.dtype.kind not in "fiub":
        raise InvalidParameterError(f"X has dtype {X.dtype}, but must be numeric and real.")
    if X.dtype not in DTYPES:
        X = X.astype(cupy.float64)
    values = X.data if hasattr(X, "indptr") else X
    if not bool(cupy.isfinite(values).all()):
        raise InvalidParameterError("X contains NaN or infinity. Impute or drop those rows first.")
    check_n_features(estimator, X, reset=reset)
    return X.tocsr() if hasattr(X, "tocsr") else cupy.ascontiguousarray(X)


def check_rows(estimator: Any, X: Any) -> Any:
    """Return X validated for prediction, in the dtype and layout that training would use.

    Rows that training itself has scored after each epoch were validated before, and have lost their
    names by then.
    """
    if any(X is own for own in getattr(estimator, "_own_rows", ())):
        return X
    if is_cupy(X):
        return _check_device_rows(estimator, X, reset=False)
    return validate_data(estimator, X, accept_sparse="csr", dtype=DTYPES, reset=False)


def check_training_data(
    estimator: Any, X: Any, y: Any, *, reset: bool, numeric: bool, multi_output: bool = False
) -> tuple[Any, np.ndarray]:
    """Return X (C-contiguous float32 or float64, or canonical CSR) and y (on the host).

    Parameters
    ----------
    estimator : estimator
        Receives ``n_features_in_`` and ``feature_names_in_`` if `reset`, is checked against them
        otherwise.
    X : array-like or sparse matrix of shape (n_samples, n_features)
    y : array-like of shape (n_samples,)
    reset : bool
        Whether this is a first fit.
    numeric : bool
        Whether y holds numbers (regression, ranking) rather than labels.
    multi_output : bool, default=False
        Whether y may have several columns; otherwise it becomes 1-D.

    Raises
    ------
    ValueError
        For NaN, infinity, wrong shapes, strings, complex numbers, empty input, other features.
    """
    if is_cupy(X):
        X = _check_device_rows(estimator, X, reset)
        y = np.asarray(y.get() if is_cupy(y) else y)
        y = y if multi_output else y.ravel()
        if y.shape[0] != X.shape[0]:
            raise InvalidParameterError(f"X has {X.shape[0]} rows but y has {y.shape[0]}.")
        if numeric and not np.isfinite(y.astype(np.float64)).all():
            raise InvalidParameterError("y contains NaN or infinity. Drop those rows first.")
        return X, y
    X, y = validate_data(
        estimator,
        X,
        y,
        accept_sparse="csr",
        dtype=DTYPES,
        order="C",
        y_numeric=numeric,
        multi_output=multi_output,
        reset=reset,
    )
    if sp.issparse(y) or y.size == 0:
        raise InvalidParameterError(
            f"y must be an array with a number for each row, but is a {type(y).__name__} of shape {y.shape}."
        )
    return _canonical(X), y


def check_offset(offset: Any, n_rows: int) -> np.ndarray | None:
    """Return the offsets as float64 on the host, or None.

    Raises
    ------
    InvalidParameterError
        Unless there is one finite number for each row.
    """
    if offset is None:
        return None
    values = np.asarray(offset.get() if is_cupy(offset) else offset)
    if values.shape != (n_rows,):
        raise InvalidParameterError(
            f"offset has shape {values.shape}, but must have one number for each row: ({n_rows},)."
        )
    if values.dtype.kind not in "biuf" or not np.isfinite(values).all():
        raise InvalidParameterError(
            f"offset must hold finite numbers, but has dtype {values.dtype} with "
            f"{int((~np.isfinite(values)).sum()) if values.dtype.kind == 'f' else 'no usable'} value(s) that "
            "are NaN or infinite. The logarithm of an exposure needs exposures above zero."
        )
    return values.astype(np.float64)


def check_target_interval(loss: Loss, y: np.ndarray) -> None:
    """Refuse targets that the loss is not made for.

    Raises
    ------
    InvalidParameterError
        Naming the loss, its interval and the first target outside.
    """
    outside = ~loss.target_interval.holds(y)
    if outside.any():
        place = np.argwhere(outside)[0]
        raise InvalidParameterError(
            f"loss={loss.name!r} takes targets in {loss.target_interval}, but y has {int(outside.sum())} "
            f"value(s) outside; the first is {y[tuple(place)]:g} in row {place[0]}. Drop or correct such "
            "rows, or choose another loss."
        )


def check_weight(sample_weight: Any, X: Any) -> np.ndarray | None:
    """Return the weights as float64, or None where all rows count 1.

    Raises
    ------
    ValueError
        For negative, all-zero, non-finite or wrongly shaped weights.
    """
    if sample_weight is None:
        return None
    if is_cupy(sample_weight):
        sample_weight = sample_weight.get()
    weight = np.asarray(sample_weight)
    if weight.shape == (X.shape[0],) and weight.dtype.kind in "biuf" and not weight.any():
        raise InvalidParameterError("sample_weight is zero for every row; at least one must be positive.")
    weight = check_sample_weight(sample_weight, np.empty((X.shape[0], 0)), dtype=np.float64)
    if (weight < 0.0).any():
        raise InvalidParameterError(
            f"sample_weight has {int((weight < 0).sum())} negative value(s), the least {weight.min():g}; "
            "weights must be zero or positive."
        )
    return weight


def drop_zero_weights(weight: np.ndarray | None, X: Any, *columns: Any) -> tuple[Any, ...]:
    """Return weight, X and the other columns without the rows of weight zero."""
    if weight is None or (weight > 0.0).all():
        return (weight, X, *columns)
    kept = np.flatnonzero(weight > 0.0)
    return (weight[kept], X[kept], *(None if column is None else column[kept] for column in columns))
