"""The epoch kernel for CSR rows: the cost of a batch follows its non-zeros."""

import functools
from enum import IntEnum
from typing import Any

import numpy as np
from numba import njit, types

from sgdkit.kernels.abi import FASTMATH, TILE, TILE_ROWS, kernel_types
from sgdkit.kernels.batches import (
    add_magnitude,
    clip_gradient,
    clip_listed,
    clips,
    drop_noise,
    next_batch,
    prefetch,
)
from sgdkit.kernels.generate import compiled_kernel
from sgdkit.kernels.memory import working_memory
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

# Rows are asked for from memory while those before them in the queue are worked on: the hardware cannot
# foresee where the next one begins. The queue holds so many rows at least, and so many bytes are on the way.
QUEUE = 64
BYTES_AHEAD = 24 * 1024

_compile = njit(nogil=True, error_model="numpy", fastmath=FASTMATH, forceinline=True)

# Everything that indexes is unsigned: for a signed index Numba tests for "counted from the end" each
# time, which took as long as the arithmetic.


@_compile
def _span(indptr, row):
    """Return where the non-zeros of a row begin and end."""
    at = np.uintp(row)
    return np.uintp(indptr[at]), np.uintp(indptr[at + np.uintp(1)])


@_compile
def _rows_ahead(data, indices, indptr):
    """Return how many rows further down the queue to ask for."""
    size = (data.itemsize + indices.itemsize) * (indptr[indptr.shape[0] - 1] // max(indptr.shape[0] - 1, 1))
    return max(min(QUEUE // 2, BYTES_AHEAD // max(size, 1)), 1)


@_compile
def _ask_for(data, indices, indptr, y, rows, at, ahead, queued):
    """Start loading the row `ahead` of one place of the queue, and twice as far ahead where it is."""
    if at + ahead < queued:
        row = np.uintp(rows[at + ahead])
        start, stop = _span(indptr, row)
        prefetch(data, start, stop)
        prefetch(indices, start, stop)
        prefetch(y, row, row + np.uintp(1))
    if at + 2 * ahead < queued:
        row = np.uintp(rows[at + 2 * ahead])
        prefetch(indptr, row, row + np.uintp(1))


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
def _list_touched(
    indices, indptr, rows, first, m, centred, n_outputs, clock, replays, owed, last, touched, missed,
    data, y, ahead, queued,
):  # fmt: skip
    """List the coordinates of a batch and of centred columns, each once, and how many steps they missed.

    The batch is the rows ``first`` to ``first + m`` of the queue.

    `clock` is the number of this batch in the epoch, from 1, and `last` that of the batch which last
    moved a feature, 0 for none; the penalty's part of that step counts as missed where it is `owed`
    (1, otherwise 0). Return the number of coordinates.
    """
    n = np.uintp(0)
    for i in range(first, first + m):
        _ask_for(data, indices, indptr, y, rows, i, ahead, queued)
        start, stop = _span(indptr, rows[i])
        if n_outputs == 1 and m == 1 and not replays and centred.shape[0] == 0:
            for p in range(stop - start):
                touched[p] = indices[start + p]
            n = stop - start
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
def _predict(data, indices, indptr, rows, first, m, w, pitch, bias_at, scale, raw):
    n_outputs = raw.shape[1]
    for i in range(m):
        start, stop = _span(indptr, rows[first + i])
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
def _add_gradient(data, indices, indptr, rows, first, m, slope, g, pitch, bias_at):
    n_outputs = slope.shape[1]
    for i in range(m):
        start, stop = _span(indptr, rows[first + i])
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
def _scale_row(data, start, size, slope, tile):
    """Write a stretch of a row, times its slope, to the tile's first row."""
    for i in range(np.uintp(size)):
        tile[i] = slope * data[np.uintp(start) + i]


@_compile
def _take_gradient(touched, start, size, g, pitch, tile):
    """Move the gradient of a stretch of the list to the tile's first row."""
    for i in range(np.uintp(size)):
        at = np.uintp(touched[np.uintp(start) + i]) * pitch
        tile[i] = g[at]
        g[at] = 0


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
    rows, offsets, offsets_after, cursor, y_batch, weight_batch, raw, slope, g, magnitude,
    last, touched, missed, cells, tile,
):  # fmt: skip
    """Run one epoch; the same contract as the dense kernel's, with a `Move`.

    `centred` lists the columns from which `center` is subtracted. The unit of coordinate j is
    ``units[j * stride]``, and its inverse comes next. The last lines of arguments are working memory, see
    `csr_scratch`; `g` is zero before and after. `common_step` is read under a scale only.
    Where a batch moves only what it touches, weights and state are in `cells` meanwhile, a cell for each
    coordinate. The gradient of a batch of one row is the row itself, so that it is never stored.
    """
    loss, update = as_loss(loss_address, w), as_update(update_address, w)
    update_touched = as_update_touched(update_touched_address, w)
    catch_up = as_catch_up(catch_up_address, w)
    data, indices, indptr = borrow(data), borrow(indices), borrow(indptr)
    centred, center = borrow(centred), borrow(center)
    y, weight, runs, edges = borrow(y), borrow(weight), borrow(runs), borrow(edges)
    w, slots, hyper, units = borrow(w), borrow(slots), borrow(hyper), borrow(units)
    loss_hyper, report, bounds = borrow(loss_hyper), borrow(report), borrow(bounds)
    rows, offsets, offsets_after, cursor = (
        borrow(rows),
        borrow(offsets),
        borrow(offsets_after),
        borrow(cursor),
    )
    y_batch, weight_batch = borrow(y_batch), borrow(weight_batch)
    raw, slope, g = borrow(raw), borrow(slope), borrow(g)
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
    row_by_row = move != _EVERY and n_outputs == 1 and centred.shape[0] == 0 and not clips(clip)
    queue = rows.shape[0] // 2 if lanes > 0 else batch_size
    ahead = _rows_ahead(data, indices, indptr)
    clock = 0
    broken = False
    n_rows = next_batch(runs, edges, lanes, queue, cursor, rows, 0, offsets)
    while n_rows > 0 and not broken:
        n_groups = cursor[3]
        n_after = next_batch(runs, edges, lanes, queue, cursor, rows, n_rows, offsets_after)
        queued = n_rows + n_after
        for first in range(0, n_rows, batch_size if lanes > 0 else n_rows):
            m = min(batch_size, n_rows - first) if lanes > 0 else n_rows
            alone = row_by_row and m == 1
            clock += 1
            share = 1.0 / (m * mean_weight)
            for i in range(m):
                y_batch[i] = y[rows[first + i]]
                weight_batch[i] = share
                if weight.shape[0] > 0:
                    weight_batch[i] *= weight[rows[first + i]]
            if n_targets > 1:
                for i in range(m):
                    for c in range(n_targets):
                        y_batch[i * n_targets + c] = y[rows[first + i] * n_targets + c]
            n = 0
            if move != _EVERY:
                n = _list_touched(
                    indices, indptr, rows, first, m, centred, n_outputs, np.int32(clock), replays, owed, last,
                    touched, missed, data, y, ahead, queued,
                )  # fmt: skip
            else:
                for i in range(first, first + m):
                    _ask_for(data, indices, indptr, y, rows, i, ahead, queued)
            if replays:
                catch_up(touched, missed, n, cells, pitch, hyper, units, stride, lr, float(t), l1, l2, tile)
                _keep_within(touched, n, bounds, cells, pitch)
            _predict(data, indices, indptr, rows, first, m, weights, pitch, bias_at, scale, raw)
            _subtract_centers(centred, center, weights, pitch, scale, m, raw)
            value = loss(raw, y_batch, weight_batch, m, loss_hyper, offsets, n_groups, slope)
            if not np.isfinite(value):
                report[3] = 1.0
                clock -= 1
                broken = True
                break
            report[0] += value * m
            report[2] += 1.0
            t += 1
            add_magnitude(slope, m, magnitude)
            if alone:
                gradients[bias_at] += slope[0, 0]
            else:
                _add_gradient(data, indices, indptr, rows, first, m, slope, gradients, pitch, bias_at)
            drop_noise(gradients, bias_at, pitch, magnitude)
            _center_gradient(centred, center, n_outputs, gradients, pitch, bias_at)
            if move != _EVERY:
                report[1] += clip_listed(gradients, pitch, touched, n, n_penalised, n_moving, clip)
                rate = w.dtype.type(lr / scale)  # of an unscaled weight; a common step is proportional to it
                row_at = indptr[rows[first]]
                for start in range(0, n, TILE):
                    size = min(TILE, n - start)
                    if alone:
                        _scale_row(data, row_at + start, size, slope[0, 0], tile)
                    else:
                        _take_gradient(touched, start, size, gradients, pitch, tile)
                    report[1] += update_touched(
                        touched, start, size, cells, pitch, hyper, units, stride, rate, float(t), n_penalised,
                        tile,
                    )  # fmt: skip
                if bounded and move == _OWED:
                    for i in range(n):
                        missed[i] = 1
                    catch_up(
                        touched, missed, n, cells, pitch, hyper, units, stride, lr, float(t), l1, l2, tile
                    )
                _keep_within(touched, n, bounds, cells, pitch)
                for start in range(0, n_outputs, TILE):
                    size = min(TILE, n_outputs - start)
                    for k in range(size):
                        touched[k] = np.int32(n_penalised + start + k)
                    _take_gradient(touched, 0, size, gradients, pitch, tile)
                    if fit_intercept:
                        report[1] += update_touched(
                            touched, 0, size, cells, pitch, hyper, units, stride, lr, float(t), n_penalised,
                            tile,
                        )  # fmt: skip
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
        for i in range(n_after):
            rows[i] = rows[n_rows + i]
        offsets, offsets_after = offsets_after, offsets
        n_rows = n_after
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
    whole_runs: bool,
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
    # Whole batches, or one that takes whole queries.
    queue = capacity if whole_runs else capacity * max(QUEUE // capacity, 1)
    pitch = 0 if every else 2 + n_slots + (move is Move.TOUCHED_WITH_PENALTY_OWED)
    room = working_memory
    return (
        room(2 * queue, np.int64),  # rows of this queue and of the next
        room(capacity + 1, np.int64),
        room(capacity + 1, np.int64),
        room(4, np.int64),
        room(capacity * n_targets, dtype),
        room(capacity, dtype),
        room((capacity, n_outputs), dtype),
        room((capacity, n_outputs), dtype),
        room(n_weights if every else 0, dtype),
        room(n_outputs, dtype),
        room(n_features if listed else 0, np.int32),
        room(listed, np.int32),
        room(listed, np.int32),
        room(n_weights * pitch, dtype),
        room((TILE_ROWS + n_slots) * TILE, dtype),
    )


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
    buffers = (*(T.integers,) * 4, T.vector, T.vector, T.matrix, T.matrix, T.vector, T.vector)
    lists = (*(types.Array(types.int32, 1, "C"),) * 3, T.vector, T.vector)
    signature = types.int64(
        *rows, *order, *state, *step, *way, *parts, T.doubles, T.doubles, *buffers, *lists
    )  # fmt: skip
    return compiled_kernel(__name__, signature)
