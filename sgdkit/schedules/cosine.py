"""A rate that falls along half a cosine, once or again and again."""

import math
from typing import Any

from sgdkit.schedules.base import Schedule

__all__ = ("Cosine",)


class Cosine(Schedule):
    r"""Half a cosine: :math:`s(e) = m + (1 - m)\,\tfrac12 (1 + \cos(\pi e / M))` of `rate0`.

    `M` is `max_iter` less the warm-up, or the length of the cycle that `e` is in, and `e` then
    counts from its beginning: the rate comes down, and restarts at `rate0`. An objective that stands
    still ends the training only at the end of a cycle, where the rate is down.

    Parameters
    ----------
    rate0 : float or "auto", default="auto"
        Highest rate, positive; ``"auto"`` is the automatic rate of each feature.
    cycle : int or None, default=None
        Epochs of the first cycle, at least 1; None is one cycle over the whole run.
    multiplier : int, default=1
        Each cycle is so many times as long as the one before, at least 1. Choose `max_iter` as a
        sum of cycle lengths (10 + 20 + 40, say), or training ends at a high rate.
    floor : float, default=0.0
        Share of `rate0` that the rate goes to, `m` in [0, 1).
    warmup : int, default=0
        Epochs of linear rise before the first cycle, zero or positive, below `max_iter`.

    References
    ----------
    Loshchilov and Hutter, "SGDR: Stochastic gradient descent with warm restarts", ICLR 2017,
    equation 5. There the rate moves within the epoch, too.

    Examples
    --------
    >>> from sgdkit.schedules import Cosine
    >>> Cosine(1.0).rates(4).round(3).tolist()
    [1.0, 0.854, 0.5, 0.146]
    >>> Cosine(1.0, cycle=2, multiplier=2).rates(6).round(3).tolist()
    [1.0, 0.5, 1.0, 0.854, 0.5, 0.146]
    """

    name = "cosine"
    hyper = ("multiplier", "floor")
    ranges = {"cycle": (1.0, float("inf")), "multiplier": (1.0, float("inf")), "floor": (0.0, 1.0)}
    whole = ("multiplier",)

    def __init__(
        self,
        rate0: Any = "auto",
        cycle: int | None = None,
        multiplier: int = 1,
        floor: float = 0.0,
        *,
        warmup: int = 0,
    ):
        self.rate0 = rate0
        self.cycle = cycle
        self.multiplier = multiplier
        self.floor = floor
        self.warmup = warmup

    def check(self, max_iter: int) -> None:  # noqa: D102
        super().check(max_iter)
        if self.cycle is not None:
            self._check_number("cycle", "a whole number of epochs, at least 1, or None", 1.0, whole=True)

    def _place(self, epoch: int, max_iter: int) -> tuple[int, int]:
        """Return the position in its cycle of an epoch after the warm-up, and the cycle's length."""
        if self.cycle is None:
            return min(epoch, max_iter - 1), max_iter
        length, multiplier = int(self.cycle), int(self.multiplier)
        if multiplier == 1:
            return epoch % length, length
        while epoch >= length:
            epoch -= length
            length *= multiplier
        return epoch, length

    def shape(self, epoch: int, max_iter: int) -> float:  # noqa: D102
        position, length = self._place(epoch, max_iter)
        half_cosine = 0.5 * (1.0 + math.cos(math.pi * position / length))
        return float(self.floor + (1.0 - self.floor) * half_cosine)

    def settled(self, epoch: int, max_iter: int) -> bool:  # noqa: D102
        if epoch < self.warmup:
            return False
        position, length = self._place(epoch - int(self.warmup), max_iter - int(self.warmup))
        return position == length - 1
