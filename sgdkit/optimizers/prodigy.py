"""Prodigy: Adam that estimates its own rate from the distance travelled."""

import numpy as np

from sgdkit.optimizers.base import UpdateRule

__all__ = ("Prodigy",)


class Prodigy(UpdateRule):
    r"""Prodigy, the Adam form.

    With the distance estimate `d`, the start :math:`x_0` and :math:`\eta_t = d_t \eta`:

    .. math::
        m \leftarrow \beta_1 m + (1-\beta_1) d g, \quad
        v \leftarrow \beta_2 v + (1-\beta_2) d^2 g^2, \quad
        r \leftarrow \sqrt{\beta_2} r + (1-\sqrt{\beta_2}) \eta_t d \langle g, x_0 - w\rangle

    .. math::
        s \leftarrow \sqrt{\beta_2} s + (1-\sqrt{\beta_2}) \eta_t d\, g, \quad
        w \leftarrow w - \eta_t\, m / (\sqrt{v} + d \epsilon), \quad
        d \leftarrow \max(d, r / \lVert s\rVert_1)

    Parameters
    ----------
    beta1, beta2 : float, default=0.9, 0.999
        Decay of the running means, in [0, 1).
    eps : float, default=1e-8
        Added to the root, in units of a gradient.
    d0 : float, default=1e-4
        First estimate of the distance to the solution, in units of a weight; with the automatic rate the
        first steps are 1e-2 of what a normalised rule would move in that unit. Too small only costs steps,
        too large cannot be taken back.

    Notes
    -----
    The two scalars d and r are kept as slots, equal in every coordinate: two arrays more, and the
    contract needs no second kind of state.

    References
    ----------
    Mishchenko and Defazio, "Prodigy: an expeditiously adaptive parameter-free learner", 2023,
    algorithm 4.

    Examples
    --------
    >>> from sgdkit.optimizers import Prodigy
    >>> Prodigy(d0=1e-3).get_params()["d0"]
    0.001
    """

    name = "prodigy"
    slots = ("mean", "mean_square", "s", "start", "distance", "numerator")
    hyper = ("beta1", "beta2", "eps", "d0")
    ranges = {"beta1": (0.0, 1.0), "beta2": (0.0, 1.0), "eps": (0.0, float("inf")), "d0": (0.0, float("inf"))}
    sparse = "dense"
    step = "free"
    auto_rate = 0.3
    reductions = ("progress", "s_norm")

    def __init__(self, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8, d0: float = 1e-4):
        self.beta1 = beta1
        self.beta2 = beta2
        self.eps = eps
        self.d0 = d0

    @staticmethod
    def reduce(w, g, slots, hyper, lr, t):  # noqa: D102
        _, _, s, start, distance, _ = slots
        _, beta2, _, d0 = hyper
        first = t + 0.0 * w <= 1.0
        d = np.where(first, 0.0 * w + d0, distance)
        start = np.where(first, w, start)
        kept = beta2**0.5
        s = kept * s + (1.0 - kept) * lr * d * d * g
        return g * (start - w), np.abs(s)

    @staticmethod
    def update(w, g, slots, hyper, lr, t, sums):  # noqa: D102
        mean, square, s, start, distance, numerator = slots
        beta1, beta2, eps, d0 = hyper
        progress, s_norm = sums
        first = t + 0.0 * w <= 1.0
        d = np.where(first, 0.0 * w + d0, distance)
        start = np.where(first, w, start)
        kept = beta2**0.5
        numerator = kept * numerator + (1.0 - kept) * lr * d * d * progress
        s = kept * s + (1.0 - kept) * lr * d * d * g
        mean = beta1 * mean + (1.0 - beta1) * d * g
        square = beta2 * square + (1.0 - beta2) * d * d * g * g
        w = w - lr * d * mean / (np.sqrt(square) + d * eps)
        tiny = 1e-30
        distance = np.maximum(d, numerator / (s_norm + tiny))
        return w, (mean, square, s, start, distance, numerator)

    @staticmethod
    def step_size(slots, hyper, lr, t):  # noqa: D102
        d = slots[4]
        return lr * d * d / (np.sqrt(slots[1]) + d * hyper[2])
