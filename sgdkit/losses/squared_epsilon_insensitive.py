"""Squared epsilon-insensitive loss (linear support vector regression, L2 loss)."""

import numpy as np

from sgdkit.losses.base import ResidualLoss

__all__ = ("SquaredEpsilonInsensitive",)


class SquaredEpsilonInsensitive(ResidualLoss):
    r"""Squared distance to a tube around the target; errors up to `epsilon` cost nothing.

    .. math::
        \ell(z, y) = \max(0, |r| - \varepsilon)^2, \qquad
        \ell'(z, y) = 2 \operatorname{sign}(r) \max(0, |r| - \varepsilon), \qquad r = z - y

    Parameters
    ----------
    epsilon : float or sequence of float, default=0.1
        Half the width of the tube, zero or positive, in the units of the target; a sequence has one
        value for each output.

    Notes
    -----
    ``LinearSVR(C=C, loss="squared_epsilon_insensitive")`` has the same optimum at
    ``alpha = 1 / (C * n_samples)``, up to its penalised intercept. There is no factor one half.

    References
    ----------
    Ho and Lin, "Large-scale linear support vector regression", JMLR 2012, eq. (2).

    Examples
    --------
    >>> from sgdkit.losses import SquaredEpsilonInsensitive
    >>> value, gradient = SquaredEpsilonInsensitive.evaluate(3.0, 1.0, (0.5,))
    >>> float(value), float(gradient)
    (2.25, 3.0)
    """

    name = "squared_epsilon_insensitive"
    curvature = 2.0
    hyper = ("epsilon",)
    ranges = {"epsilon": (0.0, np.inf)}

    def __init__(self, epsilon=0.1):
        self.epsilon = epsilon

    @staticmethod
    def evaluate(raw, y, hyper):  # noqa: D102
        residual = raw - y
        outside = np.abs(residual) - hyper[0]
        outside = np.where(outside < 0.0, 0.0 * outside, outside)
        return outside * outside, 2.0 * np.sign(residual) * outside

    @staticmethod
    def curvature_at(raw, y, hyper):  # noqa: D102
        return np.where(np.abs(raw - y) > hyper[0], 2.0, 0.0)

    @staticmethod
    def conjugate(slope, y, hyper):  # noqa: D102
        return slope * (0.25 * slope + y) + hyper[0] * np.abs(slope)

    @staticmethod
    def proximal_slope(c, y, q, hyper):  # noqa: D102
        residual = c - y
        outside = np.maximum(np.abs(residual) - hyper[0], 0.0)
        return 2.0 * np.sign(residual) * outside / (1.0 + 2.0 * q)

    @staticmethod
    def half_parabolas(y, hyper):  # noqa: D102
        return (y + hyper[0], 1.0, 2.0), (y - hyper[0], -1.0, 2.0)

    @staticmethod
    def slope_range(y, hyper):  # noqa: D102
        return np.full_like(y, -np.inf), np.full_like(y, np.inf)
