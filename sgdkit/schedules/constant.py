"""A constant learning rate."""

from sgdkit.schedules.base import Schedule

__all__ = ("Constant",)


class Constant(Schedule):
    r"""The same rate in every epoch: :math:`\eta_e = \eta_0`.

    Parameters
    ----------
    rate0 : float, default=0.01
        The rate, positive.

    Examples
    --------
    >>> from sgdkit.schedules import Constant
    >>> Constant(0.1).rate(7)
    0.1
    """

    name = "constant"
    hyper = ("rate0",)

    def __init__(self, rate0: float = 0.01):
        self.rate0 = rate0

    def rate(self, epoch: int) -> float:  # noqa: D102
        return float(self.rate0)
