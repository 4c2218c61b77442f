"""Regularised dual averaging: the leader on the mean of all gradients, near the start."""

import numpy as np

from sgdkit.optimizers.base import UpdateRule

__all__ = ("DualAveraging",)


class DualAveraging(UpdateRule):
    r"""Regularised dual averaging (RDA).

    .. math::
        z \leftarrow z + g, \qquad S \leftarrow S + (\sqrt{t} - \sqrt{t-1}) / \eta

    .. math::
        w = \frac{\operatorname{sign}(u)\,\max(|u| - t\lambda_1, 0)}{S + t\lambda_2}, \qquad u = S w_0 - z

    With a constant rate :math:`S = \sqrt{t} / \eta`, and :math:`w = w_0 - \eta z / \sqrt{t}` without a
    penalty.

    Notes
    -----
    This minimises the mean of all (linearised) losses plus the penalty plus :math:`S/(2t) |w - w_0|^2`,
    where :math:`w_0` is the weight that training starts at, 0 for coefficients. The threshold acts on the
    mean gradient, not on one step's, so weights under ``l1`` are sparser than those of `SGD` on the way to
    the same optimum. A rate that falls lets `S` grow faster, which pulls the weights to the start; give
    this rule a constant rate. With the automatic rate `S` starts at the inverse of a step of `SGD`, and
    whenever that rate changes the rule starts anew at the weight it has reached.

    References
    ----------
    Xiao, "Dual averaging methods for regularized stochastic learning and online
    optimization", JMLR 2010, algorithm 1, with :math:`h(w) = |w - w_0|^2 / 2`, :math:`\beta_t = \sqrt{t}
    / \eta`, and eq. (10) for ``l1``.

    Examples
    --------
    >>> from sgdkit.optimizers import DualAveraging
    >>> w, _ = DualAveraging.update(1.0, 2.0, (0.0, 0.0, 0.0), (), 0.1, 1.0)
    >>> float(w)
    0.8
    """

    name = "dual_averaging"
    slots = ("gradient_sum", "stiffness", "start")
    sparse = "catch_up"
    step = "linear"
    halves = False
    stiffness = "stiffness"
    weight_slots = ("gradient_sum", "start")

    @staticmethod
    def update(w, g, slots, hyper, lr, t):  # noqa: D102
        total, stiffness, start = slots
        start = np.where(t + 0.0 * w <= 1.0, w, start)
        total = total + g
        stiffness = stiffness + 1.0 / ((t**0.5 + (t - 1.0) ** 0.5) * lr)
        return start - total / stiffness, (total, stiffness, start)

    @staticmethod
    def regularized(w, slots, hyper, lr, t, l1, l2):  # noqa: D102
        total, stiffness, start = slots
        pull = stiffness * start - total
        return np.sign(pull) * np.maximum(np.abs(pull) - t * l1, 0.0 * pull) / (stiffness + t * l2)

    @staticmethod
    def catch_up(w, slots, hyper, lr, t, k):  # noqa: D102
        total, stiffness, start = slots
        start = np.where(t + 0.0 * w < 1.0, w, start)
        stiffness = stiffness + k / (((t + k) ** 0.5 + t**0.5) * lr)
        return start - total / stiffness, (total, stiffness, start)
