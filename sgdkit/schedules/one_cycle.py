"""A rate that rises once and falls once, far below where it began."""

import math
from typing import Any

from sgdkit.schedules.base import Schedule

__all__ = ("OneCycle",)


class OneCycle(Schedule):
    r"""One cycle over the whole run: up along half a cosine, then down along another.

    With `M` epochs (`max_iter` less the warm-up) and :math:`u = e / (M - 1)`, the share of `rate0` goes
    from `start` at :math:`u = 0` to 1 at :math:`u` = `rise` to `end` at :math:`u = 1`, and half a
    cosine from `a` to `b` is :math:`a + (b - a)\,\tfrac12 (1 - \cos \pi v)` for `v` from 0 to 1. A run
    of one epoch has `rate0`.
    All `max_iter` epochs are made, unless validation scores or a callback end them.

    Parameters
    ----------
    rate0 : float or "auto", default="auto"
        Highest rate, positive; ``"auto"`` is the automatic rate of each feature.
    rise : float, default=0.3
        Share of the run in which the rate rises, in [0, 1).
    start : float, default=0.1
        Share of `rate0` at the beginning, in [1e-6, 1).
    end : float, default=0.001
        Share of `rate0` at the end, in [1e-6, 1).
    warmup : int, default=0
        Epochs of linear rise to `start` before, zero or positive, below `max_iter`.

    Notes
    -----
    Smith cycles the momentum against the rate, too; here the momentum stays as it is.

    References
    ----------
    Smith, "A disciplined approach to neural network hyper-parameters: part 1", 2018, section 4.1
    (there along straight lines); Smith and Topin, "Super-convergence", 2018.

    Examples
    --------
    >>> from sgdkit.schedules import OneCycle
    >>> OneCycle(1.0, rise=0.5).rates(5).round(3).tolist()
    [0.1, 0.55, 1.0, 0.5, 0.001]
    """

    name = "one_cycle"
    hyper = ("rise", "start", "end")
    ranges = {"rise": (0.0, 1.0), "start": (1e-6, 1.0), "end": (1e-6, 1.0)}

    def __init__(
        self,
        rate0: Any = "auto",
        rise: float = 0.3,
        start: float = 0.1,
        end: float = 0.001,
        *,
        warmup: int = 0,
    ):
        self.rate0 = rate0
        self.rise = rise
        self.start = start
        self.end = end
        self.warmup = warmup

    def shape(self, epoch: int, max_iter: int) -> float:  # noqa: D102
        if max_iter == 1:
            return 1.0
        position = min(epoch / (max_iter - 1.0), 1.0)
        if position < self.rise:
            low, way = self.start, position / self.rise
        else:
            low, way = self.end, (1.0 - position) / (1.0 - self.rise)
        return float(low + (1.0 - low) * 0.5 * (1.0 - math.cos(math.pi * way)))

    def settled(self, epoch: int, max_iter: int) -> bool:  # noqa: D102
        return epoch >= max_iter - 1
