"""From `positive`, `bounds` and `monotone` to one interval for each coefficient."""

import difflib
import numbers
from collections.abc import Mapping
from typing import Any

import numpy as np

from sgdkit.exceptions import InvalidParameterError, UnsupportedCombinationError

__all__ = ("bounds_of",)


def bounds_of(model: Any, n_features: int, n_outputs: int) -> np.ndarray | None:
    """Return the lowest and highest allowed coefficient of each feature.

    Parameters
    ----------
    model : estimator
        With `positive`, `bounds` and `monotone`; feature names are its ``feature_names_in_``.
    n_features, n_outputs : int
        Columns of X, and raw predictions a row.

    Returns
    -------
    ndarray of shape (2, n_features) or None
        What all three allow; None where that is everything.

    Raises
    ------
    InvalidParameterError
        For features that are not there, values that are no limits, and limits that leave nothing.
    """
    limits = np.repeat([[0.0 if model.positive else -np.inf], [np.inf]], n_features, axis=1)
    if model.bounds is not None:
        given = _given_bounds(model, n_features)
        limits = np.array([np.maximum(limits[0], given[0]), np.minimum(limits[1], given[1])])
    if model.monotone is not None:
        if n_outputs > 1 and model._task == "classification":
            raise UnsupportedCombinationError(
                f"{type(model).__name__}(monotone=...): with {n_outputs} classes the sign of a coefficient "
                "does not decide how a probability moves. Use two classes, or one model for each class."
            )
        sign = _signs(model, n_features)
        limits = np.array(
            [np.where(sign > 0, np.maximum(limits[0], 0.0), limits[0]),
             np.where(sign < 0, np.minimum(limits[1], 0.0), limits[1])]
        )  # fmt: skip
    for j in np.flatnonzero(limits[0] > limits[1])[:1]:
        raise InvalidParameterError(
            f"{type(model).__name__}: positive, bounds and monotone leave no coefficient for feature "
            f"{_name(model, j)!r}: at least {limits[0, j]:g} and at most {limits[1, j]:g}."
        )
    return limits if np.isfinite(limits).any() else None


def _name(model: Any, j: int) -> Any:
    names = getattr(model, "feature_names_in_", None)
    return int(j) if names is None else str(names[j])


def _column(model: Any, parameter: str, key: Any, n_features: int) -> int:
    """Return the number of the column that a key of a dict names."""
    given = f"{type(model).__name__}({parameter}=...)"
    if isinstance(key, str):
        names = getattr(model, "feature_names_in_", None)
        if names is None:
            raise InvalidParameterError(
                f"{given} names the feature {key!r}, but X has no feature names. Pass a data frame, or use "
                "column numbers."
            )
        if key not in (known := list(names)):
            near = difflib.get_close_matches(key, known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else f" X has {', '.join(map(repr, known[:8]))}."
            raise InvalidParameterError(f"{given} names the feature {key!r}, which X does not have.{hint}")
        return known.index(key)
    if not isinstance(key, numbers.Integral) or isinstance(key, bool) or int(key) not in range(n_features):
        raise InvalidParameterError(
            f"{given} has the key {key!r}; keys are feature names, or column numbers up to {n_features - 1}."
        )
    return int(key)


def _limit(model: Any, value: Any, none: float) -> float:
    number = none if value is None else value
    if not isinstance(number, numbers.Real) or isinstance(number, bool) or number != number:
        raise InvalidParameterError(
            f"{type(model).__name__}(bounds=...) has the limit {value!r}; a limit is a number or None."
        )
    return float(number)


def _pair(model: Any, pair: Any) -> tuple[float, float]:
    """Return one pair of limits, refusing what is none."""
    if isinstance(pair, str | Mapping) or np.ndim(pair) != 1 or len(pair) != 2:
        raise InvalidParameterError(
            f"{type(model).__name__}(bounds=...) has {pair!r} where a pair (low, high) is expected."
        )
    low, high = _limit(model, pair[0], -np.inf), _limit(model, pair[1], np.inf)
    if not low <= high or low == np.inf or high == -np.inf:
        raise InvalidParameterError(
            f"{type(model).__name__}(bounds=...) has the pair ({low:g}, {high:g}), which no number satisfies."
        )
    return low, high


def _given_bounds(model: Any, n_features: int) -> np.ndarray:
    """Return the parameter `bounds` as an array of shape (2, n_features)."""
    bounds = model.bounds
    if isinstance(bounds, Mapping):
        limits = np.repeat([[-np.inf], [np.inf]], n_features, axis=1)
        for key, pair in bounds.items():
            limits[:, _column(model, "bounds", key, n_features)] = _pair(model, pair)
        return limits
    shape = () if isinstance(bounds, str) else np.shape(np.asarray(bounds, dtype=object))
    if shape == (2,):
        return np.repeat(np.array([_pair(model, bounds)]).T, n_features, axis=1)
    if shape != (n_features, 2):
        raise InvalidParameterError(
            f"{type(model).__name__}(bounds={bounds!r}): bounds must be a pair (low, high), an array of "
            f"shape ({n_features}, 2) for these {n_features} features, or a dict of pairs by feature."
        )
    return np.array([_pair(model, pair) for pair in bounds]).T


def _signs(model: Any, n_features: int) -> np.ndarray:
    """Return the parameter `monotone` as one of -1, 0, 1 for each feature."""
    monotone = model.monotone
    if isinstance(monotone, Mapping):
        entries = [(_column(model, "monotone", key, n_features), sign) for key, sign in monotone.items()]
    elif isinstance(monotone, str) or np.shape(np.asarray(monotone, dtype=object)) != (n_features,):
        raise InvalidParameterError(
            f"{type(model).__name__}(monotone={monotone!r}): monotone must be a dict of signs by feature, or "
            f"an array of {n_features} signs, one for each feature."
        )
    else:
        entries = list(enumerate(monotone))
    signs = np.zeros(n_features)
    for j, sign in entries:
        if not isinstance(sign, numbers.Real) or isinstance(sign, bool) or sign not in (-1, 0, 1):
            raise InvalidParameterError(
                f"{type(model).__name__}(monotone=...) has {sign!r} for feature {_name(model, j)!r}; signs "
                "are 1, -1 and 0."
            )
        signs[j] = sign
    return signs
