"""Intervals of numbers: what a parameter or a target may be."""

from typing import Any, Literal, NamedTuple

import numpy as np

__all__ = ("Interval",)


class Interval(NamedTuple):
    """An interval of numbers.

    Parameters
    ----------
    low, high : float
        Ends; infinite by default.
    closed : {"both", "left", "right", "neither"}, default="left"
        Which of the ends belong to it.

    Examples
    --------
    >>> from sgdkit.losses import Interval
    >>> str(Interval(0.0, 1.0, "neither")), Interval(0.0).holds(0.0)
    ('(0, 1)', True)
    """

    low: float = -np.inf
    high: float = np.inf
    closed: Literal["both", "left", "right", "neither"] = "left"

    def holds(self, values: Any) -> Any:
        """Tell for each value whether it lies in the interval."""
        above = values >= self.low if self.closed in ("both", "left") else values > self.low
        below = values <= self.high if self.closed in ("both", "right") else values < self.high
        return above & below

    def __str__(self) -> str:
        left = "[" if self.closed in ("both", "left") else "("
        right = "]" if self.closed in ("both", "right") else ")"
        return f"{left}{self.low:g}, {self.high:g}{right}"
