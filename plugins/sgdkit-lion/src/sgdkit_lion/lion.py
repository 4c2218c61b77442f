"""Lion: the sign of an interpolated momentum."""

import numpy as np

from sgdkit.optimizers import UpdateRule

__all__ = ("Lion",)


class Lion(UpdateRule):
    r"""Lion (evolved sign momentum).

    .. math::
        w \leftarrow w - \eta \operatorname{sign}(\beta_1 m + (1 - \beta_1) g),
        \qquad m \leftarrow \beta_2 m + (1 - \beta_2) g

    Parameters
    ----------
    beta1, beta2 : float, default=0.9, 0.99
        Interpolation for the step and decay of the momentum, in [0, 1).

    Notes
    -----
    The paper's decoupled weight decay is the `weight_decay` that every rule has.

    References
    ----------
    Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023, algorithm 2.

    Examples
    --------
    >>> from sgdkit_lion import Lion
    >>> w, _ = Lion.update(0.0, -3.0, (0.0,), (0.9, 0.99), 0.1, 1.0)
    >>> float(w)
    0.1
    """

    name = "lion"
    slots = ("momentum",)
    hyper = ("beta1", "beta2")
    ranges = {"beta1": (0.0, 1.0), "beta2": (0.0, 1.0)}
    sparse = "catch_up"
    auto_rate = 0.02

    def __init__(self, beta1: float = 0.9, beta2: float = 0.99):
        self.beta1 = beta1
        self.beta2 = beta2

    @staticmethod
    def update(w, g, slots, hyper, lr, t):
        """Move by the sign of the interpolated momentum."""
        (momentum,) = slots
        beta1, beta2 = hyper
        direction = np.sign(beta1 * momentum + (1.0 - beta1) * g)
        return w - lr * direction, (beta2 * momentum + (1.0 - beta2) * g,)

    @staticmethod
    def catch_up(w, slots, hyper, lr, t, k):
        """Replay k zero gradients: the momentum decays, and with it, in the end, its sign."""
        (momentum,) = slots
        beta1, beta2 = hyper
        for _ in range(k):
            w = w - lr * np.sign(beta1 * momentum)
            momentum = beta2 * momentum
        return w, (momentum,)
