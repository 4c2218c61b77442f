"""The door every array goes through before a kernel sees it."""

import numbers
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils.validation import validate_data

from sgdkit._compat import check_n_features
from sgdkit.backends.select import is_cupy
from sgdkit.estimators._faults import check_kind, fault_of, said_plainly
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
SAMPLE_ROWS = 16_384


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
    check_kind(X)
    with said_plainly(X):
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
    check_kind(X)
    with said_plainly(X, y, numeric=numeric):
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
    if numeric and (y.dtype.kind not in "biuf" or not np.isfinite(y).all()):  # None has become NaN
        raise InvalidParameterError(fault_of("y", y) or f"y has dtype {y.dtype}, but must hold real numbers.")
    _check_size("X", X.data if sp.issparse(X) else X, X.dtype)
    if numeric:
        _check_size("y", y, X.dtype)
    return _canonical(X), y


def _check_size(name: str, values: np.ndarray, dtype: np.dtype) -> None:
    """Refuse numbers whose squares overflow in a sum; of a large array some evenly spaced rows are seen."""
    if not values.size:
        return
    sample = values[:: max(values.shape[0] // SAMPLE_ROWS, 1)]
    largest = max(float(sample.max()), -float(sample.min()))
    limit = (float(np.finfo(dtype).max) / values.size) ** 0.5
    if largest > limit:
        wider = ", or pass X as float64" if dtype == np.float32 else ""
        raise InvalidParameterError(
            f"{name} has values as large as {largest:.3g}, and sums of squares of numbers above {limit:.1g} "
            f"overflow in {dtype}; divide {name} by a constant or standardise it{wider}."
        )


def _column_of_numbers(name: str, values: Any, n_rows: int) -> np.ndarray:
    """Return one finite float64 for each row, on the host.

    Raises
    ------
    InvalidParameterError
        For another shape, other things than real numbers, NaN or infinity.
    """
    array = np.asarray(values.get() if is_cupy(values) else values)
    if array.shape != (n_rows,):
        raise InvalidParameterError(
            f"{name} has shape {array.shape}, but must be 1D, one number for each row: ({n_rows},)."
        )
    if array.dtype.kind not in "biufO":
        raise InvalidParameterError(f"{name} has dtype {array.dtype}, but must hold real numbers.")
    try:
        array = array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidParameterError(f"{name} must hold real numbers alone: {error}.") from error
    wrong = ~np.isfinite(array)
    if wrong.any():
        raise InvalidParameterError(
            f"{name} has {int(wrong.sum()):,} value(s) that are NaN or infinite, the first in row "
            f"{int(wrong.argmax())}; it must hold finite numbers."
        )
    return array


def check_offset(offset: Any, n_rows: int) -> np.ndarray | None:
    """Return the offsets as float64 on the host, or None.

    Raises
    ------
    InvalidParameterError
        Unless there is one finite number for each row.
    """
    if offset is None:
        return None
    try:
        return _column_of_numbers("offset", offset, n_rows)
    except InvalidParameterError as error:
        raise InvalidParameterError(
            f"{error} Where it is the logarithm of an exposure, exposures must be above zero."
        ) from None


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
    if isinstance(sample_weight, numbers.Real):
        sample_weight = np.full(X.shape[0], sample_weight)
    weight = _column_of_numbers("sample_weight", sample_weight, X.shape[0])
    if (weight < 0.0).any():
        raise InvalidParameterError(
            f"sample_weight has {int((weight < 0).sum())} negative value(s), the least {weight.min():g}; "
            "weights must be zero or positive."
        )
    if not weight.any():
        raise InvalidParameterError("sample_weight is zero for every row; at least one must be positive.")
    with np.errstate(over="ignore"):
        total = weight.sum()
    if not np.isfinite(total):
        raise InvalidParameterError(
            f"sample_weight has values as large as {weight.max():g}, whose sum overflows; divide them by a "
            "constant, which changes nothing."
        )
    return weight


def drop_zero_weights(weight: np.ndarray | None, X: Any, *columns: Any) -> tuple[Any, ...]:
    """Return weight, X and the other columns without the rows of weight zero."""
    if weight is None or (weight > 0.0).all():
        return (weight, X, *columns)
    kept = np.flatnonzero(weight > 0.0)
    return (weight[kept], X[kept], *(None if column is None else column[kept] for column in columns))
