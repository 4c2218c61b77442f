"""RMSProp: the gradient over its running root mean square."""

from typing import ClassVar

import numpy as np

from sgdkit.optimizers.base import UpdateRule

__all__ = ("RMSProp",)


class RMSProp(UpdateRule):
    r"""RMSProp, with heavy-ball momentum if asked for.

    .. math::
        s \leftarrow \rho s + (1-\rho) g^2, \qquad
        v \leftarrow \mu v + g / (\sqrt{s} + \epsilon), \qquad
        w \leftarrow w - \eta v

    Parameters
    ----------
    decay_rate : float, default=0.99
        Decay :math:`\rho` of the running mean of squares, in [0, 1).
    eps : float, default=1e-8
        Added to the root, in units of a gradient.
    momentum : float, default=0.0
        Share :math:`\mu` of the velocity kept from step to step, in [0, 1).

    Notes
    -----
    The mean starts at 0 and is not corrected for that, so the first steps are up to ``1 /
    sqrt(1 - decay_rate)`` times as long as later ones. Same as ``torch.optim.RMSprop``, where
    `decay_rate` is called alpha.

    References
    ----------
    Tieleman and Hinton, "Neural networks for machine learning", 2012, lecture 6.5.

    Examples
    --------
    >>> from sgdkit.optimizers import RMSProp
    >>> w, _ = RMSProp.update(0.0, 3.0, (0.0, 0.0), (0.75, 0.0, 0.0), 0.1, 1.0)
    >>> float(w)
    -0.2
    """

    name = "rmsprop"
    slots: ClassVar[tuple[str, ...]] = ("mean_square", "velocity")
    hyper = ("decay_rate", "eps", "momentum")
    ranges = {"decay_rate": (0.0, 1.0), "eps": (0.0, float("inf")), "momentum": (0.0, 1.0)}
    sparse = "catch_up"
    auto_rate = 0.1

    def __init__(self, decay_rate: float = 0.99, eps: float = 1e-8, momentum: float = 0.0):
        self.decay_rate = decay_rate
        self.eps = eps
        self.momentum = momentum

    @staticmethod
    def update(w, g, slots, hyper, lr, t):  # noqa: D102
        square, velocity = slots
        decay_rate, eps, momentum = hyper
        square = decay_rate * square + (1.0 - decay_rate) * g * g
        velocity = momentum * velocity + g / (np.sqrt(square) + eps)
        return w - lr * velocity, (square, velocity)

    @staticmethod
    def step_size(slots, hyper, lr, t):  # noqa: D102
        return lr / ((np.sqrt(slots[0]) + hyper[1]) * (1.0 - hyper[2]))

    @staticmethod
    def catch_up(w, slots, hyper, lr, t, k):  # noqa: D102
        square, velocity = slots
        decay_rate, _, momentum = hyper
        kept = momentum**k
        moved = w - lr * velocity * momentum * (1.0 - kept) / (1.0 - momentum)
        return moved, (square * decay_rate**k, velocity * kept)
