"""Names, coefficients and rows of a fitted model, in main memory."""

from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils.validation import check_is_fitted, validate_data

from sgdkit.backends.select import is_cupy
from sgdkit.exceptions import InvalidParameterError

__all__ = ("coefficients", "names_of", "on_host", "outputs_of", "rows_of")


def on_host(array: Any) -> Any:
    """Return the array itself, or its copy in main memory."""
    return array.get() if is_cupy(array) else array


def names_of(model: Any, given: Any = None) -> tuple[str, ...]:
    """Return the names given, those seen in ``fit``, or x0, x1, …

    Raises
    ------
    InvalidParameterError
        If the number of names given is not that of the features.
    """
    names = getattr(model, "feature_names_in_", None) if given is None else given
    if names is None:
        return tuple(f"x{j}" for j in range(model.n_features_in_))
    if len(names) != model.n_features_in_:
        raise InvalidParameterError(
            f"feature_names has {len(names)} name(s), but {type(model).__name__} was fitted with "
            f"{model.n_features_in_} features; pass one name a feature."
        )
    return tuple(str(name) for name in names)


def coefficients(model: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients (n_outputs, n_features) and intercepts (n_outputs,).

    Raises
    ------
    InvalidParameterError
        If the model is not a linear one.
    NotFittedError
        If it was not fitted.
    """
    if not hasattr(model, "fit") or hasattr(model, "steps"):
        raise InvalidParameterError(
            f"{type(model).__name__} is no linear model; pass a fitted one, from a pipeline its last step "
            "with the rows that reach it: pipeline[-1] and pipeline[:-1].transform(X)."
        )
    check_is_fitted(model, "coef_")
    coef = model.coef_.toarray() if sp.issparse(model.coef_) else model.coef_
    coef = np.atleast_2d(on_host(coef))
    return coef, np.atleast_1d(on_host(np.asarray(on_host(model.intercept_))))


def outputs_of(model: Any) -> tuple[Any, ...]:
    """Return what rows of coefficients are for: classes, numbers of targets, quantiles; () for one row."""
    n_outputs = len(coefficients(model)[0])
    if n_outputs == 1:
        return ()
    if hasattr(model, "classes_"):
        return tuple(model.classes_.tolist())
    levels = getattr(getattr(model, "loss_", None), "quantile", None)
    if levels is not None and np.size(levels) == n_outputs:
        return tuple(float(level) for level in levels)
    return tuple(range(n_outputs))


def rows_of(model: Any, X: Any) -> Any:
    """Return X validated against what the model was fitted with: an array or a CSR matrix."""
    return validate_data(model, on_host(X), accept_sparse="csr", dtype=(np.float64, np.float32), reset=False)
