"""RAdam: Adam that waits until it can trust its rate."""

import numpy as np

from sgdkit.optimizers.adam import moving_steps
from sgdkit.optimizers.base import UpdateRule

__all__ = ("RAdam",)


class RAdam(UpdateRule):
    r"""Rectified Adam.

    With the means of Adam, :math:`\rho_\infty = 2/(1-\beta_2) - 1` and
    :math:`\rho_t = \rho_\infty - 2 t \beta_2^t / (1-\beta_2^t)`, once :math:`\rho_t > 5`:

    .. math::
        r_t = \sqrt{\frac{(\rho_t-4)(\rho_t-2)\rho_\infty}{(\rho_\infty-4)(\rho_\infty-2)\rho_t}}, \qquad
        w \leftarrow w - \eta\, r_t\, \frac{m}{1-\beta_1^t} \, \frac{\sqrt{1-\beta_2^t}}{\sqrt{v} + \epsilon}

    Parameters
    ----------
    beta1, beta2 : float, default=0.9, 0.999
        Decay of the two running means, in [0, 1). With `beta2` of 2/3 or less :math:`\rho_t` never reaches 5.
    eps : float, default=1e-8
        Added to the root, in units of a gradient.
    early_steps : float, default=0.0
        Factor on the steps ``lr * m / (1 - beta1**t)`` that the paper makes before :math:`\rho_t > 5`,
        which are the first five with the default `beta2`. At least 0; 1 is the paper's and torch's.

    Notes
    -----
    The early steps are proportional to the gradient while all later ones are not: no rate
    suits both where gradients are not of size 1. So they are left out by default, as the authors' code
    does with ``degenerated_to_sgd=False``. With ``early_steps=1`` it is the same as
    ``torch.optim.RAdam``.

    References
    ----------
    Liu et al., "On the variance of the adaptive learning rate and beyond", ICLR
    2020, algorithm 2, with 5 for 4 as the least :math:`\rho_t`, as in the authors' code.

    Examples
    --------
    >>> from sgdkit.optimizers import RAdam
    >>> float(RAdam.update(0.0, 3.0, (0.0, 0.0), (0.5, 0.999, 0.0, 0.0), 0.1, 1.0)[0])
    0.0
    >>> float(RAdam.update(0.0, 3.0, (0.0, 0.0), (0.5, 0.999, 0.0, 1.0), 0.5, 1.0)[0])
    -1.5
    """

    name = "radam"
    slots = ("mean", "mean_square")
    hyper = ("beta1", "beta2", "eps", "early_steps")
    ranges = {
        "beta1": (0.0, 1.0),
        "beta2": (0.0, 1.0),
        "eps": (0.0, float("inf")),
        "early_steps": (0.0, float("inf")),
    }
    sparse = "catch_up"
    auto_rate = 1.0

    def __init__(
        self,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        early_steps: float = 0.0,
    ):
        self.beta1 = beta1
        self.beta2 = beta2
        self.eps = eps
        self.early_steps = early_steps

    @staticmethod
    def update(w, g, slots, hyper, lr, t):  # noqa: D102
        mean, square = slots
        beta1, beta2, eps, early = hyper
        mean = beta1 * mean + (1.0 - beta1) * g
        square = beta2 * square + (1.0 - beta2) * g * g
        rectified, plain = _factors(beta2, early, t)
        step = rectified / (np.sqrt(square) + eps) + plain
        return w - lr * (mean / (1.0 - beta1**t)) * step, (mean, square)

    @staticmethod
    def step_size(slots, hyper, lr, t):  # noqa: D102
        _, beta2, eps, early = hyper
        rectified, plain = _factors(beta2, early, t)
        return lr * (rectified / (np.sqrt(slots[1]) + eps) + plain)

    @staticmethod
    def catch_up(w, slots, hyper, lr, t, k):  # noqa: D102
        mean, square = slots
        beta1, beta2, eps, early = hyper
        moving = moving_steps(beta1, k)
        for _ in range(moving):
            t = t + 1.0
            mean = beta1 * mean
            square = beta2 * square
            rectified, plain = _factors(beta2, early, t)
            w = w - lr * (mean / (1.0 - beta1**t)) * (rectified / (np.sqrt(square) + eps) + plain)
        rest = k - moving
        return w, (mean * beta1**rest, square * beta2**rest)


def _factors(beta2, early, t):
    """Return the factors on the normalised and on the plain step, one of which is 0."""
    longest = 2.0 / (1.0 - beta2) - 1.0
    power = beta2**t
    length = longest - 2.0 * t * power / (1.0 - power)
    ready = 1.0 * (length > 5.0)
    length, longest = max(length, 5.0), max(longest, 5.0)
    share = (length - 4.0) * (length - 2.0) * longest / ((longest - 4.0) * (longest - 2.0) * length)
    return ready * (share * (1.0 - power)) ** 0.5, (1.0 - ready) * early
