"""The proximal step of the elastic net, once and many times over, as compiled scalars."""

import numpy as np
from numba import njit

from sgdkit.kernels.vector_math import scalar_numpy

__all__ = ("proximal_step", "proximal_steps")

_exp = scalar_numpy.exp
_select = scalar_numpy.where


@njit(error_model="numpy", forceinline=True)
def proximal_step(w, step, l1, l2):
    """Return the minimiser of ``|x - w|² / 2 + step (l1 |x| + l2 x² / 2)``."""
    shrunk = abs(w) - step * l1
    shrunk = _select(shrunk > 0, shrunk, type(shrunk)(0))
    return _select(w < 0, -shrunk, shrunk) / (1 + step * l2)


@njit(error_model="numpy", forceinline=True)
def proximal_steps(w, step, k, l1, l2):
    """Return the result of `k` proximal steps of one size, in closed form.

    Each step takes ``|w|`` to ``(|w| - step l1) / (1 + step l2)``, so `k` of them take it to
    ``|w| q^k - (l1 / l2) (1 - q^k)`` with ``q = 1 / (1 + step l2)``, as long as that is positive.
    """
    growth = step * l2
    exponent = k * growth * (1 - growth * (1 / 2 - growth / 3))  # k log(1 + growth), below
    if growth < 1e-4 and exponent < 0.03:
        # 1 - exp(-x) to the seventh order: exact to rounding here, and no call.
        x = exponent
        lost = x * (1 - x / 2 * (1 - x / 3 * (1 - x / 4 * (1 - x / 5 * (1 - x / 6 * (1 - x / 7))))))
    else:
        lost = -np.expm1(-k * np.log1p(growth))
    kept = w * (1 - lost)
    if l1 > 0:
        threshold = k * step * l1 if growth == 0 else l1 / l2 * lost
        kept = max(kept - threshold, 0 * kept) if kept > 0 else min(kept + threshold, 0 * kept)
    return kept
