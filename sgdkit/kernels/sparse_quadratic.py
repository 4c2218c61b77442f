"""Coordinate descent on a quadratic model of one output, on sparse columns as they are.

No matrix of the columns is formed: a visit of a coordinate costs its non-zeros. The intercept, if there is
one, moves along with each coordinate to where it is best, which is the same as centring the columns by the
row curvatures.
"""

import functools
from typing import Any

import numpy as np
from numba import types

from sgdkit.kernels.abi import kernel_types
from sgdkit.kernels.generate import compiled_kernel

__all__ = ("columns_descent", "descend_columns")


def descend_columns(data, rows, starts, chosen, q, free, r, offset, u, l1, l2, small, leave, max_sweeps):
    """Minimise ``sum_i r_i z_i + q_i z_i² / 2`` plus penalties of ``u + change``, ``z = X change + offset``.

    `data`, `rows` and `starts` are the columns of X (CSC), `chosen` those whose coefficient `u` moves, in
    place; so do `r`, to the gradient but for the offset's part, and `offset`. A coordinate at zero that is
    well inside its l1 strength is left out until the others are done. Ends with a sweep over all whose
    largest subgradient is at most `small` or the share `leave` of the first; returns the number of sweeps.
    """
    m = chosen.shape[0]
    tilt, bend = np.zeros(m), np.zeros(m)
    inverse = 0.0
    if free:
        inverse = 1.0 / max(q.sum(), 1e-300)
        offset[0] = -r.sum() * inverse
    for t in range(m):
        for at in range(starts[chosen[t]], starts[chosen[t] + 1]):
            part = data[at] * q[rows[at]]
            tilt[t] += part
            bend[t] += part * data[at]
        bend[t] = max(bend[t] - tilt[t] * tilt[t] * inverse, 1e-12 * bend[t]) + l2
    active = np.arange(m)
    n_active = m
    enough, margin = -1.0, np.inf
    for sweep in range(max_sweeps):
        worst = 0.0
        whole = n_active == m
        t = 0
        while t < n_active:
            place = active[t]
            j = chosen[place]
            old = u[place]
            g = offset[0] * tilt[place] * free + l2 * old
            for at in range(starts[j], starts[j + 1]):
                g += data[at] * r[rows[at]]
            if old == 0.0:
                if abs(g) < l1 - margin:
                    n_active -= 1
                    active[t] = active[n_active]
                    active[n_active] = place
                    continue
                worst = max(worst, abs(g) - l1)
            else:
                worst = max(worst, abs(g + l1) if old > 0.0 else abs(g - l1))
            t += 1
            if bend[place] <= 0.0:
                continue
            pull = bend[place] * old - g
            size = abs(pull) - l1
            new = 0.0
            if size > 0.0:
                new = size / bend[place] if pull > 0.0 else -size / bend[place]
            change = new - old
            if change != 0.0:
                u[place] = new
                for at in range(starts[j], starts[j + 1]):
                    i = rows[at]
                    r[i] += q[i] * data[at] * change
                offset[0] -= change * tilt[place] * inverse
        if enough < 0.0:
            enough = max(small, leave * worst)
        margin = worst
        if worst <= enough:
            if whole:
                return sweep + 1
            n_active, margin = m, np.inf
    return max_sweeps


@functools.cache
def columns_descent(index_dtype: np.dtype) -> Any:
    """Return `descend_columns`, compiled for columns of float64 and an integer `index_dtype`."""
    T = kernel_types(np.dtype(np.float64))
    index = types.int32 if np.dtype(index_dtype) == np.int32 else types.int64
    integers = types.Array(index, 1, "C", readonly=True)
    signature = types.int64(
        T.vector_in, integers, integers, T.integers_in, T.vector_in, types.float64, T.vector, T.vector,
        T.vector, types.float64, types.float64, types.float64, types.float64, types.int64,
    )  # fmt: skip
    return compiled_kernel(__name__, signature, "descend_columns")
