"""Adam: momentum divided by a running root-mean-square of the gradient."""

import math
from typing import ClassVar

import numpy as np

from sgdkit.optimizers.base import UpdateRule

__all__ = ("Adam", "moving_steps")


def moving_steps(beta1, k):
    """Return how many of `k` zero gradients still move the weight; then the mean is below rounding."""
    return min(int(k), int(math.log(1e-18) / math.log(max(beta1, 1e-18))) + 1)


class Adam(UpdateRule):
    r"""Adam with bias correction.

    .. math::
        m \leftarrow \beta_1 m + (1-\beta_1) g, \quad
        v \leftarrow \beta_2 v + (1-\beta_2) g^2, \quad
        w \leftarrow w - \eta\, \frac{m/(1-\beta_1^t)}{\sqrt{v/(1-\beta_2^t)} + \epsilon}

    Parameters
    ----------
    beta1, beta2 : float, default=0.9, 0.999
        Decay of the two running means, in [0, 1).
    eps : float, default=1e-8
        Added to the root, in units of a gradient.

    References
    ----------
    Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1.

    Examples
    --------
    >>> from sgdkit.optimizers import Adam
    >>> w, _ = Adam.update(0.0, 3.0, (0.0, 0.0), (0.9, 0.999, 0.0), 0.1, 1.0)
    >>> round(float(w), 12)
    -0.1
    """

    name = "adam"
    slots: ClassVar[tuple[str, ...]] = ("mean", "mean_square")
    hyper = ("beta1", "beta2", "eps")
    ranges = {"beta1": (0.0, 1.0), "beta2": (0.0, 1.0), "eps": (0.0, float("inf"))}
    sparse = "catch_up"
    auto_rate = 0.3

    def __init__(self, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8):
        self.beta1 = beta1
        self.beta2 = beta2
        self.eps = eps

    @staticmethod
    def update(w, g, slots, hyper, lr, t):  # noqa: D102
        mean, square = slots
        beta1, beta2, eps = hyper
        mean = beta1 * mean + (1.0 - beta1) * g
        square = beta2 * square + (1.0 - beta2) * g * g
        root = np.sqrt(square / (1.0 - beta2**t)) + eps
        return w - lr * (mean / (1.0 - beta1**t)) / root, (mean, square)

    @staticmethod
    def step_size(slots, hyper, lr, t):  # noqa: D102
        return lr / (np.sqrt(slots[1] / (1.0 - hyper[1] ** t)) + hyper[2])

    @staticmethod
    def catch_up(w, slots, hyper, lr, t, k):  # noqa: D102
        mean, square = slots
        beta1, beta2, eps = hyper
        moving = moving_steps(beta1, k)
        for _ in range(moving):
            t = t + 1.0
            mean = beta1 * mean
            square = beta2 * square
            root = np.sqrt(square / (1.0 - beta2**t)) + eps
            w = w - lr * (mean / (1.0 - beta1**t)) / root
        rest = k - moving
        return w, (mean * beta1**rest, square * beta2**rest)
