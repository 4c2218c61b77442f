"""Bounds on the coefficients, coordinate by coordinate."""

import numpy as np

from sgdkit.backends.base import Problem

__all__ = ("coordinate_bounds", "project")


def coordinate_bounds(problem: Problem, dtype: np.dtype) -> np.ndarray:
    """Return the lowest and the highest value of each coefficient, in `dtype`.

    Parameters
    ----------
    problem : Problem
        What has the bounds.
    dtype : dtype
        float32 or float64. Bounds that it cannot hold are rounded inward, so that no weight of this
        precision lies outside.

    Returns
    -------
    ndarray of shape (2, n_features * n_outputs)
        Without columns where there are no bounds.
    """
    if problem.bounds is None:
        return np.empty((2, 0), dtype)
    with np.errstate(over="ignore"):
        low, high = (np.repeat(side, problem.n_outputs) for side in problem.bounds)
        lowest, highest = low.astype(dtype), high.astype(dtype)
    infinite = np.asarray(np.inf, dtype)
    lowest = np.where(lowest < low, np.nextafter(lowest, infinite), lowest)
    highest = np.where(highest > high, np.nextafter(highest, -infinite), highest)
    return np.ascontiguousarray([lowest, np.maximum(lowest, highest)])


def project(problem: Problem, w: np.ndarray) -> np.ndarray:
    """Return the weights with the coefficients moved into their bounds.

    Parameters
    ----------
    problem : Problem
        What has the bounds.
    w : ndarray of shape ((n_features + 1) * n_outputs,)
        Weights of a training state.
    """
    low, high = coordinate_bounds(problem, w.dtype)
    inside = w.copy()
    inside[: low.size] = np.clip(w[: low.size], low, high)
    return inside
