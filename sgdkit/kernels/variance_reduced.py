"""One sweep of variance-reduced proximal steps over drawn rows: the inner loop of `SAGA` and `SVRG`.

`evaluate` is that of the loss; its compiled form is put into the module when the kernel is built.
"""

import functools
import math
from typing import Any

import numpy as np
from numba import njit, types

from sgdkit.kernels.abi import kernel_types
from sgdkit.kernels.generate import compiled_kernel
from sgdkit.losses.base import Loss

__all__ = ("csr_sweep", "csr_sweep_kernel", "dense_sweep", "dense_sweep_kernel", "glide")

evaluate: Any = None

_compile = njit(nogil=True, error_model="numpy", forceinline=True)


@_compile
def shrunk(u, step, l1, l2):
    """Return the proximal step of ``l1 |u| + l2 u² / 2``."""
    size = abs(u) - step * l1
    if size <= 0.0:
        return 0.0
    return math.copysign(size, u) / (1.0 + step * l2)


@_compile
def glide(u, slope, step, l1, l2, k):
    """Return where `k` steps ``u = shrunk(u - step * slope)`` lead, at a cost that does not grow with `k`.

    On one side of zero a step is an affine map, whose powers are known. At most one step crosses zero; it and
    the steps next to zero are made one by one.
    """
    while k > 0:
        if u == 0.0 and abs(slope) <= l1:
            return 0.0
        toward = (math.copysign(slope, slope * u) if u != 0.0 else -abs(slope)) + l1  # how fast |u| falls
        many = k
        if toward > 0.0:
            left = abs(u) / (step * toward)
            if l2 > 0.0:
                left = math.log1p(abs(u) * l2 / toward) / math.log1p(step * l2)
            many = min(k, max(int(left) - 1, 0)) if left < k + 2.0 else k
        if many > 0 and u != 0.0:
            fading = many * math.log1p(step * l2)
            reach = step * many if l2 == 0.0 else -math.expm1(-fading) / l2
            u = math.copysign(abs(u) * math.exp(-fading) - toward * reach, u)
            k -= many
        if k > 0:
            u = shrunk(u - step * slope, step, l1, l2)
            k -= 1
    return u


def dense_sweep(
    X, center, inverse, order, y, share, chance, hyper, l1, l2, step, keeps, free,
    v, b, slopes, mean, mean_b,
):  # fmt: skip
    """Make a step along each row of `order`, drawn with `chance`, in the variables of the scaled rows.

    `slopes` are the rows' slopes that `mean` and `mean_b`, the gradient of the loss, are made of. With
    `keeps` they follow the present weights (SAGA); otherwise they stay those of a fixed point (SVRG).
    """
    for i in order:
        z = b[0]
        for j in range(v.shape[0]):
            z += (X[i, j] - center[j]) * inverse[j] * v[j]
        change = share[i] * (evaluate(z, y[i], hyper)[1] - slopes[i])
        lift = change / chance[i]
        for j in range(v.shape[0]):
            a = (X[i, j] - center[j]) * inverse[j]
            v[j] = shrunk(v[j] - step * (lift * a + mean[j]), step, l1[j], l2[j])
            if keeps:
                mean[j] += change * a
        if free:
            b[0] -= step * (lift + mean_b[0])
        if keeps:
            slopes[i] += change / share[i]
            mean_b[0] += change


def csr_sweep(
    data, indices, indptr, inverse, order, y, share, chance, hyper, l1, l2, step, keeps, free,
    v, b, slopes, mean, mean_b,
):  # fmt: skip
    """Do the same for sparse rows, which are not centred. A coordinate waits until a row needs it."""
    seen = np.zeros(v.shape[0], np.int64)
    made = 0
    for i in order:
        z = b[0]
        for at in range(indptr[i], indptr[i + 1]):
            j = indices[at]
            v[j] = glide(v[j], mean[j], step, l1[j], l2[j], made - seen[j])
            z += data[at] * inverse[j] * v[j]
        change = share[i] * (evaluate(z, y[i], hyper)[1] - slopes[i])
        lift = change / chance[i]
        made += 1
        for at in range(indptr[i], indptr[i + 1]):
            j = indices[at]
            a = data[at] * inverse[j]
            v[j] = shrunk(v[j] - step * (lift * a + mean[j]), step, l1[j], l2[j])
            seen[j] = made
            if keeps:
                mean[j] += change * a
        if free:
            b[0] -= step * (lift + mean_b[0])
        if keeps:
            slopes[i] += change / share[i]
            mean_b[0] += change
    for j in range(v.shape[0]):
        v[j] = glide(v[j], mean[j], step, l1[j], l2[j], made - seen[j])


def _kernel(rows: tuple, function: str, loss: type[Loss]) -> Any:
    T = kernel_types(np.dtype(np.float64))
    hyper = types.UniTuple(types.float64, len(loss.hyper)) if loss.hyper else types.Tuple(())
    strengths = (T.vector_in, T.vector_in, types.float64, types.boolean, types.boolean)
    signature = types.void(
        *rows, T.vector_in, T.integers_in, T.vector_in, T.vector_in, T.vector_in, hyper, *strengths,
        T.vector, T.vector, T.vector, T.vector, T.vector,
    )  # fmt: skip
    slope = loss.function("evaluate")
    assert slope is not None  # the solver refuses losses that are not added up over rows
    return compiled_kernel(__name__, signature, function, {"evaluate": slope})


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
