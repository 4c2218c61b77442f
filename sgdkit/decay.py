"""Decoupled weight decay: one shrinkage, and many in closed form.

Written like `sgdkit.proximal`: the array backends and the compiled loops run the same text. The share that a
step takes away is the rate times the rule's `weight_decay`, the same for all coordinates.
"""

import numpy as np

__all__ = ("decay_step", "decay_steps")


def decay_step(w, share):
    """Return ``w`` less its `share`, which counts as 1 where it is more.

    A difference, not a product with ``1 - share``: in float32 that factor would have lost half the digits
    of a small share, the same way in every step.
    """
    return w - np.where(share < 1.0, share, 1.0 + 0.0 * share) * w


def decay_steps(w, share, k):
    """Return the result of `k` such steps."""
    return w * np.where(share < 1.0, 1.0 - share, 0.0 * share) ** k
