"""Binary log loss (logistic regression)."""

from typing import Any

import numpy as np

from sgdkit.losses.base import PointwiseLoss
from sgdkit.losses.statistics import class_shares

__all__ = ("Logistic",)


def _smoothed(y, hyper):
    """Return the target moved toward one half by the share of label smoothing."""
    return y + hyper[0] * (0.5 - y)


class Logistic(PointwiseLoss):
    r"""Binary log loss with the logit link.

    .. math::
        \ell(z, y) = \log(1 + e^z) - t z, \qquad \ell'(z, y) = \frac{1}{1 + e^{-z}} - t, \qquad
        t = (1 - \eta)\, y + \tfrac12 \eta

    with the target encoded as a number `y` in [0, 1]: 0 and 1 for the two classes.

    Parameters
    ----------
    smoothing : float or sequence of float, default=0.0
        Share :math:`\eta` in [0, 1) of each target that is spread evenly over the two classes: a
        model of mislabelled rows that keeps probabilities away from 0 and 1.

    References
    ----------
    McCullagh and Nelder, "Generalized linear models", 2nd edition 1989, section 4.4; Szegedy
    et al., "Rethinking the inception architecture", CVPR 2016, section 7, for the smoothing.

    Examples
    --------
    >>> from sgdkit.losses import Logistic
    >>> value, gradient = Logistic.evaluate(0.0, 1.0, (0.0,))
    >>> round(float(value), 6), float(gradient)
    (0.693147, -0.5)
    """

    name = "log_loss"
    tasks = frozenset({"classification"})
    curvature = 0.25
    hyper = ("smoothing",)
    ranges = {"smoothing": (0.0, 1.0)}

    def __init__(self, smoothing: Any = 0.0):
        self.smoothing = smoothing

    @staticmethod
    def evaluate(raw, y, hyper):  # noqa: D102
        # One exponential, of a number that is not positive, serves both.
        small = np.exp(-np.abs(raw))
        sigmoid = np.where(raw > 0.0, 1.0 + 0.0 * raw, small) / (1.0 + small)
        target = _smoothed(y, hyper)
        return np.maximum(raw, 0.0 * raw) + np.log1p(small) - target * raw, sigmoid - target

    @staticmethod
    def inverse_link(raw):
        """Return the probability of class 1."""
        return 1.0 / (1.0 + np.exp(-raw))

    @staticmethod
    def curvature_at(raw, y, hyper):  # noqa: D102
        small = np.exp(-np.abs(raw))
        return small / ((1.0 + small) * (1.0 + small))

    @staticmethod
    def conjugate(slope, y, hyper):  # noqa: D102
        p = np.clip(slope + _smoothed(y, hyper), 0.0, 1.0)
        q = 1.0 - p
        return p * np.log(np.where(p > 0.0, p, 1.0)) + q * np.log(np.where(q > 0.0, q, 1.0))

    @staticmethod
    def proximal_slope(c, y, q, hyper):  # noqa: D102
        y = _smoothed(y, hyper)
        # The root u of u + q (sigmoid(u) - y) = c, by Newton steps that stay inside its bracket.
        low, high = c - q * (1.0 - y), c + q * y
        # What the share goes to as q grows; a row without values has q = 0, and c = 0 without an intercept.
        share = np.minimum(np.maximum(y + c / np.maximum(q, 1e-300), 1e-9), 1.0 - 1e-9)
        u = np.minimum(np.maximum(np.log(share / (1.0 - share)), low), high)
        for _ in range(12):
            sigmoid = 1.0 / (1.0 + np.exp(-np.maximum(u, -80.0)))
            miss = u + q * (sigmoid - y) - c
            low = np.where(miss < 0.0, u, low)
            high = np.where(miss > 0.0, u, high)
            new = u - miss / (1.0 + q * sigmoid * (1.0 - sigmoid))
            middle = 0.5 * (low + high)
            u = np.where(new >= low, np.where(new <= high, new, middle), middle)
        return 1.0 / (1.0 + np.exp(-np.maximum(u, -80.0))) - y

    @staticmethod
    def slope_range(y, hyper):  # noqa: D102
        return -_smoothed(y, hyper), 1.0 - _smoothed(y, hyper)

    def best_constant(self, y, weight, n_outputs):  # noqa: D102
        share = class_shares(y, weight, n_outputs)
        share = share + self.hyper_of_outputs(n_outputs)[0] * (0.5 - share)
        rate = np.clip(share, 1e-6, 1.0 - 1e-6)
        return np.log(rate / (1.0 - rate))
