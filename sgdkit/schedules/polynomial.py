"""A rate that falls to a floor over the whole run, like a power of what is left."""

from typing import Any

from sgdkit.schedules.base import Schedule

__all__ = ("Polynomial",)


class Polynomial(Schedule):
    r"""A rate falling over the whole run: :math:`s(e) = m + (1 - m)(1 - e / M)^p` of `rate0`.

    `M` is `max_iter` less the warm-up. All `max_iter` epochs are made, unless validation scores or
    a callback end them: an objective that stands still says little before the rate is down.

    Parameters
    ----------
    rate0 : float or "auto", default="auto"
        Rate of the first epoch, positive; ``"auto"`` is the automatic rate of each feature.
    power : float, default=1.0
        `p`, in [1e-6, inf); 1 is a straight line.
    floor : float, default=0.0
        Share of `rate0` that the rate goes to, `m` in [0, 1).
    warmup : int, default=0
        Epochs of linear rise before, zero or positive, below `max_iter`.

    Examples
    --------
    >>> from sgdkit.schedules import Polynomial
    >>> Polynomial(0.8).rates(4).round(3).tolist()
    [0.8, 0.6, 0.4, 0.2]
    """

    name = "polynomial"
    hyper = ("power", "floor")
    ranges = {"power": (1e-6, float("inf")), "floor": (0.0, 1.0)}

    def __init__(self, rate0: Any = "auto", power: float = 1.0, floor: float = 0.0, *, warmup: int = 0):
        self.rate0 = rate0
        self.power = power
        self.floor = floor
        self.warmup = warmup

    def shape(self, epoch: int, max_iter: int) -> float:  # noqa: D102
        left = 1.0 - min(epoch, max_iter - 1) / max_iter
        return float(self.floor + (1.0 - self.floor) * left**self.power)

    def settled(self, epoch: int, max_iter: int) -> bool:  # noqa: D102
        return epoch >= max_iter - 1
