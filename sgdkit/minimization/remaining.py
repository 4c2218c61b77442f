"""How far a minimum still is, by the quadratic that fits the function where a run ended."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

__all__ = ("Remaining", "estimate_remaining")

MOST_VARIABLES = 20


class Remaining(NamedTuple):
    """Estimate by the local quadratic.

    Attributes
    ----------
    distance : float
        Length of the Newton step, which leads to the quadratic's minimum.
    fall : float
        How much lower the quadratic is there.
    condition : float
        Largest over smallest eigenvalue of the Hessian: plain gradient descent needs about that many
        steps to divide the distance by e.
    """

    distance: float
    fall: float
    condition: float


def estimate_remaining(
    gradient_at: Callable[[np.ndarray], np.ndarray], x: np.ndarray, gradient: np.ndarray
) -> Remaining | None:
    """Return the estimate, or None where the function is not convex around `x`.

    Parameters
    ----------
    gradient_at : callable(ndarray) -> ndarray
        The gradient; it is called twice for each variable.
    x, gradient : ndarray of shape (n,)
        Where the run ended.
    """
    step = 1e-5 * np.maximum(1.0, np.abs(x))
    columns = [
        (gradient_at(x + h * unit) - gradient_at(x - h * unit)) / (2.0 * h)
        for h, unit in zip(step, np.eye(x.size), strict=True)
    ]
    hessian = np.array(columns)
    if not np.isfinite(hessian).all():
        return None
    values, vectors = np.linalg.eigh(0.5 * (hessian + hessian.T))
    if values[0] <= 1e-9 * abs(values[-1]) or values[0] <= 0.0:
        return None
    along = vectors.T @ gradient
    return Remaining(
        distance=float(np.linalg.norm(along / values)),
        fall=float(0.5 * np.sum(along**2 / values)),
        condition=float(values[-1] / values[0]),
    )
