"""Multinomial log loss (softmax regression)."""

from typing import Any

import numpy as np

from sgdkit.losses.base import BatchLoss
from sgdkit.losses.statistics import class_shares

__all__ = ("Softmax",)


class Softmax(BatchLoss):
    r"""Multinomial log loss over `K` classes, one raw prediction each.

    .. math::
        \ell(z, y) = \log \sum_k e^{z_k} - \sum_k t_k z_k, \qquad
        \partial \ell / \partial z_k = p_k - t_k, \quad p = \operatorname{softmax}(z), \quad
        t_k = (1 - \eta)\,[k = y] + \eta / K

    The target is the index of the class. All `K` classes have their own coefficients, as in
    scikit-learn's multinomial ``LogisticRegression``.

    Parameters
    ----------
    smoothing : float, default=0.0
        Share :math:`\eta` in [0, 1) of each target that is spread evenly over the classes.

    References
    ----------
    Bridle, "Probabilistic interpretation of feedforward classification network outputs", 1990.

    Examples
    --------
    >>> import numpy as np
    >>> from sgdkit.losses import Softmax
    >>> total, gradient = Softmax().evaluate_batch(
    ...     np, np.zeros((1, 4)), np.array([2.0]), np.ones(1), np.zeros(1, int))
    >>> round(float(total), 6), gradient.tolist()
    (1.386294, [[0.25, 0.25, -0.75, 0.25]])
    """

    name = "softmax"
    tasks = frozenset({"classification"})
    curvature = 0.5
    multi_output = True
    hyper = ("smoothing",)
    ranges = {"smoothing": (0.0, 1.0)}

    def __init__(self, smoothing: Any = 0.0):
        self.smoothing = smoothing

    def evaluate_batch(self, xp: Any, raw: Any, y: Any, weight: Any, offsets: Any) -> tuple[Any, Any]:  # noqa: D102
        top = xp.max(raw, axis=1, keepdims=True)
        scaled = xp.exp(raw - top)
        total = xp.sum(scaled, axis=1, keepdims=True)
        one = xp.ones_like(raw)
        chosen = xp.where(xp.arange(raw.shape[1], dtype=raw.dtype)[None, :] == y[:, None], one, 0.0 * one)
        (smoothing,) = self.hyper_values()
        chosen = (1.0 - smoothing) * chosen + smoothing / raw.shape[1]
        value = (xp.log(total) + top)[:, 0] - xp.sum(chosen * raw, axis=1)
        return xp.sum(weight * value), weight[:, None] * (scaled / total - chosen)

    @staticmethod
    def loops(raw, y, weight, hyper, offsets, out):  # noqa: D102
        value = 0.0
        for i in range(raw.shape[0]):
            top = raw[i, 0]
            for k in range(1, raw.shape[1]):
                top = np.maximum(top, raw[i, k])
            total = 0.0 * top
            for k in range(raw.shape[1]):
                out[i, k] = np.exp(raw[i, k] - top)
                total += out[i, k]
            share = weight[i] / total
            for k in range(raw.shape[1]):
                out[i, k] *= share
            label = int(y[i])
            own = raw[i, label]
            sharp = weight[i]
            if hyper[0] > 0.0:
                even = hyper[0] / raw.shape[1]
                own = (1.0 - hyper[0]) * own
                sharp = (1.0 - hyper[0]) * sharp
                for k in range(raw.shape[1]):
                    out[i, k] -= weight[i] * even
                    own += even * raw[i, k]
            out[i, label] -= sharp
            value += weight[i] * (np.log(total) + top - own)
        return value

    def best_constant(self, y, weight, n_outputs):  # noqa: D102
        share = class_shares(y, weight, n_outputs)
        share = share + self.hyper_values()[0] * (1.0 / n_outputs - share)
        logarithm = np.log(np.maximum(share, 1e-6))
        return logarithm - logarithm.mean()
