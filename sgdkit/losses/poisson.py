"""Poisson deviance (counts and rates)."""

import numpy as np

from sgdkit.interval import Interval
from sgdkit.losses.log_link import LogLinkDeviance

__all__ = ("Poisson",)


class Poisson(LogLinkDeviance):
    r"""Half the Poisson deviance with the logarithm as link, for counts and rates.

    .. math::
        \ell(z, y) = y (\log y - z) - y + e^z, \qquad \ell'(z, y) = e^z - y

    with :math:`y \log y = 0` at 0. Predictions are :math:`e^z`.

    Notes
    -----
    ``mean(loss) + alpha / 2 * |w|^2`` is the objective that scikit-learn documents for
    ``PoissonRegressor(alpha=alpha)``, and the mean loss half of its ``mean_poisson_deviance``.
    The second derivative is :math:`e^z`, which has no bound: `curvature` is infinite and automatic
    rates take what it is around the mean of the target.

    With an exposure :math:`v`, ``offset=log(v)`` makes :math:`v\,e^{x w + b}` the mean of the count.

    References
    ----------
    McCullagh and Nelder, "Generalized linear models", 2nd edition 1989, sections 2.3 and 6.2.

    Examples
    --------
    >>> from sgdkit.losses import Poisson
    >>> value, gradient = Poisson.evaluate(0.0, 3.0, ())
    >>> round(float(value), 6), float(gradient)
    (1.295837, -2.0)
    """

    name = "poisson"
    target_interval = Interval(0.0, np.inf, "left")

    @staticmethod
    def evaluate(raw, y, hyper):  # noqa: D102
        mean = np.exp(raw)
        logarithm = np.log(np.maximum(y, 1e-37 + 0.0 * y))
        return y * (logarithm - raw) + (mean - y), mean - y

    @staticmethod
    def curvature_at(raw, y, hyper):  # noqa: D102
        return np.exp(raw)

    @staticmethod
    def conjugate(slope, y, hyper):  # noqa: D102
        mean = np.maximum(slope + y, 0.0)  # what has this slope
        unit = np.where(y > 0.0, y, 1.0)
        return mean * np.log(np.where(mean > 0.0, mean / unit, 1.0)) + slope * (np.log(unit) - 1.0)

    @staticmethod
    def slope_range(y, hyper):  # noqa: D102
        return -y, np.full_like(y, np.inf)

    def absorb_offset(self, y, weight_factor, offset):  # noqa: D102
        exposure = np.exp(offset)
        return y / (exposure if y.ndim == 1 else exposure[:, None]), weight_factor * exposure
