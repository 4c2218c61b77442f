"""A rate that falls by the same share in every epoch."""

from typing import Any

from sgdkit.schedules.base import Schedule

__all__ = ("Exponential",)


class Exponential(Schedule):
    r"""A rate falling by the same share in every epoch: :math:`\eta_e = \eta_0 f^e`.

    Parameters
    ----------
    rate0 : float or "auto", default="auto"
        Rate of the first epoch, positive; ``"auto"`` is the automatic rate of each feature.
    factor : float, default=0.95
        What the rate is multiplied by in each epoch, `f` in [1e-6, 1). All later epochs together
        are worth ``1 / (1 - f)`` epochs of the first rate, so a small one may end training far from
        the optimum.
    warmup : int, default=0
        Epochs of linear rise before, zero or positive, below `max_iter`.

    Examples
    --------
    >>> from sgdkit.schedules import Exponential
    >>> Exponential(0.8, factor=0.5).rates(4).tolist()
    [0.8, 0.4, 0.2, 0.1]
    """

    name = "exponential"
    hyper = ("factor",)
    ranges = {"factor": (1e-6, 1.0)}

    def __init__(self, rate0: Any = "auto", factor: float = 0.95, *, warmup: int = 0):
        self.rate0 = rate0
        self.factor = factor
        self.warmup = warmup

    def shape(self, epoch: int, max_iter: int) -> float:  # noqa: D102
        return float(self.factor**epoch)
