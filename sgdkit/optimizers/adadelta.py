"""Adadelta: steps as long as past steps were, in the weight's own units."""

import numpy as np

from sgdkit.optimizers.base import UpdateRule

__all__ = ("AdaDelta",)


class AdaDelta(UpdateRule):
    r"""Adadelta.

    .. math::
        s \leftarrow \rho s + (1-\rho) g^2, \quad
        \Delta = \frac{\sqrt{a + \epsilon}}{\sqrt{s + \epsilon}}\, g, \quad
        a \leftarrow \rho a + (1-\rho) \Delta^2, \quad
        w \leftarrow w - \eta \Delta

    Parameters
    ----------
    decay_rate : float, default=0.9
        Decay :math:`\rho` of the two running means of squares, in [0, 1).
    eps : float, default=1e-6
        Added to both means: the square of a gradient, and the square of the first step in units of the rate.

    Notes
    -----
    The ratio of the two roots is kept as a slot, because the penalty's proximal step needs it
    and `a` has moved on by then. Same as ``torch.optim.Adadelta``, where the rate is 1 by default.

    References
    ----------
    Zeiler, "ADADELTA: an adaptive learning rate method", 2012, algorithm 1, with a rate as in torch.

    Examples
    --------
    >>> from sgdkit.optimizers import AdaDelta
    >>> w, _ = AdaDelta.update(0.0, 3.0, (0.0, 0.0, 0.0), (0.75, 0.75), 1.0, 1.0)
    >>> round(float(w), 12)
    -1.5
    """

    name = "adadelta"
    slots = ("mean_square", "step_mean_square", "ratio")
    hyper = ("decay_rate", "eps")
    ranges = {"decay_rate": (0.0, 1.0), "eps": (0.0, float("inf"))}
    sparse = "catch_up"
    auto_rate = 30.0

    def __init__(self, decay_rate: float = 0.9, eps: float = 1e-6):
        self.decay_rate = decay_rate
        self.eps = eps

    @staticmethod
    def update(w, g, slots, hyper, lr, t):  # noqa: D102
        square, step_square, _ = slots
        decay_rate, eps = hyper
        square = decay_rate * square + (1.0 - decay_rate) * g * g
        ratio = np.sqrt(step_square + eps) / np.sqrt(square + eps)
        step = ratio * g
        step_square = decay_rate * step_square + (1.0 - decay_rate) * step * step
        return w - lr * step, (square, step_square, ratio)

    @staticmethod
    def step_size(slots, hyper, lr, t):  # noqa: D102
        return lr * slots[2]

    @staticmethod
    def catch_up(w, slots, hyper, lr, t, k):  # noqa: D102
        square, step_square, _ = slots
        decay_rate, eps = hyper
        before = step_square * decay_rate ** (k - 1)
        square = square * decay_rate**k
        ratio = np.sqrt(before + eps) / np.sqrt(square + eps)
        return w, (square, before * decay_rate, ratio)
