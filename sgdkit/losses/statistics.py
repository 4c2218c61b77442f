"""Weighted statistics of a target: what losses start from and are scaled by."""

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ("class_shares", "robust_spread", "root_of_increasing", "sampled", "weighted_quantile")

SAMPLE_ROWS = 16_384


def sampled(y: np.ndarray, weight: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return about 16,384 evenly spaced targets at most, and their weights: an epoch takes longer."""
    weight = np.ones(y.shape[0]) if weight is None else weight
    step = -(-y.shape[0] // SAMPLE_ROWS)
    return y[::step], weight[::step]


def weighted_quantile(y: np.ndarray, weight: np.ndarray, level: float) -> float:
    """Return the least target up to which at least the share `level` of the weight lies."""
    order = np.argsort(y)
    below = np.cumsum(weight[order])
    return float(y[order][np.searchsorted(below, level * below[-1] * (1.0 - 1e-12))])


def robust_spread(y: np.ndarray, weight: np.ndarray) -> float:
    """Return 1.48 times the median distance from the median, which is the spread of normal targets.

    The mean distance where half of the targets are equal, and 1 where all are.
    """
    distance = np.abs(y - weighted_quantile(y, weight, 0.5))
    spread = 1.4826 * weighted_quantile(distance, weight, 0.5) or float(np.average(distance, weights=weight))
    return spread if spread > 0.0 else 1.0


def root_of_increasing(function: Callable[[float], float], low: float, high: float) -> float:
    """Return where an increasing function changes its sign between `low` and `high`, by bisection."""
    for _ in range(100):
        middle = 0.5 * low + 0.5 * high
        if function(middle) > 0.0:
            high = middle
        else:
            low = middle
    return 0.5 * low + 0.5 * high


def class_shares(y: Any, weight: Any, n_outputs: int) -> np.ndarray:
    """Return the share of the weight in each class; with one output that of class 1 alone.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Index of the class.
    weight : ndarray of shape (n_rows,) or None
        Weights.
    n_outputs : int
        Number of raw predictions a row.
    """
    if n_outputs == 1:
        return np.array([np.mean(y) if weight is None else weight @ y / weight.sum()])
    share = np.bincount(y.astype(np.int64), weights=weight, minlength=n_outputs)
    return share / share.sum()
