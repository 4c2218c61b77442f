"""A rate that falls like a power of the epoch."""

from sgdkit.schedules.base import Schedule

__all__ = ("InverseScaling",)


class InverseScaling(Schedule):
    r"""A rate falling by a power law: :math:`\eta_e = \eta_0 / (1 + e)^p` for epoch `e` = 0, 1, …

    Parameters
    ----------
    rate0 : float, default=0.01
        Rate of the first epoch, positive.
    power : float, default=0.5
        How fast it falls, zero or positive. Above 0.5 the classical conditions for convergence of
        stochastic gradient descent hold (Robbins and Monro, 1951).

    Examples
    --------
    >>> from sgdkit.schedules import InverseScaling
    >>> InverseScaling(0.2, power=1.0).rate(3)
    0.05
    """

    name = "inverse_scaling"
    hyper = ("rate0", "power")

    def __init__(self, rate0: float = 0.01, power: float = 0.5):
        self.rate0 = rate0
        self.power = power

    def rate(self, epoch: int) -> float:  # noqa: D102
        return float(self.rate0 / (1.0 + epoch) ** self.power)
