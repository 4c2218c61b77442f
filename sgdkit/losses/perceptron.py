"""Perceptron loss."""

import numpy as np

from sgdkit.losses.base import PointwiseLoss

__all__ = ("Perceptron",)


class Perceptron(PointwiseLoss):
    r"""Distance to the wrong side of the boundary, without a margin, for two classes.

    .. math:: \ell(z, y) = \max(0, -s z), \qquad \ell'(z, y) = -s\,[s z \le 0], \quad s = 2y - 1

    with the target encoded as 0 and 1.

    Notes
    -----
    Not differentiable on the boundary; the subgradient :math:`-s` is used there, so that a model
    which starts at zero learns. The objective has its least value at zero coefficients: a model
    without penalty stops where rows are separated, and with a strong penalty it shrinks to zero. That is
    why it has no conjugate: a solver would prove the model of zeros to be the best.

    References
    ----------
    Rosenblatt, "The perceptron: a probabilistic model for information storage and organization in
    the brain", Psychological Review 1958.

    Examples
    --------
    >>> from sgdkit.losses import Perceptron
    >>> value, gradient = Perceptron.evaluate(-0.5, 1.0, ())
    >>> float(value), float(gradient)
    (0.5, -1.0)
    """

    name = "perceptron"
    tasks = frozenset({"classification"})
    curvature = float("inf")

    @staticmethod
    def evaluate(raw, y, hyper):  # noqa: D102
        sign = 2.0 * y - 1.0
        wrong = -sign * raw
        return np.where(wrong < 0.0, 0.0 * wrong, wrong), np.where(wrong < 0.0, 0.0 * sign, -sign)
