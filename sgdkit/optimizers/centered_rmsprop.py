"""Centred RMSProp: the gradient over its running standard deviation."""

import numpy as np

from sgdkit.optimizers.rmsprop import RMSProp

__all__ = ("CenteredRMSProp",)


class CenteredRMSProp(RMSProp):
    r"""RMSProp with an estimate of the gradient's variance in place of its mean square.

    .. math::
        s \leftarrow \rho s + (1-\rho) g^2, \quad
        m \leftarrow \rho m + (1-\rho) g, \quad
        v \leftarrow \mu v + g / (\sqrt{s - m^2} + \epsilon), \quad
        w \leftarrow w - \eta v

    Parameters
    ----------
    decay_rate : float, default=0.99
        Decay :math:`\rho` of the two running means, in [0, 1).
    eps : float, default=1e-8
        Added to the root, in units of a gradient.
    momentum : float, default=0.0
        Share :math:`\mu` of the velocity kept from step to step, in [0, 1).

    Notes
    -----
    Same as ``torch.optim.RMSprop(centered=True)``, except that a variance that rounding made
    negative counts as 0. While gradients hardly vary, the steps become very long; `eps` bounds them.

    References
    ----------
    Graves, "Generating sequences with recurrent neural networks", 2013, eqs. (38)
    to (41), with `eps` outside the root.

    Examples
    --------
    >>> from sgdkit.optimizers import CenteredRMSProp
    >>> w, _ = CenteredRMSProp.update(0.0, 4.0, (0.0, 0.0, 0.0), (0.5, 0.0, 0.0), 0.1, 1.0)
    >>> float(w)
    -0.2
    """

    name = "centered_rmsprop"
    slots = ("mean_square", "velocity", "mean")

    @staticmethod
    def update(w, g, slots, hyper, lr, t):  # noqa: D102
        square, velocity, mean = slots
        decay_rate, eps, momentum = hyper
        square = decay_rate * square + (1.0 - decay_rate) * g * g
        mean = decay_rate * mean + (1.0 - decay_rate) * g
        velocity = momentum * velocity + g / (_deviation(square, mean) + eps)
        return w - lr * velocity, (square, velocity, mean)

    @staticmethod
    def step_size(slots, hyper, lr, t):  # noqa: D102
        return lr / ((_deviation(slots[0], slots[2]) + hyper[1]) * (1.0 - hyper[2]))

    @staticmethod
    def catch_up(w, slots, hyper, lr, t, k):  # noqa: D102
        square, velocity, mean = slots
        decay_rate, _, momentum = hyper
        kept = momentum**k
        moved = w - lr * velocity * momentum * (1.0 - kept) / (1.0 - momentum)
        return moved, (square * decay_rate**k, velocity * kept, mean * decay_rate**k)


def _deviation(square, mean):
    return np.sqrt(np.maximum(square - mean * mean, 0.0 * square))
