"""The epoch kernel for CSR rows: the cost of a batch follows its non-zeros.

Where a batch moves only what it touches, the touched coordinates are fetched into a small dense problem of
the layout of the whole one, the intercepts last; penalties make up there what they owe, gradients are summed
there, the same loop as on dense rows moves the weights, and what moved is put back.
"""

import functools
from enum import IntEnum
from typing import Any

import numpy as np
from numba import njit, types

from sgdkit.kernels.abi import FASTMATH, kernel_types
from sgdkit.kernels.batches import add_magnitude, clip_gradient, clips, drop_noise, next_batch
from sgdkit.kernels.generate import compiled_kernel
from sgdkit.kernels.instructions import either, prefetch
from sgdkit.kernels.memory import working_memory
from sgdkit.kernels.pointers import as_catch_up, as_loss, as_update, borrow

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
STRETCH = 256  # cells that stay in the first-level cache while one number after the other is copied

_compile = njit(nogil=True, error_model="numpy", fastmath=FASTMATH, forceinline=True)

# Everything that indexes is unsigned: for a signed index Numba tests for "counted from the end" each
# time, which took as long as the arithmetic.


@_compile
def _span(indptr, row):
    """Return where the non-zeros of a row begin, and their number."""
    at = np.uintp(row)
    start = np.uintp(indptr[at])
    return start, np.uintp(indptr[at + np.uintp(1)]) - start


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
        start, length = _span(indptr, row)
        prefetch(data, start, start + length)
        prefetch(indices, start, start + length)
        prefetch(y, row, row + np.uintp(1))
    if at + 2 * ahead < queued:
        row = np.uintp(rows[at + 2 * ahead])
        prefetch(indptr, row, row + np.uintp(1))


@_compile
def _list_feature(feature, n_outputs, clock, stamps, touched, before, n):
    """Add a feature to a list of `n`, unless this batch has it already; return its place and the new `n`."""
    j = np.uintp(feature)
    stamp = stamps[j]
    if stamp >> 32 == clock:
        return np.int32(stamp), n
    stamps[j] = (np.int64(clock) << 32) | n
    for k in range(n_outputs):
        touched[n * n_outputs + k] = np.int32(feature * n_outputs + k)
        before[n * n_outputs + k] = np.int32(stamp >> 32)
    return np.int32(n), n + 1


@_compile
def _list_batch(
    data, indices, indptr, y, rows, first, m, ahead, queued, centred, n_outputs, clock, stamps,
    touched, before, places, centred_at,
):  # fmt: skip
    """List the coordinates of a batch and of centred columns, each once, with the batch before of each.

    The batch is the rows ``first`` to ``first + m`` of the queue and `clock` its number in the epoch, from 1.
    `stamps` holds for each feature the number of the batch that last moved it, 0 for none, above its place
    in the list of that batch. `places` receives the place of every non-zero, `centred_at` that of every
    centred column. Return the number of features.
    """
    n = np.int64(0)
    p = np.uintp(0)
    now = np.int64(clock) << 32
    for i in range(first, first + m):
        _ask_for(data, indices, indptr, y, rows, i, ahead, queued)
        start, length = _span(indptr, rows[i])
        if n_outputs == 1:
            for q in range(length):
                # No branch: whether a feature is new is a coin toss that no predictor wins.
                j = np.uintp(indices[start + q])
                old = stamps[j]
                new = old < now
                stamp = either(new, now | n, old)
                stamps[j] = stamp
                places[p + q] = np.int32(stamp)
                touched[np.uintp(n)] = np.int32(j)
                before[np.uintp(n)] = np.int32(old >> 32)
                n += np.int64(new)
        else:
            for q in range(length):
                places[p + q], n = _list_feature(
                    indices[start + q], n_outputs, clock, stamps, touched, before, n
                )
        p += length
    for i in range(np.uintp(centred.shape[0])):
        centred_at[i], n = _list_feature(np.int32(centred[i]), n_outputs, clock, stamps, touched, before, n)
    return n


@_compile
def _list_row(indices, start, length, clock, replays, stamps, touched, before):
    """List the features of one row, all of them new, with the batch before where steps are replayed."""
    for q in range(length):
        touched[q] = np.int32(indices[start + q])
    if replays:
        for q in range(length):
            j = np.uintp(touched[q])
            before[q] = np.int32(stamps[j] >> 32)
            stamps[j] = np.int64(clock) << 32


@_compile
def _count_missed(missed, n, clock, owed):
    """Turn the number of the batch before, 0 for none, into that of the steps since.

    The penalty's part of the step of that batch counts as missed where it is `owed` (1, otherwise 0).
    """
    for j in range(np.uintp(n)):
        missed[j] = clock - np.int32(1) - missed[j] + min(missed[j], owed)


@_compile
def _fetch(touched, n, cells, units, stride, some_w, some_slots, some_units):
    """Copy what belongs to the listed coordinates; units only where they differ."""
    width = np.uintp(1 + some_slots.shape[0])
    for first in range(0, n, STRETCH):
        start, stop = np.uintp(first), np.uintp(min(first + STRETCH, n))
        for i in range(start, stop):
            some_w[i] = cells[np.uintp(touched[i]) * width]
        for s in range(np.uintp(some_slots.shape[0])):
            for i in range(start, stop):
                some_slots[s, i] = cells[np.uintp(touched[i]) * width + np.uintp(1) + s]
    if stride > 0:
        for i in range(np.uintp(n)):
            at = np.uintp(touched[i]) * stride
            some_units[np.uintp(2) * i] = units[at]
            some_units[np.uintp(2) * i + np.uintp(1)] = units[at + np.uintp(1)]


@_compile
def _put_back(touched, n, cells, some_w, some_slots):
    width = np.uintp(1 + some_slots.shape[0])
    for first in range(0, n, STRETCH):
        start, stop = np.uintp(first), np.uintp(min(first + STRETCH, n))
        for i in range(start, stop):
            cells[np.uintp(touched[i]) * width] = some_w[i]
        for s in range(np.uintp(some_slots.shape[0])):
            for i in range(start, stop):
                cells[np.uintp(touched[i]) * width + np.uintp(1) + s] = some_slots[s, i]


@_compile
def _predict(data, indptr, rows, first, m, places, of_rows, w, bias_at, scale, raw):
    """Write raw predictions; `places` counts the non-zeros of X, or of the batch if not `of_rows`."""
    n_outputs = raw.shape[1]
    p = np.uintp(0)
    for i in range(m):
        start, length = _span(indptr, rows[first + i])
        at = start if of_rows else p
        if n_outputs == 1:
            z = 0 * w[bias_at]
            for q in range(length):
                z += data[start + q] * w[np.uintp(places[at + q])]
            raw[i, 0] = scale * z + w[bias_at]
        else:
            for k in range(n_outputs):
                raw[i, k] = 0
            for q in range(length):
                x = data[start + q]
                base = np.uintp(places[at + q]) * np.uintp(n_outputs)
                for k in range(np.uintp(n_outputs)):
                    raw[i, k] += x * w[base + k]
            for k in range(np.uintp(n_outputs)):
                raw[i, k] = scale * raw[i, k] + w[bias_at + k]
        p += length


@_compile
def _add_gradient(data, indptr, rows, first, m, places, of_rows, slope, g, bias_at):
    n_outputs = slope.shape[1]
    p = np.uintp(0)
    for i in range(m):
        start, length = _span(indptr, rows[first + i])
        at = start if of_rows else p
        if n_outputs == 1:
            c = slope[i, 0]
            g[bias_at] += c
            for q in range(length):
                g[np.uintp(places[at + q])] += c * data[start + q]
        else:
            for k in range(np.uintp(n_outputs)):
                g[bias_at + k] += slope[i, k]
            for q in range(length):
                x = data[start + q]
                base = np.uintp(places[at + q]) * np.uintp(n_outputs)
                for k in range(np.uintp(n_outputs)):
                    g[base + k] += x * slope[i, k]
        p += length


@_compile
def _predict_row(data, start, length, w, scale, raw):
    z = 0 * w[length]
    for q in range(length):
        z += data[start + q] * w[q]
    raw[0, 0] = scale * z + w[length]


@_compile
def _scale_row(data, start, length, slope, g):
    for q in range(length):
        g[q] = slope * data[start + q]
    g[length] = slope


@_compile
def _subtract_centers(centred, center, centred_at, w, scale, m, raw):
    """Take the centred columns' part off the raw predictions of raw rows."""
    n_outputs = np.uintp(raw.shape[1])
    for k in range(n_outputs if centred.shape[0] > 0 else np.uintp(0)):
        off = 0 * w[0]
        for i in range(np.uintp(centred.shape[0])):
            off += center[np.uintp(centred[i])] * w[np.uintp(centred_at[i]) * n_outputs + k]
        for i in range(m):
            raw[i, k] -= scale * off


@_compile
def _center_gradient(centred, center, centred_at, n_outputs, g, bias_at):
    """Take the centre, times the sum of the slopes that the intercept has, off the gradient of raw rows."""
    for i in range(np.uintp(centred.shape[0])):
        base = np.uintp(centred_at[i]) * np.uintp(n_outputs)
        for k in range(np.uintp(n_outputs)):
            g[base + k] -= center[np.uintp(centred[i])] * g[bias_at + k]


@_compile
def _keep_within(touched, n, bounds, w):
    """Move coefficients of listed coordinates into their bounds, if there are any; NaN stays NaN."""
    if bounds.shape[1] == 0:
        return
    for i in range(np.uintp(n)):
        j = np.uintp(touched[i])
        if w[i] < bounds[0, j]:
            w[i] = bounds[0, j]
        elif w[i] > bounds[1, j]:
            w[i] = bounds[1, j]


@_compile
def _fill_cells(cells, w, slots):
    width = np.uintp(1 + slots.shape[0])
    for j in range(np.uintp(w.shape[0])):
        cells[j * width] = w[j]
        for s in range(np.uintp(slots.shape[0])):
            cells[j * width + np.uintp(1) + s] = slots[s, j]


@_compile
def _empty_cells(cells, scale, n_scaled, w, slots):
    width = np.uintp(1 + slots.shape[0])
    for j in range(np.uintp(w.shape[0])):
        w[j] = scale * cells[j * width] if j < np.uintp(n_scaled) else cells[j * width]
        for s in range(np.uintp(slots.shape[0])):
            slots[s, j] = cells[j * width + np.uintp(1) + s]


def epoch(
    data, indices, indptr, n_features, centred, center, y, weight, mean_weight, runs, edges, lanes,
    batch_size,
    w, slots, hyper, units, stride, lr, t, l1, l2, n_outputs, fit_intercept, bounds, move, common_step,
    loss_hyper, loss_address, update_address, catch_up_address, clip, report,
    rows, offsets, offsets_after, cursor, y_batch, weight_batch, raw, slope, magnitude, g, centred_at, missed,
    stamps, touched, places, cells, some_w, some_slots, some_g, some_units, free,
):  # fmt: skip
    """Run one epoch; the same contract as the dense kernel's, with a `Move`.

    `centred` lists the columns from which `center` is subtracted. The unit of coordinate j is
    ``units[j * stride]``, and its inverse comes next. The last lines of arguments are working memory, see
    `csr_scratch`. `common_step` is read under a scale only.
    Where a batch moves only what it touches, weights and state are in `cells` meanwhile, a cell for each
    coordinate, and the arrays whose names begin with ``some`` are the batch's own problem.
    """
    loss, update = as_loss(loss_address, w), as_update(update_address, w)
    catch_up = as_catch_up(catch_up_address, w)
    data, indices, indptr = borrow(data), borrow(indices), borrow(indptr)
    centred, center = borrow(centred), borrow(center)
    y, weight, runs, edges = borrow(y), borrow(weight), borrow(runs), borrow(edges)
    w, slots, hyper, units = borrow(w), borrow(slots), borrow(hyper), borrow(units)
    loss_hyper, report, bounds, clip = borrow(loss_hyper), borrow(report), borrow(bounds), borrow(clip)
    rows, offsets, cursor, y_batch = borrow(rows), borrow(offsets), borrow(cursor), borrow(y_batch)
    offsets_after, weight_batch = borrow(offsets_after), borrow(weight_batch)
    raw, slope, magnitude, g = borrow(raw), borrow(slope), borrow(magnitude), borrow(g)
    centred_at, missed, stamps = borrow(centred_at), borrow(missed), borrow(stamps)
    touched, places, cells = borrow(touched), borrow(places), borrow(cells)
    some_w, some_slots, some_g = borrow(some_w), borrow(some_slots), borrow(some_g)
    some_units, free = borrow(some_units), borrow(free)
    cursor[:] = 0
    magnitude[:] = 0
    stamps[:] = 0
    n_targets = y_batch.shape[0] // weight_batch.shape[0]
    every, replays = move == _EVERY, move in (_MISSED, _OWED)
    # With a scale, coefficients are scale * w, and a step of the penalty divides the scale alone.
    scale = 1.0
    shrinkage = 1.0 / (1.0 + common_step * lr * l2) if move == _SCALED else 1.0
    # Within bounds the penalty's part cannot wait: what it does depends on where the bounds cut.
    bounded = bounds.shape[1] > 0
    owed = np.int32(1 if move == _OWED and not bounded else 0)
    n_penalised = n_features * n_outputs
    row_by_row = not every and n_outputs == 1 and centred.shape[0] == 0 and not clips(clip)
    none = w.dtype.type(0)
    # The problem that a batch moves: the whole one, or its own.
    some, weights, state, gradient, limits = n_penalised, w, slots, g, bounds
    l1_now, l2_now = l1, l2
    own_units = units
    if every:
        for i in range(centred.shape[0]):
            centred_at[i] = centred[i]
    else:
        weights, state, gradient, limits, own_units = some_w, some_slots, some_g, free, some_units
        l1_now, l2_now = none, none
        _fill_cells(cells, w, slots)
        for i in range(0, some_units.shape[0], 2):
            some_units[i], some_units[i + 1] = units[0], units[1]
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
            start, length = _span(indptr, rows[first])
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
            if every:
                for i in range(first, first + m):
                    _ask_for(data, indices, indptr, y, rows, i, ahead, queued)
            else:
                if alone:
                    _ask_for(data, indices, indptr, y, rows, first, ahead, queued)
                    _list_row(indices, start, length, np.int32(clock), replays, stamps, touched, missed)
                    some = np.int64(length)
                else:
                    some = n_outputs * _list_batch(
                        data, indices, indptr, y, rows, first, m, ahead, queued, centred, n_outputs,
                        np.int32(clock), stamps, touched, missed, places, centred_at,
                    )  # fmt: skip
                for k in range(n_outputs):
                    touched[some + k] = np.int32(n_penalised + k)
                _fetch(touched, some + n_outputs, cells, units, stride, some_w, some_slots, some_units)
                if replays:
                    _count_missed(missed, some, np.int32(clock), owed)
                    catch_up(
                        missed, some, some_w, some_slots, hyper, some_units, lr, float(t), l1, l2, some_g
                    )
                    _keep_within(touched, some, bounds, some_w)
            bias_at = np.uintp(some)
            if alone:
                _predict_row(data, start, length, weights, scale, raw)
            elif every:
                _predict(data, indptr, rows, first, m, indices, True, weights, bias_at, scale, raw)
            else:
                _predict(data, indptr, rows, first, m, places, False, weights, bias_at, scale, raw)
            _subtract_centers(centred, center, centred_at, weights, scale, m, raw)
            value = loss(raw, y_batch, weight_batch, m, loss_hyper, offsets, n_groups, slope)
            if not np.isfinite(value):
                report[3] = 1.0
                if not every:  # what was made up counts as made
                    _put_back(touched, some + n_outputs, cells, some_w, some_slots)
                clock -= 1
                broken = True
                break
            report[0] += value * m
            report[2] += 1.0
            t += 1
            add_magnitude(slope, m, magnitude)
            if alone:
                _scale_row(data, start, length, slope[0, 0], gradient)
            else:
                for j in range(bias_at + np.uintp(n_outputs)):
                    gradient[j] = 0
                if every:
                    _add_gradient(data, indptr, rows, first, m, indices, True, slope, gradient, bias_at)
                else:
                    _add_gradient(data, indptr, rows, first, m, places, False, slope, gradient, bias_at)
            drop_noise(gradient, some, magnitude)
            _center_gradient(centred, center, centred_at, n_outputs, gradient, bias_at)
            n_moving = some + n_outputs if fit_intercept else some
            rate = w.dtype.type(lr / scale)  # of an unscaled weight; a common step is proportional to it
            if move == _SCALED:  # intercepts have no scale; squared, this unit makes up for the rate
                for k in range(n_outputs):
                    at = 2 * (some + k)
                    some_units[at], some_units[at + 1] = units[0] * scale**0.5, units[1] / scale**0.5
            report[1] += clip_gradient(gradient, n_moving, clip)
            report[1] += update(
                weights, gradient, n_moving, state, hyper, own_units, rate, float(t), l1_now, l2_now, some,
                limits,
            )  # fmt: skip
            if not every:
                if bounded and move == _OWED:
                    for i in range(some):
                        missed[i] = 1
                    catch_up(
                        missed, some, some_w, some_slots, hyper, some_units, lr, float(t), l1, l2, some_g
                    )
                _keep_within(touched, some, bounds, some_w)
                _put_back(touched, some + n_outputs, cells, some_w, some_slots)
            if move == _SCALED:
                for k in range(n_outputs):
                    at = 2 * (some + k)
                    some_units[at], some_units[at + 1] = units[0], units[1]
                scale *= shrinkage
                if scale < 1e-9:  # long before a weight could overflow
                    for j in range(np.uintp(n_penalised)):
                        cells[j * np.uintp(1 + slots.shape[0])] *= scale
                    scale = 1.0
        for i in range(n_after):
            rows[i] = rows[n_rows + i]
        offsets, offsets_after = offsets_after, offsets
        n_rows = n_after
    if not every:
        _empty_cells(cells, scale, n_penalised, w, slots)
    if replays:
        for j in range(n_penalised):
            missed[j] = np.int32(stamps[j // n_outputs] >> 32)
        _count_missed(missed, n_penalised, np.int32(clock + 1), owed)
        catch_up(missed, n_penalised, w, slots, hyper, units, lr, float(t), l1, l2, g)
        for j in range(bounds.shape[1]):
            w[j] = min(max(w[j], bounds[0, j]), bounds[1, j])
    return t


def csr_scratch(
    dtype: np.dtype,
    capacity: int,
    batch_nnz: int,
    n_centred: int,
    whole_runs: bool,
    n_features: int,
    n_outputs: int,
    n_targets: int,
    n_slots: int,
    move: Move,
) -> tuple:
    """Return the working memory of `epoch` for batches of up to `capacity` rows and `batch_nnz` non-zeros."""
    every = move is Move.EVERY_COORDINATE
    n_weights = (n_features + 1) * n_outputs
    listed = 0 if every else (min(batch_nnz + n_centred, n_features) + 1) * n_outputs
    # Whole batches, or one that takes whole queries.
    queue = capacity if whole_runs else capacity * max(QUEUE // capacity, 1)
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
        room(n_outputs, dtype),
        room(n_weights if every or move.replays else 0, dtype),
        room(n_centred, np.int32),
        room(n_weights if move.replays else listed, np.int32),
        room(0 if every else n_features, np.int64),
        room(listed, np.int32),
        room(0 if every else batch_nnz, np.int32),
        room(0 if every else n_weights * (1 + n_slots), dtype),
        room(listed, dtype),
        room((n_slots, listed), dtype),
        room(listed, dtype),
        room(2 * listed, dtype),
        room((2, 0), dtype),
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
    parts = (T.doubles, types.int64, types.int64, types.int64, T.doubles, T.doubles)
    buffers = (*(T.integers,) * 4, T.vector, T.vector, T.matrix, T.matrix, T.vector, T.vector)
    small = types.Array(types.int32, 1, "C")
    lists = (small, small, T.integers, small, small, T.vector)
    own = (T.vector, T.matrix, T.vector, T.vector, T.matrix)
    signature = types.int64(*rows, *order, *state, *step, *way, *parts, *buffers, *lists, *own)
    return compiled_kernel(__name__, signature)
