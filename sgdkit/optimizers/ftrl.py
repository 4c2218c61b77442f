"""FTRL-Proximal: the leader on all gradients so far, with proximal centres."""

import numpy as np

from sgdkit.optimizers.base import UpdateRule

__all__ = ("FTRL",)


class FTRL(UpdateRule):
    r"""Follow-the-regularised-leader, proximal form.

    .. math::
        \sigma = (\sqrt{n + g^2} - \sqrt{n}) / \eta, \quad z \leftarrow z + g - \sigma w, \quad
        n \leftarrow n + g^2, \quad S \leftarrow S + \sigma

    .. math::
        w = \frac{-\operatorname{sign}(z)\,\max(|z| - t\lambda_1, 0)}{S + t\lambda_2}

    where the first gradient of a coordinate also adds :math:`\beta / \eta` to :math:`\sigma`. With a constant
    rate :math:`S = (\beta + \sqrt{n}) / \eta`, as in the original.

    Parameters
    ----------
    beta : float, default=1e-6
        Added to the root of the summed squares, in units of a gradient.

    Notes
    -----
    The penalty strengths come from the estimator and, unlike in the original, count once for each
    step: gradients add up over steps too, so this is the form whose fixed point is the optimum of
    the *mean* loss plus penalty.

    `S` is kept as a slot, not computed from the present rate: a smaller rate later then makes steps
    smaller instead of shrinking the weights, and a coordinate without a gradient stands still. A weight that
    training starts at is kept until its coordinate sees its first gradient.

    References
    ----------
    McMahan, "Follow-the-regularized-leader and mirror descent", AISTATS 2011, section 2 (with
    cumulative penalty); McMahan et al., "Ad click prediction", KDD 2013, algorithm 1.

    Examples
    --------
    >>> from sgdkit.optimizers import FTRL
    >>> w, _ = FTRL.update(0.0, 2.0, (0.0, 0.0, 0.0), (0.0,), 0.1, 1.0)
    >>> float(w)
    -0.1
    """

    name = "ftrl"
    slots = ("z", "gradient_square_sum", "stiffness")
    hyper = ("beta",)
    ranges = {"beta": (0.0, float("inf"))}
    sparse = "exact"
    step = "normalized"
    anneals = True
    weight_slots = ("z",)

    def __init__(self, beta: float = 1e-6):
        self.beta = beta

    @staticmethod
    def update(w, g, slots, hyper, lr, t):  # noqa: D102
        z, total, stiffness = slots
        (beta,) = hyper
        grown = total + g * g
        added = np.sqrt(grown) - np.sqrt(total)
        first = np.where(grown > 0.0, 0.0 * w + beta, 0.0 * w)
        added = (added + np.where(total > 0.0, 0.0 * w, first)) / lr
        stiffness = stiffness + added
        # Without a penalty w = -z / S, and the leader moves by one gradient step.
        moved = w - g / np.where(stiffness > 0.0, stiffness, 1.0 + 0.0 * w)
        return moved, (z + g - added * w, grown, stiffness)

    @staticmethod
    def regularized(w, slots, hyper, lr, t, l1, l2):  # noqa: D102
        z, _, stiffness = slots
        shrunk = np.sign(z) * np.maximum(np.abs(z) - t * l1, 0.0 * z)
        seen = stiffness > 0.0
        return np.where(seen, -shrunk / (np.where(seen, stiffness, 1.0 + 0.0 * z) + t * l2), w)
