"""NAdam: Adam with Nesterov momentum."""

import numpy as np

from sgdkit.optimizers.adam import moving_steps
from sgdkit.optimizers.base import UpdateRule

__all__ = ("NAdam",)


class NAdam(UpdateRule):
    r"""Adam with Nesterov momentum and a warm-up of the momentum.

    With :math:`\mu_t = \beta_1 (1 - \tfrac12 0.96^{t \psi})`, the means of Adam and :math:`b_t = 1 -
    \prod_{i \le t} \mu_i`:

    .. math::
        w \leftarrow w - \eta \left( \frac{1 - \mu_t}{b_t} g + \frac{\mu_{t+1}}{b_{t+1}} m \right) \Big/
        \left( \sqrt{v/(1-\beta_2^t)} + \epsilon \right)

    Parameters
    ----------
    beta1, beta2 : float, default=0.9, 0.999
        Decay of the two running means, in [0, 1).
    eps : float, default=1e-8
        Added to the root, in units of a gradient.
    momentum_decay : float, default=0.004
        Speed :math:`\psi` at which the momentum grows from half of `beta1` to `beta1`; zero or positive.

    Notes
    -----
    Same as ``torch.optim.NAdam``. :math:`b_t` is kept as a slot, equal in every coordinate.

    References
    ----------
    Dozat, "Incorporating Nesterov momentum into Adam", ICLR workshop 2016, algorithm 2.

    Examples
    --------
    >>> from sgdkit.optimizers import NAdam
    >>> w, _ = NAdam.update(0.0, 3.0, (0.0, 0.0, 0.0), (0.0, 0.999, 0.0, 0.004), 0.1, 1.0)
    >>> round(float(w), 12)
    -0.1
    """

    name = "nadam"
    slots = ("mean", "mean_square", "bias")
    hyper = ("beta1", "beta2", "eps", "momentum_decay")
    ranges = {
        "beta1": (0.0, 1.0),
        "beta2": (0.0, 1.0),
        "eps": (0.0, float("inf")),
        "momentum_decay": (0.0, float("inf")),
    }
    sparse = "catch_up"
    auto_rate = 0.3

    def __init__(
        self,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        momentum_decay: float = 0.004,
    ):
        self.beta1 = beta1
        self.beta2 = beta2
        self.eps = eps
        self.momentum_decay = momentum_decay

    @staticmethod
    def update(w, g, slots, hyper, lr, t):  # noqa: D102
        mean, square, bias = slots
        beta1, beta2, eps, speed = hyper
        now, following = _momentum(beta1, speed, t), _momentum(beta1, speed, t + 1.0)
        bias = 1.0 - now * (1.0 - bias)
        mean = beta1 * mean + (1.0 - beta1) * g
        square = beta2 * square + (1.0 - beta2) * g * g
        direction = (1.0 - now) / bias * g + following / (1.0 - following * (1.0 - bias)) * mean
        return w - lr * direction / (np.sqrt(square / (1.0 - beta2**t)) + eps), (mean, square, bias)

    @staticmethod
    def step_size(slots, hyper, lr, t):  # noqa: D102
        _, square, bias = slots
        beta1, beta2, eps, speed = hyper
        now, following = _momentum(beta1, speed, t), _momentum(beta1, speed, t + 1.0)
        # The mean of t constant gradients is 1 - beta1**t of one.
        gain = (1.0 - now) / bias + following / (1.0 - following * (1.0 - bias)) * (1.0 - beta1**t)
        return lr * gain / (np.sqrt(square / (1.0 - beta2**t)) + eps)

    @staticmethod
    def catch_up(w, slots, hyper, lr, t, k):  # noqa: D102
        mean, square, bias = slots
        beta1, beta2, eps, speed = hyper
        moving = moving_steps(beta1, k)
        for _ in range(moving):
            t = t + 1.0
            mean = beta1 * mean
            square = beta2 * square
            bias = 1.0 - _momentum(beta1, speed, t) * (1.0 - bias)
            following = _momentum(beta1, speed, t + 1.0)
            direction = following / (1.0 - following * (1.0 - bias)) * mean
            w = w - lr * direction / (np.sqrt(square / (1.0 - beta2**t)) + eps)
        rest = k - moving
        return w, (mean * beta1**rest, square * beta2**rest, bias)


def _momentum(beta1, speed, t):
    return beta1 * (1.0 - 0.5 * 0.96 ** (t * speed))
