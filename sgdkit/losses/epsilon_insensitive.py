"""Epsilon-insensitive loss (linear support vector regression)."""

import numpy as np

from sgdkit.losses.base import ResidualLoss

__all__ = ("EpsilonInsensitive",)


class EpsilonInsensitive(ResidualLoss):
    r"""Distance to a tube around the target; errors up to `epsilon` cost nothing.

    .. math::
        \ell(z, y) = \max(0, |z - y| - \varepsilon), \qquad
        \ell'(z, y) = \operatorname{sign}(z - y)\,[|z - y| > \varepsilon]

    Parameters
    ----------
    epsilon : float or sequence of float, default=0.1
        Half the width of the tube, zero or positive, in the units of the target; a sequence has one
        value for each output.

    Notes
    -----
    ``LinearSVR(C=C, loss="epsilon_insensitive")`` has the same optimum at
    ``alpha = 1 / (C * n_samples)``, up to its penalised intercept.

    References
    ----------
    Vapnik, "The nature of statistical learning theory", 1995, chapter 6.

    Examples
    --------
    >>> from sgdkit.losses import EpsilonInsensitive
    >>> value, gradient = EpsilonInsensitive.evaluate(3.0, 1.0, (0.5,))
    >>> float(value), float(gradient)
    (1.5, 1.0)
    """

    name = "epsilon_insensitive"
    curvature = float("inf")
    hyper = ("epsilon",)
    ranges = {"epsilon": (0.0, np.inf)}

    def __init__(self, epsilon=0.1):
        self.epsilon = epsilon

    @staticmethod
    def evaluate(raw, y, hyper):  # noqa: D102
        residual = raw - y
        outside = np.abs(residual) - hyper[0]
        inside = 0.0 * outside
        return np.where(outside < 0.0, inside, outside), np.where(outside > 0.0, np.sign(residual), inside)

    @staticmethod
    def conjugate(slope, y, hyper):  # noqa: D102
        return slope * y + hyper[0] * np.abs(slope)

    @staticmethod
    def proximal_slope(c, y, q, hyper):  # noqa: D102
        residual = c - y
        outside = np.maximum(np.abs(residual) - hyper[0], 0.0)
        return np.sign(residual) * np.minimum(outside / q, 1.0)

    @staticmethod
    def slope_range(y, hyper):  # noqa: D102
        return -np.ones_like(y), np.ones_like(y)

    @staticmethod
    def ramps(y, hyper):  # noqa: D102
        return (y - hyper[0], -1.0, 0.0, 0.0), (y + hyper[0], 0.0, 1.0, 0.0)
