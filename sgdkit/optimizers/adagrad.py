"""Adagrad: a rate of its own for every coordinate, shrinking as gradients add up."""

import numpy as np

from sgdkit.optimizers.base import UpdateRule

__all__ = ("AdaGrad",)


class AdaGrad(UpdateRule):
    r"""Adagrad, diagonal form.

    .. math:: s \leftarrow s + g^2, \qquad w \leftarrow w - \eta\, g / (\sqrt{s} + \epsilon)

    Parameters
    ----------
    eps : float, default=1e-7
        Keeps the division finite where there was no gradient, and rounding noise from being taken for
        one (an intercept that starts at its optimum has a gradient of 1e-17); in units of a gradient.

    References
    ----------
    Duchi, Hazan and Singer, "Adaptive subgradient methods", JMLR 2011, figure 1 (diagonal).

    Examples
    --------
    >>> from sgdkit.optimizers import AdaGrad
    >>> w, (total,) = AdaGrad.update(0.0, 2.0, (0.0,), (0.0,), 0.1, 1.0)
    >>> float(w), float(total)
    (-0.1, 4.0)
    """

    name = "adagrad"
    slots = ("gradient_square_sum",)
    hyper = ("eps",)
    ranges = {"eps": (0.0, float("inf"))}
    sparse = "exact"
    step = "normalized"
    anneals = True
    accumulator = "gradient_square_sum"

    def __init__(self, eps: float = 1e-7):
        self.eps = eps

    @staticmethod
    def update(w, g, slots, hyper, lr, t):  # noqa: D102
        (total,) = slots
        (eps,) = hyper
        total = total + g * g
        return w - lr / (np.sqrt(total) + eps) * g, (total,)  # the step apart: `step_size` is then free

    @staticmethod
    def step_size(slots, hyper, lr, t):  # noqa: D102
        return lr / (np.sqrt(slots[0]) + hyper[0])
