"""Binary log loss (logistic regression)."""

import numpy as np

from sgdkit.losses.base import PointwiseLoss

__all__ = ("Logistic",)


class Logistic(PointwiseLoss):
    r"""Binary log loss with the logit link.

    .. math::
        \ell(z, y) = \log(1 + e^z) - y z, \qquad \ell'(z, y) = \frac{1}{1 + e^{-z}} - y

    with the target encoded as a number `y` in [0, 1]: 0 and 1 for the two classes.

    References
    ----------
    McCullagh and Nelder, "Generalized linear models", 2nd edition 1989, section 4.4.

    Examples
    --------
    >>> from sgdkit.losses import Logistic
    >>> value, gradient = Logistic.evaluate(0.0, 1.0, ())
    >>> round(float(value), 6), float(gradient)
    (0.693147, -0.5)
    """

    name = "log_loss"
    tasks = frozenset({"classification"})
    curvature = 0.25

    @staticmethod
    def evaluate(raw, y, hyper):  # noqa: D102
        # Below -80 the sigmoid is 0 for every purpose, and exp(80) still fits in float32.
        sigmoid = 1.0 / (1.0 + np.exp(-np.maximum(raw, -80.0 + 0.0 * raw)))
        return np.logaddexp(0.0 * raw, raw) - y * raw, sigmoid - y

    @staticmethod
    def curvature_at(raw, y, hyper):  # noqa: D102
        small = np.exp(-np.abs(raw))
        return small / ((1.0 + small) * (1.0 + small))

    @staticmethod
    def conjugate(slope, y, hyper):  # noqa: D102
        p = np.clip(slope + y, 0.0, 1.0)
        q = 1.0 - p
        return p * np.log(np.where(p > 0.0, p, 1.0)) + q * np.log(np.where(q > 0.0, q, 1.0))

    @staticmethod
    def proximal_slope(c, y, q, hyper):  # noqa: D102
        # The root u of u + q (sigmoid(u) - y) = c, by Newton steps that stay inside its bracket.
        low, high = c - q * (1.0 - y), c + q * y
        share = np.minimum(np.maximum(y + c / q, 1e-9), 1.0 - 1e-9)  # what it goes to as q grows
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
        return -y, 1.0 - y

    def best_constant(self, y, weight, n_outputs):  # noqa: D102
        if n_outputs == 1:
            share = np.array([np.average(y, weights=weight)])
        else:  # one against the rest
            share = np.bincount(y.astype(np.int64), weights=weight, minlength=n_outputs)
            share = share / share.sum()
        rate = np.clip(share, 1e-6, 1.0 - 1e-6)
        return np.log(rate / (1.0 - rate))
