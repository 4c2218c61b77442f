"""Hinge loss (linear support vector classification)."""

import numpy as np

from sgdkit.losses.base import PointwiseLoss

__all__ = ("Hinge",)


class Hinge(PointwiseLoss):
    r"""Hinge loss for two classes.

    .. math:: \ell(z, y) = \max(0, 1 - s z), \qquad \ell'(z, y) = -s\,[s z < 1], \quad s = 2y - 1

    with the target encoded as 0 and 1.

    Notes
    -----
    Not differentiable at a margin of exactly 1; the subgradient 0 is used there.

    References
    ----------
    Cortes and Vapnik, "Support-vector networks", 1995; Shalev-Shwartz et al., "Pegasos", 2011.

    Examples
    --------
    >>> from sgdkit.losses import Hinge
    >>> value, gradient = Hinge.evaluate(0.25, 1.0, ())
    >>> float(value), float(gradient)
    (0.75, -1.0)
    """

    name = "hinge"
    tasks = frozenset({"classification"})
    curvature = float("inf")

    @staticmethod
    def evaluate(raw, y, hyper):  # noqa: D102
        sign = 2.0 * y - 1.0
        slack = 1.0 - sign * raw
        return np.maximum(slack, 0.0 * slack), np.where(slack > 0.0, -sign, 0.0 * sign)

    @staticmethod
    def conjugate(slope, y, hyper):  # noqa: D102
        return (2.0 * y - 1.0) * slope

    @staticmethod
    def proximal_slope(c, y, q, hyper):  # noqa: D102
        return np.minimum(np.maximum((c - (2.0 * y - 1.0)) / q, -y), 1.0 - y)

    @staticmethod
    def slope_range(y, hyper):  # noqa: D102
        return -y, 1.0 - y

    @staticmethod
    def ramps(y, hyper):  # noqa: D102
        return ((2.0 * y - 1.0, -y, 1.0 - y, 0.0),)
