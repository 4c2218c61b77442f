"""A way down from a point where the gradient vanishes but the function does not have a minimum."""

from collections.abc import Callable

import numpy as np

__all__ = ("lower_neighbour",)

PRODUCTS = 20
DIRECTIONS = 8


def lower_neighbour(
    evaluate: Callable[[np.ndarray], tuple[float, np.ndarray]],
    project: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    value: float,
    random: np.random.RandomState,
) -> np.ndarray | None:
    """Return a point nearby where the function is lower, or None if none was found.

    Looked at are the direction of least curvature, by power iteration on differences of gradients
    (about 40 gradients), which finds strict saddles, and a few random directions, for those where the
    curvature vanishes as well.

    Parameters
    ----------
    evaluate : callable(ndarray) -> (float, ndarray)
        Value and gradient.
    project : callable(ndarray) -> ndarray
        Keeps points inside the bounds.
    x, value : ndarray of shape (n,), float
        The point and its value.
    random : RandomState
        Draws the directions.
    """
    size = 1.0 + float(np.linalg.norm(x))

    def curve(u: np.ndarray) -> np.ndarray:
        h = 1e-5 * size
        return np.asarray(evaluate(x + h * u)[1] - evaluate(x - h * u)[1]) / (2.0 * h)

    directions = random.standard_normal((1 + DIRECTIONS, x.size))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    u, largest = directions[0], 0.0
    for _ in range(PRODUCTS):
        product = curve(u)
        if not np.isfinite(product).all():
            break
        largest = max(largest, float(np.linalg.norm(product)))
        shifted = largest * u - product  # its largest eigenvalue belongs to the Hessian's least
        if not shifted.any():
            break
        u = shifted / np.linalg.norm(shifted)
    for direction in (u, *directions[1:]):
        for length in (0.1, 0.01, 0.001):
            for sign in (1.0, -1.0):
                there = project(x + sign * length * size * direction)
                if evaluate(there)[0] < value - 1e-9 * max(abs(value), 1e-3 * length**2):
                    return there
    return None
