"""How little curvature a quadratic model may have: where a loss is flat, it would know no end of a step."""

import numpy as np

__all__ = ("Floor",)


class Floor:
    """The least second derivative that the models of a run use, raised while their steps are too long.

    With the largest second derivative everywhere a model lies above the loss, and its step always descends.

    Parameters
    ----------
    most : float
        Second derivative to raise it to at most.
    """

    def __init__(self, most: float):
        self._most = most
        self._least = 0.0

    def __call__(self, curvature: np.ndarray) -> np.ndarray:
        """Return the second derivatives with the small ones raised."""
        return np.maximum(curvature, self._least)

    def learn(self, length: float) -> bool:
        """Take the share of a step that was made; return whether the next one can do better than none."""
        if length >= 0.1:
            self._least *= 0.1
            return True
        can_rise = self._least < self._most
        self._least = min(max(10.0 * self._least, 1e-3 * self._most), self._most)
        return can_rise or length > 0.0
