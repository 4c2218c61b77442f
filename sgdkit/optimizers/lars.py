"""LARS: momentum with steps in proportion to the norm of the weights."""

import numpy as np

from sgdkit.optimizers.base import UpdateRule

__all__ = ("LARS", "trust_ratio")


def trust_ratio(weight_square, step_square, floor):
    """Return ``max(norm of the weights, floor) / norm of the step``, and 0 where there is no step."""
    length = np.maximum(np.sqrt(weight_square), floor + 0.0 * weight_square)
    some = step_square > 0.0
    none = 0.0 * step_square
    return np.where(some, length / np.sqrt(np.where(some, step_square, none + 1.0)), none)


class LARS(UpdateRule):
    r"""Layer-wise adaptive rate scaling; the linear model is one layer, its intercept included.

    .. math::
        v \leftarrow \beta v + \eta\, \kappa\, \frac{\max(\lVert w\rVert, \gamma)}{\lVert g\rVert}\, g,
        \qquad w \leftarrow w - v

    Parameters
    ----------
    beta : float, default=0.9
        Share of the velocity kept from step to step, in [0, 1).
    trust : float, default=0.001
        Factor :math:`\kappa`, the paper's trust coefficient: the share of the norm of the weights that a
        gradient moves at a rate of 1. Zero or positive.
    floor : float, default=0.001
        Least norm :math:`\gamma` that counts, since training starts at weights of zero; positive, in
        units of a weight.

    Notes
    -----
    With the automatic rate all of this holds for weights in units of their columns, so columns in other
    units lead to the same model. An ``l2`` penalty is part of `g`. The paper's weight decay inside
    of the ratio is that penalty; `weight_decay` acts outside of it.

    References
    ----------
    You, Gitman and Ginsburg, "Large batch training of convolutional networks",
    2017, algorithm 1; the least norm is that of You et al., ICLR 2020, section 3.

    Examples
    --------
    >>> from sgdkit.optimizers import LARS
    >>> w, _ = LARS.update(3.0, 2.0, (0.0,), (0.9, 0.5, 0.001), 0.1, 1.0, (9.0, 4.0))
    >>> round(float(w), 12)
    2.85
    """

    name = "lars"
    slots = ("velocity",)
    hyper = ("beta", "trust", "floor")
    ranges = {"beta": (0.0, 1.0), "trust": (0.0, float("inf")), "floor": (0.0, float("inf"))}
    step = "relative"
    auto_rate = 10.0
    reductions = ("weight_square", "gradient_square")

    def __init__(self, beta: float = 0.9, trust: float = 0.001, floor: float = 0.001):
        self.beta = beta
        self.trust = trust
        self.floor = floor

    @staticmethod
    def reduce(w, g, slots, hyper, lr, t):  # noqa: D102
        return w * w, g * g

    @staticmethod
    def update(w, g, slots, hyper, lr, t, sums):  # noqa: D102
        beta, trust, floor = hyper
        velocity = beta * slots[0] + lr * trust * trust_ratio(sums[0], sums[1], floor) * g
        return w - velocity, (velocity,)
