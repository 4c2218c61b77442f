"""Huber loss."""

import numpy as np

from sgdkit.interval import Interval
from sgdkit.losses.base import ResidualLoss

__all__ = ("Huber",)


class Huber(ResidualLoss):
    r"""Squared error near the target, absolute error beyond `delta`.

    .. math::
        \ell(z, y) = \begin{cases} \tfrac12 r^2 & |r| \le \delta \\
            \delta (|r| - \tfrac12 \delta) & |r| > \delta \end{cases}, \qquad
        \ell'(z, y) = \min(\max(r, -\delta), \delta), \qquad r = z - y

    Parameters
    ----------
    delta : float or sequence of float, default=1.35
        Residual from which on a row counts linearly, positive, in the units of the target; a
        sequence has one value for each output. 1.35 times the spread of the noise keeps 95 % of
        the efficiency of least squares for normal noise.

    Notes
    -----
    scikit-learn's ``HuberRegressor`` estimates the scale of the noise as well and multiplies
    `epsilon` by it; here `delta` is fixed.

    References
    ----------
    Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 1964.

    Examples
    --------
    >>> from sgdkit.losses import Huber
    >>> value, gradient = Huber.evaluate(5.0, 1.0, (2.0,))
    >>> float(value), float(gradient)
    (6.0, 2.0)
    """

    name = "huber"
    curvature = 1.0
    hyper = ("delta",)
    ranges = {"delta": Interval(0.0, np.inf, "neither")}

    def __init__(self, delta=1.35):
        self.delta = delta

    @staticmethod
    def evaluate(raw, y, hyper):  # noqa: D102
        residual = raw - y
        slope = np.where(residual > hyper[0], 0.0 * raw + hyper[0], residual)
        slope = np.where(slope < -hyper[0], 0.0 * raw - hyper[0], slope)
        return slope * (residual - 0.5 * slope), slope

    @staticmethod
    def curvature_at(raw, y, hyper):  # noqa: D102
        return np.where(np.abs(raw - y) < hyper[0], 1.0, 0.0)

    @staticmethod
    def conjugate(slope, y, hyper):  # noqa: D102
        return slope * (0.5 * slope + y)

    @staticmethod
    def proximal_slope(c, y, q, hyper):  # noqa: D102
        return np.minimum(np.maximum((c - y) / (1.0 + q), -hyper[0]), hyper[0])

    @staticmethod
    def slope_range(y, hyper):  # noqa: D102
        return 0.0 * y - hyper[0], 0.0 * y + hyper[0]

    @staticmethod
    def ramps(y, hyper):  # noqa: D102
        return ((y, -hyper[0], hyper[0], 1.0),)
