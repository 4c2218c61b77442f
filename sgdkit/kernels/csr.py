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
def _list_feature(feature, n_outputs, clock, owed, last, touched, missed, n):
    """Add the coordinates of a feature to a list of `n`, unless this batch has them already."""
    j = np.uintp(feature)
    before = last[j]
    last[j] = clock
    if before != clock:
        for k in range(n_outputs):
            touched[n] = np.int32(feature * n_outputs + k)
            missed[n] = clock - np.int32(1) - before + min(before, owed)
            n += np.uintp(1)
    return n


@_compile
def _list_touched(indices, indptr, rows, m, centred, n_outputs, clock, replays, owed, last, touched, missed):
    """List the coordinates of these rows and of centred columns, each once, and how many steps they missed.

    `clock` is the number of this batch in the epoch, from 1, and `last` that of the batch which last
    moved a feature, 0 for none; the penalty's part of that step counts as missed where it is `owed`
    (1, otherwise 0). Return the number of coordinates.
    """
    n = np.uintp(0)
    for i in range(m):
        start, stop = _span(indptr, rows[i])
        if n_outputs == 1 and m == 1 and not replays and centred.shape[0] == 0:
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
                n = _list_feature(indices[p], n_outputs, clock, owed, last, touched, missed, n)
    for i in range(np.uintp(centred.shape[0])):
        n = _list_feature(centred[i], n_outputs, clock, owed, last, touched, missed, n)
    return np.int64(n)


@_compile
def _subtract_centers(centred, center, w, pitch, scale, m, raw):
    """Take the centred columns' part off the raw predictions of raw rows."""
    n_outputs = np.uintp(raw.shape[1])
    for k in range(n_outputs if centred.shape[0] > 0 else np.uintp(0)):
        off = 0 * w[0]
        for i in range(np.uintp(centred.shape[0])):
            j = np.uintp(centred[i])
            off += center[j] * w[(j * n_outputs + k) * pitch]
        for i in range(m):
            raw[i, k] -= scale * off


@_compile
def _center_gradient(centred, center, n_outputs, g, pitch, bias_at):
    """Take the centre, times the sum of the slopes that the intercept has, off the gradient of raw rows."""
    for i in range(np.uintp(centred.shape[0])):
        j = np.uintp(centred[i])
        for k in range(np.uintp(n_outputs)):
            g[(j * np.uintp(n_outputs) + k) * pitch] -= center[j] * g[bias_at + k * pitch]


@_compile
def _predict(data, indices, indptr, rows, m, w, pitch, bias_at, scale, raw):
    n_outputs = raw.shape[1]
    for i in range(m):
        start, stop = _span(indptr, rows[i])
        if n_outputs == 1:
            z = 0 * w[bias_at]
            for p in range(start, stop):
                z += data[p] * w[np.uintp(indices[p]) * pitch]
            raw[i, 0] = scale * z + w[bias_at]
        else:
            for k in range(n_outputs):
                raw[i, k] = 0
            for p in range(start, stop):
                x = data[p]
                base = np.uintp(indices[p]) * np.uintp(n_outputs)
                for k in range(np.uintp(n_outputs)):
                    raw[i, k] += x * w[(base + k) * pitch]
            for k in range(np.uintp(n_outputs)):
                raw[i, k] = scale * raw[i, k] + w[bias_at + k * pitch]


@_compile
def _add_gradient(data, indices, indptr, rows, m, slope, g, pitch, bias_at):
    n_outputs = slope.shape[1]
    for i in range(m):
        start, stop = _span(indptr, rows[i])
        if n_outputs == 1:
            c = slope[i, 0]
            g[bias_at] += c
            for p in range(start, stop):
                g[np.uintp(indices[p]) * pitch] += c * data[p]
        else:
            for k in range(np.uintp(n_outputs)):
                g[bias_at + k * pitch] += slope[i, k]
            for p in range(start, stop):
                x = data[p]
                base = np.uintp(indices[p]) * np.uintp(n_outputs)
                for k in range(np.uintp(n_outputs)):
                    g[(base + k) * pitch] += x * slope[i, k]


@_compile
def _keep_within(touched, n, bounds, w, pitch):
    """Move the coefficients of a list into their bounds, if there are any; NaN stays NaN."""
    if bounds.shape[1] == 0:
        return
    for i in range(np.uintp(n)):
        j = np.uintp(touched[i])
        at = j * pitch
        if w[at] < bounds[0, j]:
            w[at] = bounds[0, j]
        elif w[at] > bounds[1, j]:
            w[at] = bounds[1, j]


@_compile
def _fill_cells(cells, pitch, w, slots):
    for j in range(np.uintp(w.shape[0])):
        at = j * pitch
        cells[at] = w[j]
        cells[at + np.uintp(1)] = 0
        for s in range(np.uintp(slots.shape[0])):
            cells[at + np.uintp(2) + s] = slots[s, j]


@_compile
def _empty_cells(cells, pitch, scale, n_scaled, w, slots):
    for j in range(np.uintp(w.shape[0])):
        at = j * pitch
        w[j] = scale * cells[at] if j < np.uintp(n_scaled) else cells[at]
        for s in range(np.uintp(slots.shape[0])):
            slots[s, j] = cells[at + np.uintp(2) + s]


def epoch(
    data, indices, indptr, n_features, centred, center, y, weight, mean_weight, runs, edges, lanes,
    batch_size,
    w, slots, hyper, units, stride, lr, t, l1, l2, n_outputs, fit_intercept, bounds, move, common_step,
    loss_hyper, loss_address, update_address, update_touched_address, catch_up_address, clip, report,
    rows, offsets, cursor, y_batch, weight_batch, raw, slope, g, magnitude, last, touched, missed, cells,
    tile,
):  # fmt: skip
    """Run one epoch; the same contract as the dense kernel's, with a `Move`.

    `centred` lists the columns from which `center` is subtracted. The unit of coordinate j is
    ``units[j * stride]``, and its inverse comes next. The last lines of arguments are working memory, see
    `csr_scratch`; `g` is zero before and after. `common_step` is read under a scale only.
    Where a batch moves only what it touches, weights and state are in `cells` meanwhile, a cell for each
    coordinate.
    """
    loss, update = as_loss(loss_address, w), as_update(update_address, w)
    update_touched = as_update_touched(update_touched_address, w)
    catch_up = as_catch_up(catch_up_address, w)
    data, indices, indptr = borrow(data), borrow(indices), borrow(indptr)
    centred, center = borrow(centred), borrow(center)
    y, weight, runs, edges = borrow(y), borrow(weight), borrow(runs), borrow(edges)
    w, slots, hyper, units = borrow(w), borrow(slots), borrow(hyper), borrow(units)
    loss_hyper, report, bounds = borrow(loss_hyper), borrow(report), borrow(bounds)
    rows, offsets, cursor, y_batch = borrow(rows), borrow(offsets), borrow(cursor), borrow(y_batch)
    weight_batch, raw, slope, g = borrow(weight_batch), borrow(raw), borrow(slope), borrow(g)
    magnitude, last, touched, missed = borrow(magnitude), borrow(last), borrow(touched), borrow(missed)
    cells, tile, clip = borrow(cells), borrow(tile), borrow(clip)
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
    pitch = np.uintp(1)
    weights, gradients = w, g
    if move != _EVERY:
        pitch = np.uintp(cells.shape[0] // w.shape[0])
        weights, gradients = cells, cells[1:]
        _fill_cells(cells, pitch, w, slots)
    bias_at = np.uintp(n_penalised) * pitch
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
                indices, indptr, rows, m, centred, n_outputs, np.int32(clock), replays, owed, last, touched,
                missed,
            )  # fmt: skip
        if replays:
            catch_up(touched, missed, n, cells, pitch, hyper, units, stride, lr, float(t), l1, l2, tile)
            _keep_within(touched, n, bounds, cells, pitch)
        _predict(data, indices, indptr, rows, m, weights, pitch, bias_at, scale, raw)
        _subtract_centers(centred, center, weights, pitch, scale, m, raw)
        value = loss(raw, y_batch, weight_batch, m, loss_hyper, offsets, cursor[3], slope)
        if not np.isfinite(value):
            report[3] = 1.0
            clock -= 1
            break
        report[0] += value * m
        report[2] += 1.0
        t += 1
        _add_gradient(data, indices, indptr, rows, m, slope, gradients, pitch, bias_at)
        add_magnitude(slope, m, magnitude)
        drop_noise(gradients, bias_at, pitch, magnitude)
        _center_gradient(centred, center, n_outputs, gradients, pitch, bias_at)
        if move != _EVERY:
            report[1] += clip_listed(gradients, pitch, touched, n, n_penalised, n_moving, clip)
            rate = w.dtype.type(lr / scale)  # of an unscaled weight; a common step is proportional to it
            report[1] += update_touched(
                touched, n, cells, pitch, hyper, units, stride, rate, float(t), n_penalised
            )
            if bounded and move == _OWED:
                for i in range(n):
                    missed[i] = 1
                catch_up(touched, missed, n, cells, pitch, hyper, units, stride, lr, float(t), l1, l2, tile)
            _keep_within(touched, n, bounds, cells, pitch)
            if fit_intercept:
                for k in range(n_outputs):
                    touched[k] = np.int32(n_penalised + k)
                report[1] += update_touched(
                    touched, n_outputs, cells, pitch, hyper, units, stride, lr, float(t), n_penalised
                )
            for k in range(np.uintp(n_outputs)):
                gradients[bias_at + k * pitch] = 0
            scale *= shrinkage
            if scale < 1e-9:  # long before a weight could overflow
                for j in range(np.uintp(n_penalised)):
                    cells[j * pitch] *= scale
                scale = 1.0
        else:
            report[1] += clip_gradient(g, n_moving, clip)
            report[1] += update(
                w, g, n_moving, slots, hyper, units, lr, float(t), l1, l2, n_penalised, bounds
            )
            g[:] = 0
        m = next_batch(runs, edges, lanes, batch_size, cursor, rows, 0, offsets)
    if replays:
        n = 0
        for j in range(n_features):
            for k in range(n_outputs):
                touched[n] = np.int32(j * n_outputs + k)
                missed[n] = np.int32(clock - last[j] + min(last[j], owed))
                n += 1
            if n + n_outputs > missed.shape[0] or j == n_features - 1:
                catch_up(touched, missed, n, cells, pitch, hyper, units, stride, lr, float(t), l1, l2, tile)
                _keep_within(touched, n, bounds, cells, pitch)
                n = 0
    if move != _EVERY:
        _empty_cells(cells, pitch, scale, n_penalised, w, slots)
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
    """Return the working memory of `epoch` for batches of up to `capacity` rows and `batch_nnz` non-zeros.

    `batch_nnz` counts the centred columns too.
    """
    every = move is Move.EVERY_COORDINATE
    listed = 0 if every else (batch_nnz + 1) * n_outputs
    n_weights = (n_features + 1) * n_outputs
    pitch = 0 if every else 2 + n_slots + (move is Move.TOUCHED_WITH_PENALTY_OWED)
    return (
        np.empty(capacity, np.int64),
        np.zeros(capacity + 1, np.int64),
        np.zeros(4, np.int64),
        np.empty(capacity * n_targets, dtype),
        np.empty(capacity, dtype),
        np.empty((capacity, n_outputs), dtype),
        np.empty((capacity, n_outputs), dtype),
        np.zeros(n_weights if every else 0, dtype),
        np.zeros(n_outputs, dtype),
        np.zeros(n_features if listed else 0, np.int32),
        np.empty(listed, np.int32),
        np.empty(listed, np.int32),
        _aligned(n_weights * pitch, dtype),
        np.empty((3, TILE), dtype),
    )


def _aligned(n: int, dtype: np.dtype) -> np.ndarray:
    """Return zeros that begin where a cache line does, so that few cells lie across two."""
    whole = np.zeros(n + 64 // dtype.itemsize, dtype)
    start = -whole.ctypes.data % 64 // dtype.itemsize
    return whole[start : start + n]


@functools.cache
def csr_epoch(dtype: np.dtype, index_dtype: np.dtype) -> Any:
    """Return the compiled epoch kernel for CSR rows of `dtype` and an integer `index_dtype`."""
    T = kernel_types(dtype)
    index = types.int32 if np.dtype(index_dtype) == np.int32 else types.int64
    integers = types.Array(index, 1, "C", readonly=True)
    columns = (types.int64, T.integers_in, T.vector_in)
    rows = (T.vector_in, integers, integers, *columns, T.vector_in, T.vector_in, types.float64)
    order = (T.integers_in, T.integers_in, types.int64, types.int64)
    state = (T.vector, T.matrix, T.doubles, T.vector, types.uintp)
    step = (T.scalar, types.int64, T.scalar, T.scalar, types.int64, types.boolean, T.matrix)
    way = (types.int64, types.float64)
    parts = (T.doubles, types.int64, types.int64, types.int64, types.int64)
    buffers = (T.integers, T.integers, T.integers, T.vector, T.vector, T.matrix, T.matrix, T.vector, T.vector)
    lists = (*(types.Array(types.int32, 1, "C"),) * 3, T.vector, T.matrix)
    signature = types.int64(
        *rows, *order, *state, *step, *way, *parts, T.doubles, T.doubles, *buffers, *lists
    )  # fmt: skip
    return compiled_kernel(__name__, signature)
