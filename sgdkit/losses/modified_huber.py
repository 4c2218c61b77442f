"""Modified Huber loss for classification."""

import numpy as np

from sgdkit.losses.base import PointwiseLoss
from sgdkit.losses.statistics import class_shares

__all__ = ("ModifiedHuber",)


class ModifiedHuber(PointwiseLoss):
    r"""Squared hinge that grows only linearly for rows far on the wrong side.

    .. math::
        \ell(z, y) = \begin{cases} \max(0, 1 - m)^2 & m \ge -1 \\ -4 m & m < -1 \end{cases},
        \qquad m = s z, \quad s = 2y - 1

    with the target encoded as 0 and 1; the same as scikit-learn's ``SGDClassifier(loss="modified_huber")``.

    References
    ----------
    Zhang, "Solving large scale linear prediction problems using stochastic gradient descent
    algorithms", ICML 2004, section 2.

    Examples
    --------
    >>> from sgdkit.losses import ModifiedHuber
    >>> value, gradient = ModifiedHuber.evaluate(-2.0, 1.0, ())
    >>> float(value), float(gradient)
    (8.0, -4.0)
    """

    name = "modified_huber"
    tasks = frozenset({"classification"})
    curvature = 2.0

    @staticmethod
    def evaluate(raw, y, hyper):  # noqa: D102
        sign = 2.0 * y - 1.0
        slack = 1.0 - sign * raw
        slack = np.where(slack < 0.0, 0.0 * slack, slack)
        steep = np.where(slack > 2.0, 0.0 * slack + 2.0, slack)
        return steep * (2.0 * slack - steep), -2.0 * sign * steep

    @staticmethod
    def curvature_at(raw, y, hyper):  # noqa: D102
        margin = (2.0 * y - 1.0) * raw
        return np.where((margin > -1.0) & (margin < 1.0), 2.0, 0.0)

    @staticmethod
    def conjugate(slope, y, hyper):  # noqa: D102
        return slope * (2.0 * y - 1.0 + 0.25 * slope)

    @staticmethod
    def proximal_slope(c, y, q, hyper):  # noqa: D102
        slope = (c - (2.0 * y - 1.0)) / (0.5 + q)
        return np.minimum(np.maximum(slope, -4.0 * y), 4.0 * (1.0 - y))

    @staticmethod
    def slope_range(y, hyper):  # noqa: D102
        return -4.0 * y, 4.0 * (1.0 - y)

    @staticmethod
    def ramps(y, hyper):  # noqa: D102
        return ((2.0 * y - 1.0, -4.0 * y, 4.0 * (1.0 - y), 0.5),)

    def best_constant(self, y, weight, n_outputs):  # noqa: D102
        return 2.0 * class_shares(y, weight, n_outputs) - 1.0
