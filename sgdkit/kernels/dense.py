"""The epoch kernel for dense rows: one compiled function a dtype, for every loss and rule."""

import functools
from typing import Any

import numpy as np
from numba import njit, types

from sgdkit.kernels.abi import FASTMATH, kernel_types
from sgdkit.kernels.batches import add_magnitude, clip_gradient, drop_noise, next_batch, prefetch_row
from sgdkit.kernels.generate import compiled_kernel
from sgdkit.kernels.memory import working_memory
from sgdkit.kernels.pointers import as_loss, as_update, borrow
from sgdkit.kernels.row_vectors import ROWS, add_rows, dot_rows

__all__ = ("dense_epoch", "dense_scratch")

# Rows pass through the arithmetic in tiles that stay in the first-level cache between the
# prediction and the gradient. The gradient of one tile and the prediction of the next are one loop, so that
# new rows are read all the time, and arithmetic hides behind reading. Rows further down the queue
# are asked for meanwhile: the hardware follows runs by itself, but cannot foresee where the next begin.
# The loss is evaluated a tile at a time too: for 16 rows it waits for its own results, as a chain of
# operations one vector wide, while 64 of them overlap.
FEWEST, MOST = 16, 64
TILE_BYTES = 32 * 1024
AHEAD = 96

_compile = njit(nogil=True, error_model="numpy", fastmath=FASTMATH, forceinline=True)


@_compile
def _predict_rows(X, y, rows, start, stop, queued, w, bias, raw, first):
    """Write the raw predictions of rows ``start`` to ``stop`` of the queue; that of `first` goes first."""
    d = X.shape[1]
    paired = stop - (stop - start) % ROWS
    for i in range(start, paired, ROWS):
        for k in range(i + AHEAD, min(i + AHEAD + ROWS, queued)):
            prefetch_row(X, y, rows[k])
        at = i - first
        za, zb, zc, ze = dot_rows(X, rows[i], rows[i + 1], rows[i + 2], rows[i + 3], w)
        raw[at, 0], raw[at + 1, 0] = za + bias[0], zb + bias[0]
        raw[at + 2, 0], raw[at + 3, 0] = zc + bias[0], ze + bias[0]
    for i in range(paired, stop):
        x = X[rows[i]]
        z = bias[0]
        for j in range(d):
            z += x[j] * w[j]
        raw[i - first, 0] = z


@_compile
def _add_rows(X, rows, start, stop, slope, g, first):
    """Add rows ``start`` to ``stop`` of the queue, times their slopes, to `g`."""
    d = X.shape[1]
    paired = stop - (stop - start) % ROWS
    for i in range(start, paired, ROWS):
        at = i - first
        sa, sb, sc, se = slope[at, 0], slope[at + 1, 0], slope[at + 2, 0], slope[at + 3, 0]
        add_rows(X, rows[i], rows[i + 1], rows[i + 2], rows[i + 3], sa, sb, sc, se, g)
    for i in range(paired, stop):
        x = X[rows[i]]
        s = slope[i - first, 0]
        for j in range(d):
            g[j] += s * x[j]


@_compile
def _add_and_predict(X, y, rows, start, stop, after, queued, slope, g, w, bias, raw):
    """Add the rows of a tile, ``start`` to ``stop``, and predict those of the next, ``stop`` to ``after``."""
    shared = min(stop - start, after - stop) // ROWS * ROWS
    for i in range(0, shared, ROWS):
        _predict_rows(X, y, rows, stop + i, stop + i + ROWS, queued, w, bias, raw, stop)
        _add_rows(X, rows, start + i, start + i + ROWS, slope, g, start)
    _predict_rows(X, y, rows, stop + shared, after, queued, w, bias, raw, stop)
    _add_rows(X, rows, start + shared, stop, slope, g, start)


@_compile
def _add_slopes(slope, size, g, magnitude):
    """Add up slopes for the intercept, and their sizes; one output."""
    at = g.shape[0] - 1
    total, most = g[at], magnitude[0]
    for i in range(size):
        total += slope[i, 0]
        most += abs(slope[i, 0])
    g[at], magnitude[0] = total, most


@_compile
def _predict_many(X, rows, start, stop, w, bias, raw):
    d = X.shape[1]
    n_outputs = raw.shape[1]
    for i in range(start, stop):
        x = X[rows[i]]
        z = raw[i - start]
        for k in range(n_outputs):
            z[k] = bias[k]
        for j in range(d):
            xj = x[j]
            for k in range(n_outputs):
                z[k] += xj * w[j * n_outputs + k]


@_compile
def _add_gradient_many(X, rows, start, stop, slope, g):
    d = X.shape[1]
    n_outputs = slope.shape[1]
    for i in range(start, stop):
        x = X[rows[i]]
        s = slope[i - start]
        for j in range(d):
            xj = x[j]
            for k in range(n_outputs):
                g[j * n_outputs + k] += xj * s[k]
        for k in range(n_outputs):
            g[d * n_outputs + k] += s[k]


@_compile
def _center_bias(center, w, bias):
    """Write the intercept for raw rows: the weights' own, less their product with the centre."""
    n_outputs = bias.shape[0]
    at = w.shape[0] - n_outputs
    for k in range(n_outputs):
        bias[k] = w[at + k]
    for j in range(center.shape[0]):
        for k in range(n_outputs):
            bias[k] -= center[j] * w[j * n_outputs + k]


@_compile
def _center_gradient(center, n_outputs, g):
    """Turn the gradient for raw rows into that for centred rows."""
    at = g.shape[0] - n_outputs
    for j in range(center.shape[0]):
        for k in range(n_outputs):
            g[j * n_outputs + k] -= center[j] * g[at + k]


def epoch(
    X, center, y, weight, mean_weight, runs, edges, lanes, batch_size,
    w, slots, hyper, units, lr, t, l1, l2, n_outputs, fit_intercept, bounds,
    loss_hyper, loss_address, update_address, clip, report,
    rows, offsets, offsets_after, cursor, y_tile, weight_tile, raw, slope, g, bias, magnitude,
):  # fmt: skip
    """Run one epoch; return the number of update steps done so far (`t` and those made here).

    `w` holds ``n_features * n_outputs`` weights, then the intercepts. `clip` holds the largest norm and the
    largest component of a batch gradient, infinite for no limit. `report` receives the sum of
    losses, the sum of squared batch gradient norms, the number of batches, and 1 where training
    met a value that is not finite; the weights then are those before that batch. `y` holds the
    targets of a row side by side. Where `center` is
    not empty, the intercept is that of the centred rows ``x - center``, which are never formed. The
    last line of arguments is working memory, see `dense_scratch`.
    """
    loss, update = as_loss(loss_address, w), as_update(update_address, w)
    X, center, y, weight = borrow(X), borrow(center), borrow(y), borrow(weight)
    runs, edges, w, slots = borrow(runs), borrow(edges), borrow(w), borrow(slots)
    hyper, units, loss_hyper, report = borrow(hyper), borrow(units), borrow(loss_hyper), borrow(report)
    clip, bounds = borrow(clip), borrow(bounds)
    rows, offsets, offsets_after, cursor = (
        borrow(rows),
        borrow(offsets),
        borrow(offsets_after),
        borrow(cursor),
    )
    y_tile, weight_tile, raw, slope = borrow(y_tile), borrow(weight_tile), borrow(raw), borrow(slope)
    g, bias, magnitude = borrow(g), borrow(bias), borrow(magnitude)
    tile = weight_tile.shape[0]
    n_targets = y_tile.shape[0] // tile
    cursor[:] = 0
    magnitude[:] = 0
    n_penalised = X.shape[1] * n_outputs
    n_moving = n_penalised + n_outputs if fit_intercept else n_penalised
    m = next_batch(runs, edges, lanes, batch_size, cursor, rows, 0, offsets)
    while m > 0:
        n_groups = cursor[3]
        m_after = next_batch(runs, edges, lanes, batch_size, cursor, rows, m, offsets_after)
        share = 1.0 / (m * mean_weight)
        for i in range(min(m, tile)):
            weight_tile[i] = share
        for j in range(g.shape[0]):
            g[j] = 0
        _center_bias(center, w, bias)
        batch_value = 0.0
        for start in range(0, m, tile):
            stop = min(start + tile, m)
            size = stop - start
            for i in range(size):
                y_tile[i] = y[np.uintp(rows[start + i])]
            if n_targets > 1:
                for i in range(size):
                    for c in range(n_targets):
                        y_tile[i * n_targets + c] = y[rows[start + i] * n_targets + c]
            if weight.shape[0] > 0:
                for i in range(size):
                    weight_tile[i] = share * weight[np.uintp(rows[start + i])]
            if n_outputs > 1:
                _predict_many(X, rows, start, stop, w, bias, raw)
            elif start == 0:
                _predict_rows(X, y, rows, start, stop, m + m_after, w, bias, raw, start)
            batch_value += loss(raw, y_tile, weight_tile, size, loss_hyper, offsets, n_groups, slope)
            if n_outputs == 1:
                _add_slopes(slope, size, g, magnitude)
                after = min(stop + tile, m)
                _add_and_predict(X, y, rows, start, stop, after, m + m_after, slope, g, w, bias, raw)
            else:
                add_magnitude(slope, size, magnitude)
                _add_gradient_many(X, rows, start, stop, slope, g)
        if not np.isfinite(batch_value):
            report[3] = 1.0
            break
        report[0] += batch_value * m
        report[2] += 1.0
        drop_noise(g, n_penalised, magnitude)
        _center_gradient(center, n_outputs, g)
        t += 1
        report[1] += clip_gradient(g, n_moving, clip)
        report[1] += update(w, g, n_moving, slots, hyper, units, lr, float(t), l1, l2, n_penalised, bounds)
        for i in range(m_after):
            rows[i] = rows[m + i]
        offsets, offsets_after = offsets_after, offsets
        m = m_after
    return t


def dense_scratch(
    dtype: np.dtype, capacity: int, whole_runs: bool, n_features: int, n_outputs: int, n_targets: int
) -> tuple:
    """Return the working memory of `epoch` for batches of up to `capacity` rows."""
    tile = MOST
    while tile > FEWEST and tile * n_features * dtype.itemsize > TILE_BYTES:
        tile //= 2
    tile = capacity if whole_runs else min(tile, capacity)  # rows of a query are needed together
    room = working_memory
    return (
        room(2 * capacity, np.int64),  # rows of this batch and the next
        room(capacity + 1, np.int64),
        room(capacity + 1, np.int64),
        room(4, np.int64),
        room(tile * n_targets, dtype),
        room(tile, dtype),
        room((tile, n_outputs), dtype),
        room((tile, n_outputs), dtype),
        room((n_features + 1) * n_outputs, dtype),
        room(n_outputs, dtype),
        room(n_outputs, dtype),
    )


@functools.cache
def dense_epoch(dtype: np.dtype) -> Any:
    """Return the compiled epoch kernel for dense rows of `dtype`."""
    T = kernel_types(dtype)
    data = (T.matrix_in, T.vector_in, T.vector_in, T.vector_in, types.float64)
    order = (T.integers_in, T.integers_in, types.int64, types.int64)
    state = (T.vector, T.matrix, T.doubles, T.vector)
    step = (T.scalar, types.int64, T.scalar, T.scalar, types.int64, types.boolean, T.matrix)
    parts = (T.doubles, types.int64, types.int64, T.doubles, T.doubles)
    integers, vector, matrix = T.integers, T.vector, T.matrix
    scratch = (integers,) * 4 + (vector, vector, matrix, matrix, vector, vector, vector)
    return compiled_kernel(__name__, types.int64(*data, *order, *state, *step, *parts, *scratch))
