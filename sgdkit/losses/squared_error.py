"""Squared error."""

import numpy as np

from sgdkit.losses.base import ResidualLoss

__all__ = ("SquaredError",)


class SquaredError(ResidualLoss):
    r"""Half the squared error, for regression.

    .. math:: \ell(z, y) = \tfrac12 (z - y)^2, \qquad \ell'(z, y) = z - y

    Notes
    -----
    With the factor one half the objective ``mean(loss) + alpha / 2 * |w|^2`` has the same optimum
    as ``Ridge(alpha=n_samples * alpha)``.

    Examples
    --------
    >>> from sgdkit.losses import SquaredError
    >>> SquaredError.evaluate(3.0, 1.0, ())
    (2.0, 2.0)
    """

    name = "squared_error"
    curvature = 1.0

    @staticmethod
    def evaluate(raw, y, hyper):  # noqa: D102
        residual = raw - y
        return 0.5 * residual * residual, residual

    @staticmethod
    def curvature_at(raw, y, hyper):  # noqa: D102
        return np.ones_like(raw)

    @staticmethod
    def conjugate(slope, y, hyper):  # noqa: D102
        return slope * (0.5 * slope + y)

    @staticmethod
    def proximal_slope(c, y, q, hyper):  # noqa: D102
        return (c - y) / (1.0 + q)

    @staticmethod
    def slope_range(y, hyper):  # noqa: D102
        return np.full_like(y, -np.inf), np.full_like(y, np.inf)

    def best_constant(self, y, weight, n_outputs):  # noqa: D102
        return np.broadcast_to(np.average(y, axis=0, weights=weight), n_outputs).copy()

    def target_scale(self, y, weight):  # noqa: D102
        mean = np.average(y, axis=0, weights=weight)
        spread = np.sqrt(np.average((y - mean) ** 2, axis=0, weights=weight))
        return np.where(spread > 0.0, spread, 1.0)
