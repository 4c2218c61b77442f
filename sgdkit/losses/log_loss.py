"""Binary log loss (logistic regression)."""

from typing import Any

import numpy as np

from sgdkit.losses.base import PointwiseLoss
from sgdkit.losses.statistics import class_shares

__all__ = ("Logistic",)


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
        target = y + hyper[0] * (0.5 - y)
        return np.maximum(raw, 0.0 * raw) + np.log1p(small) - target * raw, sigmoid - target

    @staticmethod
    def inverse_link(raw):
        """Return the probability of class 1."""
        return 1.0 / (1.0 + np.exp(-raw))

    def best_constant(self, y, weight, n_outputs):  # noqa: D102
        share = class_shares(y, weight, n_outputs)
        share = share + self.hyper_of_outputs(n_outputs)[0] * (0.5 - share)
        rate = np.clip(share, 1e-6, 1.0 - 1e-6)
        return np.log(rate / (1.0 - rate))
