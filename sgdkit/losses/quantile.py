"""Pinball loss (quantile regression)."""

import numpy as np

from sgdkit.interval import Interval
from sgdkit.losses.base import ResidualLoss
from sgdkit.losses.statistics import weighted_quantile

__all__ = ("Quantile",)


class Quantile(ResidualLoss):
    r"""Pinball loss: predicts a quantile of the target, or several in one fit.

    .. math::
        \ell(z, y) = \max(q\,(y - z),\ (q - 1)(y - z)), \qquad
        \ell'(z, y) = [z > y] - q\,[z \ne y]

    Parameters
    ----------
    quantile : float or sequence of float, default=0.5
        Level in (0, 1). A sequence has one level for each output: with one target the model has as
        many outputs and trains them in the same passes.

    Notes
    -----
    Not differentiable at the target; the subgradient 0 is used there. Lines that are fitted for
    several levels may cross, which quantiles never do. `rearrange` sorts the predictions of each
    row, which is never further from the true quantiles than what it is given.

    References
    ----------
    Koenker and Bassett, "Regression quantiles", Econometrica 1978, eq. (3.1); Chernozhukov,
    Fernández-Val and Galichon, "Quantile and probability curves without crossing", Econometrica
    2010, for the rearrangement.

    Examples
    --------
    >>> from sgdkit.losses import Quantile
    >>> value, gradient = Quantile.evaluate(1.0, 3.0, (0.75,))
    >>> float(value), float(gradient)
    (1.5, -0.75)
    """

    name = "quantile"
    curvature = float("inf")
    hyper = ("quantile",)
    ranges = {"quantile": Interval(0.0, 1.0, "neither")}

    def __init__(self, quantile=0.5):
        self.quantile = quantile

    @staticmethod
    def evaluate(raw, y, hyper):  # noqa: D102
        residual = raw - y
        one = 0.0 * residual + 1.0
        slope = np.where(residual > 0.0, (1.0 - hyper[0]) * one, 0.0 * one)
        slope = np.where(residual < 0.0, -hyper[0] * one, slope)
        return slope * residual, slope

    @staticmethod
    def conjugate(slope, y, hyper):  # noqa: D102
        return slope * y

    @staticmethod
    def proximal_slope(c, y, q, hyper):  # noqa: D102
        return np.minimum(np.maximum((c - y) / q, -hyper[0]), 1.0 - hyper[0])

    @staticmethod
    def slope_range(y, hyper):  # noqa: D102
        return 0.0 * y - hyper[0], 0.0 * y + (1.0 - hyper[0])

    @staticmethod
    def ramps(y, hyper):  # noqa: D102
        return ((y, -hyper[0], 1.0 - hyper[0], 0.0),)

    def best_of_column(self, y, weight, hyper):  # noqa: D102
        return weighted_quantile(y, weight, hyper[0])

    def rearrange(self, xp, raw):
        """Return each row's predictions sorted, so that a higher level never has a lower one."""
        (levels,) = self.hyper_of_outputs(raw.shape[1])
        rank = np.argsort(np.argsort(levels, kind="stable"), kind="stable")
        return xp.take(xp.sort(raw, axis=1), xp.asarray(rank), axis=1)
