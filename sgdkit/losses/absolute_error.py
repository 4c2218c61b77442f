"""Absolute error (least absolute deviations)."""

import numpy as np

from sgdkit.losses.base import ResidualLoss
from sgdkit.losses.statistics import weighted_quantile

__all__ = ("AbsoluteError",)


class AbsoluteError(ResidualLoss):
    r"""Absolute error: predicts the median, and is moved little by outliers.

    .. math:: \ell(z, y) = |z - y|, \qquad \ell'(z, y) = \operatorname{sign}(z - y)

    Notes
    -----
    Not differentiable at the target; the subgradient 0 is used there. Twice the pinball loss of
    `Quantile` at 0.5.

    References
    ----------
    Koenker and Bassett, "Regression quantiles", Econometrica 1978, with theta = 1/2.

    Examples
    --------
    >>> from sgdkit.losses import AbsoluteError
    >>> value, gradient = AbsoluteError.evaluate(3.0, 1.0, ())
    >>> float(value), float(gradient)
    (2.0, 1.0)
    """

    name = "absolute_error"
    curvature = float("inf")

    @staticmethod
    def evaluate(raw, y, hyper):  # noqa: D102
        residual = raw - y
        return np.abs(residual), np.sign(residual)

    @staticmethod
    def conjugate(slope, y, hyper):  # noqa: D102
        return slope * y

    @staticmethod
    def proximal_slope(c, y, q, hyper):  # noqa: D102
        return np.minimum(np.maximum((c - y) / q, -1.0), 1.0)

    @staticmethod
    def slope_range(y, hyper):  # noqa: D102
        return -np.ones_like(y), np.ones_like(y)

    @staticmethod
    def ramps(y, hyper):  # noqa: D102
        return ((y, -1.0, 1.0, 0.0),)

    def best_of_column(self, y, weight, hyper):  # noqa: D102
        return weighted_quantile(y, weight, 0.5)
