"""A rate that falls in steps."""

from typing import Any

from sgdkit.schedules.base import Schedule

__all__ = ("Step",)


class Step(Schedule):
    r"""A rate falling in steps: :math:`\eta_e = \eta_0 f^{\lfloor e / k \rfloor}`.

    Parameters
    ----------
    rate0 : float or "auto", default="auto"
        Rate of the first epochs, positive; ``"auto"`` is the automatic rate of each feature.
    every : int, default=10
        Epochs `k` between two falls, at least 1. With `n_iter_no_change` below it, training may
        stop before a fall that would have brought progress.
    factor : float, default=0.5
        What the rate is multiplied by, `f` in [1e-6, 1).
    warmup : int, default=0
        Epochs of linear rise before, zero or positive, below `max_iter`.

    Examples
    --------
    >>> from sgdkit.schedules import Step
    >>> Step(0.8, every=2).rates(6).tolist()
    [0.8, 0.8, 0.4, 0.4, 0.2, 0.2]
    """

    name = "step"
    hyper = ("every", "factor")
    ranges = {"every": (1.0, float("inf")), "factor": (1e-6, 1.0)}
    whole = ("every",)

    def __init__(self, rate0: Any = "auto", every: int = 10, factor: float = 0.5, *, warmup: int = 0):
        self.rate0 = rate0
        self.every = every
        self.factor = factor
        self.warmup = warmup

    def shape(self, epoch: int, max_iter: int) -> float:  # noqa: D102
        return float(self.factor ** (epoch // self.every))
