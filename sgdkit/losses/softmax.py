"""Multinomial log loss (softmax regression)."""

from typing import Any

import numpy as np

from sgdkit.losses.base import BatchLoss
from sgdkit.losses.statistics import class_shares

__all__ = ("Softmax",)


def _target_shares(y, n_outputs, hyper):
    """Return the share of each class in each row's target: label smoothing spreads `hyper[0]` evenly."""
    own = np.arange(n_outputs) == y.astype(np.int64)[:, None]
    return (1.0 - hyper[0]) * own + hyper[0] / n_outputs


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

    @staticmethod
    def curvature_at(raw, y, hyper):
        """Return `diagonal` and `coupling`: a row's Hessian is ``diag(diagonal) - coupling coupling'``."""
        p = np.exp(raw - raw.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        return p, p

    @staticmethod
    def conjugate(slope, y, hyper):
        """Return the conjugate of each row's loss: the negative entropy of ``slope + target``."""
        p = np.clip(slope + _target_shares(y, slope.shape[1], hyper), 0.0, 1.0)
        return np.sum(p * np.log(np.where(p > 0.0, p, 1.0)), axis=1)

    @staticmethod
    def feasible(slope, y, weight, balanced, hyper):
        """Return slopes near these that belong to probabilities, with weighted sums of zero if `balanced`.

        A balanced table of probabilities has the class shares as its weighted column sums. Rows and
        columns are scaled in turn, which alone would leave the sums a little off and the dual value
        too high; mixing in one row that is common to all then makes them exact. `slope` is overwritten.
        """
        targets = _target_shares(y, slope.shape[1], hyper)
        p = np.add(slope, targets, out=slope)
        np.maximum(p, 1e-300, out=p)
        p /= p.sum(axis=1, keepdims=True)
        if balanced:
            target = weight @ targets
            for _ in range(3):
                p *= target / np.maximum(weight @ p, 1e-300)
                p /= np.maximum(p.sum(axis=1, keepdims=True), 1e-300)
            sums = weight @ p
            short = np.max(1.0 - target / np.maximum(sums, 1e-300))
            kept = 1.0 - min(1.0, max(0.0, short) * (1.0 + 1e-9) + 1e-16)
            p *= kept
            p += np.maximum(target - kept * sums, 0.0) / weight.sum()
        p -= targets
        return p

    def best_constant(self, y, weight, n_outputs):  # noqa: D102
        share = class_shares(y, weight, n_outputs)
        share = share + self.hyper_values()[0] * (1.0 / n_outputs - share)
        logarithm = np.log(np.maximum(share, 1e-6))
        return logarithm - logarithm.mean()
