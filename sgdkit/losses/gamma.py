"""Gamma deviance (positive amounts)."""

import numpy as np

from sgdkit.interval import Interval
from sgdkit.losses.log_link import LogLinkDeviance

__all__ = ("Gamma",)


class Gamma(LogLinkDeviance):
    r"""Half the gamma deviance with the logarithm as link, for positive amounts.

    .. math::
        \ell(z, y) = z - \log y + y e^{-z} - 1, \qquad \ell'(z, y) = 1 - y e^{-z}

    Predictions are :math:`e^z`.

    Notes
    -----
    ``mean(loss) + alpha / 2 * |w|^2`` is the objective that scikit-learn documents for
    ``GammaRegressor(alpha=alpha)``, and the mean loss half of its ``mean_gamma_deviance``.
    The second derivative is :math:`y e^{-z}`, which has no bound: `curvature` is infinite and
    automatic rates take what it is around the mean of the target.

    References
    ----------
    McCullagh and Nelder, "Generalized linear models", 2nd edition 1989, sections 2.3 and 8.3.

    Examples
    --------
    >>> from sgdkit.losses import Gamma
    >>> value, gradient = Gamma.evaluate(0.0, 3.0, ())
    >>> round(float(value), 6), float(gradient)
    (0.901388, -2.0)
    """

    name = "gamma"
    target_interval = Interval(0.0, np.inf, "neither")

    @staticmethod
    def evaluate(raw, y, hyper):  # noqa: D102
        ratio = y * np.exp(-raw)
        return (raw - np.log(y)) + (ratio - 1.0), 1.0 - ratio

    @staticmethod
    def curvature_at(raw, y, hyper):  # noqa: D102
        return y * np.exp(-raw)

    @staticmethod
    def conjugate(slope, y, hyper):  # noqa: D102
        ratio = np.maximum(1.0 - slope, 0.0)  # of the target to the mean that has this slope
        return ratio * np.log(np.where(ratio > 0.0, ratio, 1.0)) + slope * (np.log(y) + 1.0)

    @staticmethod
    def slope_range(y, hyper):  # noqa: D102
        return np.full_like(y, -np.inf), np.ones_like(y)

    def absorb_offset(self, y, weight_factor, offset):  # noqa: D102
        exposure = np.exp(offset)
        return y / (exposure if y.ndim == 1 else exposure[:, None]), weight_factor
