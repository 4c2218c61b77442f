"""A rate that falls like a power of the epoch."""

from typing import Any

from sgdkit.schedules.base import Schedule

__all__ = ("InverseScaling",)


class InverseScaling(Schedule):
    r"""A rate falling by a power law: :math:`\eta_e = \eta_0 / (1 + e)^p` for epoch `e` = 0, 1, …

    Parameters
    ----------
    rate0 : float or "auto", default="auto"
        Rate of the first epoch, positive; ``"auto"`` is the automatic rate of each feature.
    power : float, default=0.5
        How fast it falls, zero or positive. Above 0.5 the classical conditions for convergence of
        stochastic gradient descent hold (Robbins and Monro, 1951).
    warmup : int, default=0
        Epochs of linear rise before, zero or positive, below `max_iter`.

    Examples
    --------
    >>> from sgdkit.schedules import InverseScaling
    >>> InverseScaling(0.2, power=1.0).rates(4).round(3).tolist()
    [0.2, 0.1, 0.067, 0.05]
    """

    name = "inverse_scaling"
    hyper = ("power",)
    ranges = {"power": (0.0, float("inf"))}

    def __init__(self, rate0: Any = "auto", power: float = 0.5, *, warmup: int = 0):
        self.rate0 = rate0
        self.power = power
        self.warmup = warmup

    def shape(self, epoch: int, max_iter: int) -> float:  # noqa: D102
        return float((1.0 + epoch) ** -self.power)
