"""Coordinate descent on a quadratic with an l1 penalty: the inner loop of `CoordinateDescent`."""

import functools
from typing import Any

import numpy as np
from numba import types

from sgdkit.kernels.abi import kernel_types
from sgdkit.kernels.generate import compiled_kernel

__all__ = ("descend", "quadratic_descent")


def descend(H, g, u, l1, l2, small, max_sweeps):
    """Minimise ``g.(x - u) + (x - u)' H (x - u) / 2 + l1 |x| + l2 x² / 2`` coordinate by coordinate.

    `u` becomes the minimiser and `g` the gradient of the smooth part without `l2` there. A sweep whose
    changes of the gradient are all at most `small` is the last one. Returns the number of sweeps.
    """
    m = u.shape[0]
    for sweep in range(max_sweeps):
        largest = 0.0
        for j in range(m):
            bend = H[j, j] + l2[j]
            if bend <= 0.0:
                continue
            old = u[j]
            pull = H[j, j] * old - g[j]
            size = abs(pull) - l1[j]
            new = 0.0
            if size > 0.0:
                new = size / bend if pull > 0.0 else -size / bend
            change = new - old
            if change != 0.0:
                u[j] = new
                for i in range(m):
                    g[i] += H[j, i] * change
                largest = max(largest, abs(change) * bend)
        if largest <= small:
            return sweep + 1
    return max_sweeps


@functools.cache
def quadratic_descent() -> Any:
    """Return `descend`, compiled."""
    T = kernel_types(np.dtype(np.float64))
    vectors = (T.vector, T.vector, T.vector_in, T.vector_in)
    signature = types.int64(T.matrix_in, *vectors, types.float64, types.int64)
    return compiled_kernel(__name__, signature, "descend")
