"""Smooth hinge loss."""

import numpy as np

from sgdkit.losses.base import PointwiseLoss
from sgdkit.losses.statistics import class_shares

__all__ = ("SmoothHinge",)


class SmoothHinge(PointwiseLoss):
    r"""Hinge loss with a parabola in place of its corner, for two classes.

    .. math::
        \ell(z, y) = \begin{cases} \tfrac12 - m & m \le 0 \\ \tfrac12 (1 - m)^2 & 0 < m < 1 \\
            0 & m \ge 1 \end{cases}, \qquad m = s z, \quad s = 2y - 1

    with the target encoded as 0 and 1.

    References
    ----------
    Rennie and Srebro, "Loss functions for preference levels: regression with discrete ordered
    labels", IJCAI workshop on advances in preference handling, 2005, section 2.

    Examples
    --------
    >>> from sgdkit.losses import SmoothHinge
    >>> value, gradient = SmoothHinge.evaluate(0.5, 1.0, ())
    >>> float(value), float(gradient)
    (0.125, -0.5)
    """

    name = "smooth_hinge"
    tasks = frozenset({"classification"})
    curvature = 1.0

    @staticmethod
    def evaluate(raw, y, hyper):  # noqa: D102
        sign = 2.0 * y - 1.0
        slack = 1.0 - sign * raw
        slack = np.where(slack < 0.0, 0.0 * slack, slack)
        steep = np.where(slack > 1.0, 0.0 * slack + 1.0, slack)
        return steep * (slack - 0.5 * steep), -sign * steep

    @staticmethod
    def curvature_at(raw, y, hyper):  # noqa: D102
        margin = (2.0 * y - 1.0) * raw
        return np.where((margin > 0.0) & (margin < 1.0), 1.0, 0.0)

    @staticmethod
    def conjugate(slope, y, hyper):  # noqa: D102
        return slope * (2.0 * y - 1.0 + 0.5 * slope)

    @staticmethod
    def proximal_slope(c, y, q, hyper):  # noqa: D102
        return np.minimum(np.maximum((c - (2.0 * y - 1.0)) / (1.0 + q), -y), 1.0 - y)

    @staticmethod
    def slope_range(y, hyper):  # noqa: D102
        return -y, 1.0 - y

    @staticmethod
    def ramps(y, hyper):  # noqa: D102
        return ((2.0 * y - 1.0, -y, 1.0 - y, 1.0),)

    def best_constant(self, y, weight, n_outputs):  # noqa: D102
        share = class_shares(y, weight, n_outputs)
        rest = 1.0 - share
        return np.where(
            share > rest, 1.0 - rest / np.maximum(share, 0.5), share / np.maximum(rest, 0.5) - 1.0
        )
