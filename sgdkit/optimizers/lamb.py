"""LAMB: Adam with steps in proportion to the norm of the weights."""

import numpy as np

from sgdkit.optimizers.base import UpdateRule
from sgdkit.optimizers.lars import trust_ratio

__all__ = ("LAMB",)


class LAMB(UpdateRule):
    r"""Layer-wise adaptive moments for batch training; the linear model is one layer, its intercept included.

    With the direction `r` of Adam:

    .. math::
        r = \frac{m/(1-\beta_1^t)}{\sqrt{v/(1-\beta_2^t)} + \epsilon}, \qquad
        w \leftarrow w - \eta\, \frac{\max(\lVert w\rVert, \gamma)}{\lVert r\rVert}\, r

    Parameters
    ----------
    beta1, beta2 : float, default=0.9, 0.999
        Decay of the two running means, in [0, 1).
    eps : float, default=1e-6
        Added to the root, in units of a gradient.
    floor : float, default=0.001
        Least norm :math:`\gamma` that counts, since training starts at weights of zero; in units of a weight.

    Notes
    -----
    An ``l2`` penalty is part of the gradient. The paper's weight decay inside of the ratio is left out;
    `weight_decay` acts outside of it.

    References
    ----------
    You et al., "Large batch optimization for deep learning: training BERT in 76
    minutes", ICLR 2020, algorithm 2, with :math:`\phi(z) = \max(z, \gamma)`.

    Examples
    --------
    >>> from sgdkit.optimizers import LAMB
    >>> hyper, sums = (0.9, 0.999, 0.0, 0.001), (9.0, 1.0)
    >>> w, _ = LAMB.update(3.0, 2.0, (0.0, 0.0), hyper, 0.1, 1.0, sums)
    >>> round(float(w), 12)
    2.7
    """

    name = "lamb"
    slots = ("mean", "mean_square")
    hyper = ("beta1", "beta2", "eps", "floor")
    ranges = {
        "beta1": (0.0, 1.0), "beta2": (0.0, 1.0), "eps": (0.0, float("inf")), "floor": (0.0, float("inf"))
    }  # fmt: skip
    step = "relative"
    auto_rate = 0.03
    reductions = ("weight_square", "direction_square")

    def __init__(self, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-6, floor: float = 0.001):
        self.beta1 = beta1
        self.beta2 = beta2
        self.eps = eps
        self.floor = floor

    @staticmethod
    def reduce(w, g, slots, hyper, lr, t):  # noqa: D102
        direction, _, _ = _direction(g, slots, hyper, t)
        return w * w, direction * direction

    @staticmethod
    def update(w, g, slots, hyper, lr, t, sums):  # noqa: D102
        direction, mean, square = _direction(g, slots, hyper, t)
        return w - lr * trust_ratio(sums[0], sums[1], hyper[3]) * direction, (mean, square)


def _direction(g, slots, hyper, t):
    mean, square = slots
    beta1, beta2, eps, _ = hyper
    mean = beta1 * mean + (1.0 - beta1) * g
    square = beta2 * square + (1.0 - beta2) * g * g
    return mean / (1.0 - beta1**t) / (np.sqrt(square / (1.0 - beta2**t)) + eps), mean, square
