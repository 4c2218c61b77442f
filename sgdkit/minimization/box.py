"""Bounds on variables: reading them, and staying inside."""

from typing import Any, NamedTuple

import numpy as np

from sgdkit.exceptions import InvalidParameterError

__all__ = ("Box", "box_of")


class Box(NamedTuple):
    """Lower and upper bounds, infinite where there are none.

    Attributes
    ----------
    low, high : ndarray of shape (n,)
        With ``low <= high``.
    """

    low: np.ndarray
    high: np.ndarray

    def project(self, x: np.ndarray) -> np.ndarray:
        """Return the point of the box nearest to `x`."""
        return np.clip(x, self.low, self.high)

    def free_gradient(self, x: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        """Return the gradient with zeros where a bound keeps `x` from following it."""
        held = ((x <= self.low) & (gradient > 0.0)) | ((x >= self.high) & (gradient < 0.0))
        return np.where(held, 0.0, gradient)


def box_of(bounds: Any, n: int) -> Box:
    """Return the box for `bounds` as SciPy takes them.

    Parameters
    ----------
    bounds : scipy.optimize.Bounds, sequence of (low, high), or None
        None, also inside a pair, is no bound.
    n : int
        Number of variables.

    Raises
    ------
    InvalidParameterError
        For another number of pairs, NaN, or a lower bound above its upper one.
    """
    if bounds is None:
        return Box(np.full(n, -np.inf), np.full(n, np.inf))
    if hasattr(bounds, "lb"):
        pairs = np.column_stack([np.broadcast_to(side, n) for side in (bounds.lb, bounds.ub)]).astype(float)
    else:
        given = list(bounds)
        if len(given) != n or any(len(pair) != 2 for pair in given):
            raise InvalidParameterError(
                f"bounds has {len(given)} entries for {n} variable(s); pass one pair (low, high) a variable, "
                "with None for no bound."
            )
        open_ends = (-np.inf, np.inf)
        pairs = np.array(
            [
                [end if side is None else side for side, end in zip(pair, open_ends, strict=True)]
                for pair in given
            ],
            dtype=float,
        )
    box = Box(pairs[:, 0].copy(), pairs[:, 1].copy())
    if not (box.low <= box.high).all():
        j = int(np.flatnonzero(~(box.low <= box.high))[0])
        raise InvalidParameterError(
            f"bounds of variable {j} are ({box.low[j]:g}, {box.high[j]:g}); the lower must not exceed the "
            "upper one."
        )
    return box
