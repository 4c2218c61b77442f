"""The epoch kernel for CSR rows: the cost of a batch follows its non-zeros."""

import functools
from enum import IntEnum
from typing import Any

import numpy as np
from numba import njit, types

from sgdkit.kernels.abi import FASTMATH, kernel_types
from sgdkit.kernels.batches import add_magnitude, clip_gradient, clip_listed, drop_noise, next_batch
from sgdkit.kernels.generate import compiled_kernel
from sgdkit.kernels.pointers import as_catch_up, as_loss, as_update, as_update_touched, borrow

__all__ = ("Move", "csr_epoch", "csr_scratch")


class Move(IntEnum):
    """Which weights a batch moves."""

    EVERY_COORDINATE = 0  # all of them
    TOUCHED = 1  # those with a non-zero in the batch; the others would not move
    TOUCHED_WITH_MISSED_STEPS = 2  # the same, after replaying the steps each of them missed
    TOUCHED_WITH_PENALTY_OWED = 3  # the same; what the penalty does to a weight waits for its next visit
    TOUCHED_UNDER_SCALE = 4  # those; one number, by which all are multiplied, carries the penalty

    @property
    def replays(self) -> bool:
        """Whether weights are brought up to date before they are read."""
        return self in (Move.TOUCHED_WITH_MISSED_STEPS, Move.TOUCHED_WITH_PENALTY_OWED)


# Plain numbers, as the compiled kernel takes them.
_EVERY, _MISSED, _OWED, _SCALED = (
    int(move)
    for move in (
        Move.EVERY_COORDINATE,
        Move.TOUCHED_WITH_MISSED_STEPS,
        Move.TOUCHED_WITH_PENALTY_OWED,
        Move.TOUCHED_UNDER_SCALE,
    )
)

TILE = 256  # coordinates that are caught up side by side

_compile = njit(nogil=True, error_model="numpy", fastmath=FASTMATH, forceinline=True)

# Everything that indexes is unsigned: for a signed index Numba tests for "counted from the end" each
# time, which took as long as the arithmetic.


@_compile
def _span(indptr, row):
    """Return where the non-zeros of a row begin and end."""
    at = np.uintp(row)
    return np.uintp(indptr[at]), np.uintp(indptr[at + np.uintp(1)])


@_compile
def _list_touched(indices, indptr, rows, m, n_outputs, clock, replays, owed, last, touched, missed):
    """List the coordinates of these rows, each once, and how many steps each of them missed.

    `clock` is the number of this batch in the epoch, from 1, and `last` that of the batch which last
    moved a feature, 0 for none; the penalty's part of that step counts as missed where it is `owed`
    (1, otherwise 0). Return the number of coordinates.
    """
    n = np.uintp(0)
    for i in range(m):
        start, stop = _span(indptr, rows[i])
        if n_outputs == 1 and m == 1 and not replays:
            for p in range(start, stop):
                touched[n] = indices[p]
                n += np.uintp(1)
        elif n_outputs == 1:
            for p in range(start, stop):
                # No branch: whether a feature is new is a coin toss that no predictor wins.
                j = np.uintp(indices[p])
                before = last[j]
                last[j] = clock
                touched[n] = indices[p]
                missed[n] = clock - np.int32(1) - before + min(before, owed)
                n += np.uintp(before != clock)
        else:
            for p in range(start, stop):
                j = np.uintp(indices[p])
                before = last[j]
                last[j] = clock
                if before != clock:
                    for k in range(n_outputs):
                        touched[n] = np.int32(indices[p] * n_outputs + k)
                        missed[n] = clock - np.int32(1) - before + min(before, owed)
                        n += np.uintp(1)
    return np.int64(n)


@_compile
def _predict(data, indices, indptr, rows, m, w, scale, raw):
    n_outputs = raw.shape[1]
    bias_at = w.shape[0] - n_outputs
    for i in range(m):
        start, stop = _span(indptr, rows[i])
        if n_outputs == 1:
            z = 0 * w[bias_at]
            for p in range(start, stop):
                z += data[p] * w[np.uintp(indices[p])]
            raw[i, 0] = scale * z + w[bias_at]
        else:
            for k in range(n_outputs):
                raw[i, k] = 0
            for p in range(start, stop):
                x = data[p]
                base = np.int64(indices[p]) * n_outputs
                for k in range(n_outputs):
                    raw[i, k] += x * w[base + k]
            for k in range(n_outputs):
                raw[i, k] = scale * raw[i, k] + w[bias_at + k]


@_compile
def _add_gradient(data, indices, indptr, rows, m, slope, g):
    n_outputs = slope.shape[1]
    bias_at = g.shape[0] - n_outputs
    for i in range(m):
        start, stop = _span(indptr, rows[i])
        if n_outputs == 1:
            c = slope[i, 0]
            g[bias_at] += c
            for p in range(start, stop):
                g[np.uintp(indices[p])] += c * data[p]
        else:
            for k in range(n_outputs):
                g[bias_at + k] += slope[i, k]
            for p in range(start, stop):
                x = data[p]
                base = np.int64(indices[p]) * n_outputs
                for k in range(n_outputs):
                    g[base + k] += x * slope[i, k]


@_compile
def _keep_within(touched, n, bounds, w):
    """Move the coefficients of a list into their bounds, if there are any; NaN stays NaN."""
    if bounds.shape[1] == 0:
        return
    for i in range(np.uintp(n)):
        j = np.uintp(touched[i])
        if w[j] < bounds[0, j]:
            w[j] = bounds[0, j]
        elif w[j] > bounds[1, j]:
            w[j] = bounds[1, j]


def epoch(
    data, indices, indptr, n_features, y, weight, mean_weight, runs, edges, lanes, batch_size,
    w, slots, hyper, units, stride, lr, t, l1, l2, n_outputs, fit_intercept, bounds, move, common_step,
    loss_hyper, loss_address, update_address, update_touched_address, catch_up_address, clip, report,
    rows, offsets, cursor, y_batch, weight_batch, raw, slope, g, magnitude, last, touched, missed, tile,
):  # fmt: skip
    """Run one epoch; the same contract as the dense kernel's, with a `Move`.

    The unit of coordinate j is ``units[j * stride]``. The last line of arguments is working
    memory, see `csr_scratch`; `g` is zero before and after. `common_step` is read under a scale only.
    """
    loss, update = as_loss(loss_address, w), as_update(update_address, w)
    update_touched = as_update_touched(update_touched_address, w)
    catch_up = as_catch_up(catch_up_address, w)
    data, indices, indptr = borrow(data), borrow(indices), borrow(indptr)
    y, weight, runs, edges = borrow(y), borrow(weight), borrow(runs), borrow(edges)
    w, slots, hyper, units = borrow(w), borrow(slots), borrow(hyper), borrow(units)
    loss_hyper, report, bounds = borrow(loss_hyper), borrow(report), borrow(bounds)
    rows, offsets, cursor, y_batch = borrow(rows), borrow(offsets), borrow(cursor), borrow(y_batch)
    weight_batch, raw, slope, g = borrow(weight_batch), borrow(raw), borrow(slope), borrow(g)
    magnitude, last, touched, missed = borrow(magnitude), borrow(last), borrow(touched), borrow(missed)
    tile, clip = borrow(tile), borrow(clip)
    cursor[:] = 0
    magnitude[:] = 0
    last[:] = 0
    n_targets = y_batch.shape[0] // weight_batch.shape[0]
    replays = move in (_MISSED, _OWED)
    # With a scale, coefficients are scale * w, and a step of the penalty divides the scale alone.
    scale = 1.0
    shrinkage = 1.0 / (1.0 + common_step * lr * l2) if move == _SCALED else 1.0
    # Within bounds the penalty's part cannot wait: what it does depends on where the bounds cut.
    bounded = bounds.shape[1] > 0
    owed = np.int32(1 if move == _OWED and not bounded else 0)
    n_penalised = n_features * n_outputs
    n_moving = n_penalised + n_outputs if fit_intercept else n_penalised
    clock = 0
    m = next_batch(runs, edges, lanes, batch_size, cursor, rows, 0, offsets)
    while m > 0:
        clock += 1
        share = 1.0 / (m * mean_weight)
        for i in range(m):
            y_batch[i] = y[rows[i]]
            weight_batch[i] = share
            if weight.shape[0] > 0:
                weight_batch[i] *= weight[rows[i]]
        if n_targets > 1:
            for i in range(m):
                for c in range(n_targets):
                    y_batch[i * n_targets + c] = y[rows[i] * n_targets + c]
        n = 0
        if move != _EVERY:
            n = _list_touched(
                indices, indptr, rows, m, n_outputs, np.int32(clock), replays, owed, last, touched, missed
            )
        if replays:
            catch_up(touched, missed, n, w, slots, hyper, units, stride, lr, float(t), l1, l2, tile)
            _keep_within(touched, n, bounds, w)
        _predict(data, indices, indptr, rows, m, w, scale, raw)
        value = loss(raw, y_batch, weight_batch, m, loss_hyper, offsets, cursor[3], slope)
        if not np.isfinite(value):
            report[3] = 1.0
            clock -= 1
            break
        report[0] += value * m
        report[2] += 1.0
        t += 1
        _add_gradient(data, indices, indptr, rows, m, slope, g)
        add_magnitude(slope, m, magnitude)
        drop_noise(g, n_penalised, magnitude)
        if move != _EVERY:
            report[1] += clip_listed(g, touched, n, n_penalised, n_moving, clip)
            # The rate of an unscaled weight. A common step is proportional to the rate.
            report[1] += update_touched(
                touched, n, w, g, slots, hyper, units, stride, w.dtype.type(lr / scale), float(t), n_penalised
            )
            if bounded and move == _OWED:
                for i in range(n):
                    missed[i] = 1
                catch_up(touched, missed, n, w, slots, hyper, units, stride, lr, float(t), l1, l2, tile)
            _keep_within(touched, n, bounds, w)
            if fit_intercept:
                for k in range(n_outputs):
                    touched[k] = np.int32(n_penalised + k)
                report[1] += update_touched(
                    touched, n_outputs, w, g, slots, hyper, units, stride, lr, float(t), n_penalised
                )
            for k in range(n_penalised, g.shape[0]):
                g[k] = 0
            scale *= shrinkage
            if scale < 1e-9:  # long before a weight could overflow
                for j in range(n_penalised):
                    w[j] *= scale
                scale = 1.0
        else:
            report[1] += clip_gradient(g, n_moving, clip)
            report[1] += update(
                w, g, n_moving, slots, hyper, units, lr, float(t), l1, l2, n_penalised, bounds
            )
            g[:] = 0
        m = next_batch(runs, edges, lanes, batch_size, cursor, rows, 0, offsets)
    for j in range(n_penalised if scale != 1.0 else 0):
        w[j] *= scale
    if replays:
        n = 0
        for j in range(n_features):
            for k in range(n_outputs):
                touched[n] = np.int32(j * n_outputs + k)
                missed[n] = np.int32(clock - last[j] + min(last[j], owed))
                n += 1
            if n + n_outputs > missed.shape[0] or j == n_features - 1:
                catch_up(touched, missed, n, w, slots, hyper, units, stride, lr, float(t), l1, l2, tile)
                _keep_within(touched, n, bounds, w)
                n = 0
    return t


def csr_scratch(
    dtype: np.dtype,
    capacity: int,
    batch_nnz: int,
    n_features: int,
    n_outputs: int,
    n_targets: int,
    n_slots: int,
    move: Move,
) -> tuple:
    """Return the working memory of `epoch` for batches of up to `capacity` rows and `batch_nnz` non-zeros."""
    listed = 0 if move is Move.EVERY_COORDINATE else (batch_nnz + 1) * n_outputs
    return (
        np.empty(capacity, np.int64),
        np.zeros(capacity + 1, np.int64),
        np.zeros(4, np.int64),
        np.empty(capacity * n_targets, dtype),
        np.empty(capacity, dtype),
        np.empty((capacity, n_outputs), dtype),
        np.empty((capacity, n_outputs), dtype),
        np.zeros((n_features + 1) * n_outputs, dtype),
        np.zeros(n_outputs, dtype),
        np.zeros(n_features if listed else 0, np.int32),
        np.empty(listed, np.int32),
        np.empty(listed, np.int32),
        np.empty((3 + n_slots, TILE), dtype),
    )


@functools.cache
def csr_epoch(dtype: np.dtype, index_dtype: np.dtype) -> Any:
    """Return the compiled epoch kernel for CSR rows of `dtype` and an integer `index_dtype`."""
    T = kernel_types(dtype)
    index = types.int32 if np.dtype(index_dtype) == np.int32 else types.int64
    integers = types.Array(index, 1, "C", readonly=True)
    rows = (T.vector_in, integers, integers, types.int64, T.vector_in, T.vector_in, types.float64)
    order = (T.integers_in, T.integers_in, types.int64, types.int64)
    state = (T.vector, T.matrix, T.doubles, T.vector, types.uintp)
    step = (T.scalar, types.int64, T.scalar, T.scalar, types.int64, types.boolean, T.matrix)
    way = (types.int64, types.float64)
    parts = (T.doubles, types.int64, types.int64, types.int64, types.int64)
    buffers = (T.integers, T.integers, T.integers, T.vector, T.vector, T.matrix, T.matrix, T.vector, T.vector)
    lists = (*(types.Array(types.int32, 1, "C"),) * 3, T.matrix)
    signature = types.int64(
        *rows, *order, *state, *step, *way, *parts, T.doubles, T.doubles, *buffers, *lists
    )  # fmt: skip
    return compiled_kernel(__name__, signature)
