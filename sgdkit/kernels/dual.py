"""One sweep of dual coordinate ascent over the rows: the inner loop of `SDCA`.

`proximal_slope` is that of the loss; its compiled form is put into the module when the kernel is built.
"""

import functools
from typing import Any

import numpy as np
from numba import types

from sgdkit.kernels.abi import kernel_types
from sgdkit.kernels.generate import compiled_kernel
from sgdkit.kernels.instructions import prefetch
from sgdkit.losses.base import Loss

__all__ = ("csr_sweep", "csr_sweep_kernel", "dense_sweep", "dense_sweep_kernel")

proximal_slope: Any = None
# Sweeps that a row sits out at most. Most rows end on a bound of their slope, where they only cost time.
LONGEST_REST = 15
# Rows are asked for from memory so many places before their turn: the order is random.
AHEAD = 4


def dense_sweep(X, center, order, y, share, norms, hyper, l2, stretch, w, b, slope, rest, left):
    """Move the slope of each row in turn to the best one for the dual, and with it `w` and `b`.

    `share` are the row weights, `norms` the squared norms of the rows less `center`, and `stretch` is how
    far a unit of slope moves the intercept. A row whose slope stands still is left out of `rest` sweeps,
    twice as many each time, up to `LONGEST_REST`; `left` counts them down.
    """
    n_features = w.shape[0]
    for i in order:
        if left[i] > 0:
            left[i] -= 1
            continue
        z = b[0]
        for j in range(n_features):
            z += (X[i, j] - center[j]) * w[j]
        q = share[i] * (norms[i] / l2 + stretch)
        new = proximal_slope(z + q * slope[i], y[i], q, hyper)
        change = share[i] * (new - slope[i])
        if change != 0.0:
            rest[i] = 0
            slope[i] = new
            for j in range(n_features):
                w[j] -= change / l2 * (X[i, j] - center[j])
            b[0] -= change * stretch
        else:
            rest[i] = min(2 * rest[i] + 1, LONGEST_REST)
            left[i] = rest[i]


def csr_sweep(data, indices, indptr, order, y, share, norms, hyper, l2, stretch, w, b, slope, rest, left):
    """Do the same for sparse rows, which are not centred."""
    for place in range(order.shape[0]):
        if place + AHEAD < order.shape[0]:
            later = np.uintp(order[place + AHEAD])
            if left[later] == 0:
                begin, end = indptr[later], indptr[later + np.uintp(1)]
                prefetch(data, begin, end)
                prefetch(indices, begin, end)
        # Unsigned, like everything that indexes; see the kernel of sparse epochs.
        i = np.uintp(order[place])
        if left[i] > 0:
            left[i] -= 1
            continue
        start, stop = np.uintp(indptr[i]), np.uintp(indptr[i + np.uintp(1)])
        z = b[0]
        for at in range(start, stop):
            z += data[at] * w[np.uintp(indices[at])]
        q = share[i] * (norms[i] / l2 + stretch)
        new = proximal_slope(z + q * slope[i], y[i], q, hyper)
        change = share[i] * (new - slope[i])
        if change != 0.0:
            rest[i] = 0
            slope[i] = new
            step = change / l2
            for at in range(start, stop):
                w[np.uintp(indices[at])] -= step * data[at]
            b[0] -= change * stretch
        else:
            rest[i] = min(2 * rest[i] + 1, LONGEST_REST)
            left[i] = rest[i]


def _kernel(rows: tuple, function: str, loss: type[Loss]) -> Any:
    T = kernel_types(np.dtype(np.float64))
    hyper = types.UniTuple(types.float64, len(loss.hyper)) if loss.hyper else types.Tuple(())
    signature = types.void(
        *rows, T.integers_in, T.vector_in, T.vector_in, T.vector_in, hyper, types.float64, types.float64,
        T.vector, T.vector, T.vector, T.integers, T.integers,
    )  # fmt: skip
    slope = loss.function("proximal_slope")
    assert slope is not None  # the solver refuses losses without one
    return compiled_kernel(__name__, signature, function, {"proximal_slope": slope})


@functools.cache
def dense_sweep_kernel(loss: Any, dtype: np.dtype) -> Any:
    """Return `dense_sweep` for a class of losses and rows of `dtype`."""
    doubles = kernel_types(np.dtype(np.float64)).vector_in
    return _kernel((kernel_types(dtype).matrix_in, doubles), "dense_sweep", loss)


@functools.cache
def csr_sweep_kernel(loss: Any, dtype: np.dtype, index_dtype: np.dtype) -> Any:
    """Return `csr_sweep` for a class of losses, rows of `dtype` and an integer `index_dtype`."""
    index = types.int32 if np.dtype(index_dtype) == np.int32 else types.int64
    integers = types.Array(index, 1, "C", readonly=True)
    return _kernel((kernel_types(dtype).vector_in, integers, integers), "csr_sweep", loss)
