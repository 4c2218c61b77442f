"""Squared hinge loss (linear support vector classification, L2 loss)."""

import numpy as np

from sgdkit.losses.base import PointwiseLoss
from sgdkit.losses.statistics import class_shares

__all__ = ("SquaredHinge",)


class SquaredHinge(PointwiseLoss):
    r"""Squared distance to the margin, for two classes.

    .. math::
        \ell(z, y) = \max(0, 1 - s z)^2, \qquad \ell'(z, y) = -2 s \max(0, 1 - s z), \quad s = 2y - 1

    with the target encoded as 0 and 1.

    Notes
    -----
    ``LinearSVC(C=C)`` has the same optimum at ``alpha = 1 / (C * n_samples)``, up to its penalised
    intercept. There is no factor one half.

    References
    ----------
    Fan et al., "LIBLINEAR: a library for large linear classification", JMLR 2008, eq. (2).

    Examples
    --------
    >>> from sgdkit.losses import SquaredHinge
    >>> value, gradient = SquaredHinge.evaluate(0.5, 1.0, ())
    >>> float(value), float(gradient)
    (0.25, -1.0)
    """

    name = "squared_hinge"
    tasks = frozenset({"classification"})
    curvature = 2.0

    @staticmethod
    def evaluate(raw, y, hyper):  # noqa: D102
        sign = 2.0 * y - 1.0
        slack = 1.0 - sign * raw
        slack = np.where(slack < 0.0, 0.0 * slack, slack)
        return slack * slack, -2.0 * sign * slack

    @staticmethod
    def curvature_at(raw, y, hyper):  # noqa: D102
        return np.where((2.0 * y - 1.0) * raw < 1.0, 2.0, 0.0)

    @staticmethod
    def conjugate(slope, y, hyper):  # noqa: D102
        return slope * (2.0 * y - 1.0 + 0.25 * slope)

    @staticmethod
    def proximal_slope(c, y, q, hyper):  # noqa: D102
        sign = 2.0 * y - 1.0
        return -2.0 * sign * np.maximum(1.0 - sign * c, 0.0) / (1.0 + 2.0 * q)

    @staticmethod
    def slope_range(y, hyper):  # noqa: D102
        return np.where(y > 0.5, -np.inf, 0.0), np.where(y > 0.5, 0.0, np.inf)

    @staticmethod
    def half_parabolas(y, hyper):  # noqa: D102
        sign = 2.0 * y - 1.0
        return ((sign, -sign, 2.0),)

    def best_constant(self, y, weight, n_outputs):  # noqa: D102
        return 2.0 * class_shares(y, weight, n_outputs) - 1.0
