"""A constant learning rate."""

from typing import Any

from sgdkit.schedules.base import Schedule

__all__ = ("Constant",)


class Constant(Schedule):
    r"""The same rate in every epoch: :math:`\eta_e = \eta_0`.

    Parameters
    ----------
    rate0 : float or "auto", default="auto"
        The rate, positive; ``"auto"`` is the automatic rate of each feature, which then never falls.
    warmup : int, default=0
        Epochs of linear rise before, zero or positive, below `max_iter`.

    Examples
    --------
    >>> from sgdkit.schedules import Constant
    >>> Constant(0.3, warmup=2).rates(4).round(2).tolist()
    [0.1, 0.2, 0.3, 0.3]
    """

    name = "constant"

    def __init__(self, rate0: Any = "auto", *, warmup: int = 0):
        self.rate0 = rate0
        self.warmup = warmup

    def shape(self, epoch: int, max_iter: int) -> float:  # noqa: D102
        return 1.0
