"""The epoch kernel for CSR rows: the cost of a batch follows its non-zeros."""

import functools
from typing import Any

import numpy as np
from numba import njit, types

from sgdkit.kernels.abi import FASTMATH, kernel_types
from sgdkit.kernels.batches import add_magnitude, drop_noise, largest_batch, next_batch
from sgdkit.kernels.generate import compiled_kernel
from sgdkit.kernels.pointers import as_catch_up, as_loss, as_update, borrow, keep
from sgdkit.optimizers.base import UpdateRule

__all__ = ("EVERY_COORDINATE", "TOUCHED", "TOUCHED_WITH_CATCH_UP", "csr_epoch", "update_mode")

# How a batch moves the weights.
EVERY_COORDINATE = 0  # all of them, each batch
TOUCHED = 1  # those with a non-zero in the batch; the others would not move
TOUCHED_WITH_CATCH_UP = 2  # the same, after replaying the steps each of them missed


def update_mode(rule: UpdateRule, l1: float, l2: float) -> int:
    """Return how batches must move the weights so that the result equals the dense one."""
    penalised = l1 > 0 or l2 > 0
    if rule.sparse == "exact" and (rule.has_proximal_step or not penalised):
        return TOUCHED_WITH_CATCH_UP if penalised else TOUCHED
    if rule.sparse == "catch_up" and not penalised:
        return TOUCHED_WITH_CATCH_UP
    return EVERY_COORDINATE


_compile = njit(nogil=True, error_model="numpy", fastmath=FASTMATH, forceinline=True)

# Indices are cast to unsigned: a signed one makes Numba test for "counted from the end" each time.


@_compile
def _touched_features(indices, indptr, rows, m, place, features):
    """List the features of these rows, each once; `place` says where, and is -1 elsewhere."""
    n = 0
    if m == 1:
        start = indptr[rows[0]]
        n = indptr[rows[0] + 1] - start
        for i in range(n):
            features[i] = indices[start + i]
        return n
    for i in range(m):
        for p in range(indptr[rows[i]], indptr[rows[i] + 1]):
            # No branch: whether a feature is new is a coin toss that no predictor wins.
            j = np.uintp(indices[p])
            at = place[j]
            features[n] = indices[p]
            place[j] = n if at < 0 else at
            n += at < 0
    return n


@_compile
def _copy_touched(features, n, n_outputs, full, packed, pack):
    """Copy the values of these features to the packed array, or back."""
    if n_outputs == 1:
        if pack:
            for i in range(n):
                packed[i] = full[np.uintp(features[i])]
        else:
            for i in range(n):
                full[np.uintp(features[i])] = packed[i]
        return
    for i in range(n):
        base = np.int64(features[i]) * n_outputs
        if pack:
            for k in range(n_outputs):
                packed[i * n_outputs + k] = full[base + k]
        else:
            for k in range(n_outputs):
                full[base + k] = packed[i * n_outputs + k]


@_compile
def _predict(data, indices, indptr, rows, m, in_row_order, place, bias_at, w, raw):
    """Predict with weights that stand where `place` says; or in the row's own order."""
    n_outputs = raw.shape[1]
    for i in range(m):
        start, stop = indptr[rows[i]], indptr[rows[i] + 1]
        if n_outputs == 1:
            z = w[bias_at]
            if in_row_order:
                for p in range(stop - start):
                    z += data[start + p] * w[p]
            else:
                zb = zc = ze = 0 * z  # four sums: an addition need not wait for the one before
                paired = stop - (stop - start) % 4
                for p in range(start, paired, 4):
                    z += data[p] * w[np.uintp(place[np.uintp(indices[p])])]
                    zb += data[p + 1] * w[np.uintp(place[np.uintp(indices[p + 1])])]
                    zc += data[p + 2] * w[np.uintp(place[np.uintp(indices[p + 2])])]
                    ze += data[p + 3] * w[np.uintp(place[np.uintp(indices[p + 3])])]
                for p in range(paired, stop):
                    z += data[p] * w[np.uintp(place[np.uintp(indices[p])])]
                z += zb + zc + ze
            raw[i, 0] = z
        else:
            for k in range(n_outputs):
                raw[i, k] = w[bias_at + k]
            for p in range(start, stop):
                x = data[p]
                base = (p - start if in_row_order else np.int64(place[np.uintp(indices[p])])) * n_outputs
                for k in range(n_outputs):
                    raw[i, k] += x * w[base + k]


@_compile
def _gradient(data, indices, indptr, rows, m, in_row_order, place, bias_at, slope, g):
    """Add the gradient of these rows, with coordinates that stand where `place` says."""
    n_outputs = slope.shape[1]
    for k in range(bias_at + n_outputs):
        g[k] = 0
    for i in range(m):
        start, stop = indptr[rows[i]], indptr[rows[i] + 1]
        if n_outputs == 1:
            c = slope[i, 0]
            g[bias_at] += c
            if in_row_order:
                for p in range(stop - start):
                    g[p] = c * data[start + p]
            else:
                for p in range(start, stop):
                    g[np.uintp(place[np.uintp(indices[p])])] += c * data[p]
        else:
            for k in range(n_outputs):
                g[bias_at + k] += slope[i, k]
            for p in range(start, stop):
                x = data[p]
                base = (p - start if in_row_order else np.int64(place[np.uintp(indices[p])])) * n_outputs
                for k in range(n_outputs):
                    g[base + k] += x * slope[i, k]


def epoch(
    data, indices, indptr, n_features, y, weight, mean_weight, runs, edges, whole_runs, batch_size,
    w, slots, hyper, rates, own_rates, lr, t, l1, l2, n_outputs, fit_intercept, mode,
    loss_hyper, loss_address, update_address, catch_up_address, report,
):  # fmt: skip
    """Run one epoch; the same contract as the dense kernel's, with the update `mode` above.

    The weights and slots of a batch's features are copied side by side, moved there by the same
    loop that moves dense weights, and copied back. `rates` is read if `own_rates`, else all are 1.
    """
    loss, update = as_loss(loss_address, w), as_update(update_address, w)
    catch_up = as_catch_up(catch_up_address, w)
    capacity = largest_batch(runs, edges, whole_runs, batch_size)
    rows_owner = np.empty(capacity, np.int64)
    offsets_owner = np.zeros(capacity + 1, np.int64)
    cursor_owner = np.zeros(3, np.int64)
    y_batch_owner = np.empty(capacity, w.dtype)
    weight_batch_owner = np.empty(capacity, w.dtype)
    raw_owner = np.empty((capacity, n_outputs), w.dtype)
    slope_owner = np.empty((capacity, n_outputs), w.dtype)
    g_owner = np.zeros(w.shape[0], w.dtype)
    features_owner = np.empty(n_features + 1, np.int32)
    place_owner = np.full(n_features + 1, -1, np.int32)
    w_packed_owner = np.empty(w.shape[0], w.dtype)
    slots_packed_owner = np.empty((slots.shape[0], w.shape[0]), w.dtype)
    rates_packed_owner = np.ones(w.shape[0], w.dtype)
    missed_owner = np.zeros(w.shape[0], w.dtype)
    magnitude_owner = np.zeros(n_outputs, w.dtype)
    last_owner = np.zeros(n_features + 1, np.int32)  # steps of this epoch after which each feature last moved
    data = borrow(data)
    indices = borrow(indices)
    indptr = borrow(indptr)
    y = borrow(y)
    weight = borrow(weight)
    runs = borrow(runs)
    edges = borrow(edges)
    w = borrow(w)
    slots = borrow(slots)
    hyper = borrow(hyper)
    rates = borrow(rates)
    loss_hyper = borrow(loss_hyper)
    report = borrow(report)
    rows = borrow(rows_owner)
    offsets = borrow(offsets_owner)
    cursor = borrow(cursor_owner)
    y_batch = borrow(y_batch_owner)
    weight_batch = borrow(weight_batch_owner)
    raw = borrow(raw_owner)
    slope = borrow(slope_owner)
    g = borrow(g_owner)
    features = borrow(features_owner)
    place = borrow(place_owner)
    w_packed = borrow(w_packed_owner)
    slots_packed = borrow(slots_packed_owner)
    rates_packed = borrow(rates_packed_owner)
    missed = borrow(missed_owner)
    last = borrow(last_owner)
    magnitude = borrow(magnitude_owner)
    n_slots = slots.shape[0]
    all_features = mode == EVERY_COORDINATE
    first_step = t
    m = next_batch(runs, edges, whole_runs, batch_size, cursor, rows, 0, offsets)
    if all_features:
        for j in range(n_features + 1):
            place[j] = j
    while m > 0:
        share = 1.0 / (m * mean_weight)
        for i in range(m):
            y_batch[i] = y[rows[i]]
            weight_batch[i] = share
            if weight.shape[0] > 0:
                weight_batch[i] *= weight[rows[i]]
        if all_features:
            n = n_features
            moving, moving_slots = w, slots
        else:
            n = _touched_features(indices, indptr, rows, m, place, features)
            features[n] = n_features
            moving, moving_slots = w_packed, slots_packed
            _copy_touched(features, n + 1, n_outputs, w, w_packed, True)
            for s in range(n_slots):
                _copy_touched(features, n + 1, n_outputs, borrow(slots[s]), borrow(slots_packed[s]), True)
            if own_rates:
                _copy_touched(features, n + 1, n_outputs, rates, rates_packed, True)
            if mode == TOUCHED_WITH_CATCH_UP:
                now = t - first_step
                for i in range(n):
                    j = np.uintp(features[i])
                    steps = now - last[j]
                    last[j] = now + 1  # an update always follows
                    for k in range(n_outputs):
                        missed[i * n_outputs + k] = steps
                catch_up(
                    w_packed, n * n_outputs, missed, slots_packed, hyper, rates_packed,
                    lr, float(t), l1, l2,
                )  # fmt: skip
        n_penalised = n * n_outputs
        in_row_order = m == 1 and not all_features
        _predict(data, indices, indptr, rows, m, in_row_order, place, n_penalised, moving, raw)

        value = loss(raw, y_batch, weight_batch, m, loss_hyper, offsets, cursor[2], slope)
        if not np.isfinite(value):
            report[3] = 1.0
            if mode == TOUCHED_WITH_CATCH_UP:  # keep the steps just replayed, and take back the coming one
                for i in range(n):
                    last[np.uintp(features[i])] = t - first_step
                _copy_touched(features, n, n_outputs, w, w_packed, False)
                for s in range(n_slots):
                    _copy_touched(features, n, n_outputs, borrow(slots[s]), borrow(slots_packed[s]), False)
            break
        report[0] += value * m
        report[2] += 1.0
        t += 1

        _gradient(data, indices, indptr, rows, m, in_row_order, place, n_penalised, slope, g)
        add_magnitude(slope, m, magnitude)
        drop_noise(g, n_penalised, magnitude)
        report[1] += update(
            moving, g, n_penalised + n_outputs if fit_intercept else n_penalised, moving_slots, hyper,
            rates if all_features else rates_packed, lr, float(t), l1, l2, n_penalised,
        )  # fmt: skip
        if not all_features:
            _copy_touched(features, n + 1, n_outputs, w, w_packed, False)
            for s in range(n_slots):
                _copy_touched(features, n + 1, n_outputs, borrow(slots[s]), borrow(slots_packed[s]), False)
            if m > 1:
                for i in range(n):
                    place[np.uintp(features[i])] = -1
        m = next_batch(runs, edges, whole_runs, batch_size, cursor, rows, 0, offsets)
    if mode == TOUCHED_WITH_CATCH_UP:
        for j in range(n_features):
            for k in range(n_outputs):
                missed[j * n_outputs + k] = t - first_step - last[j]
        catch_up(w, n_features * n_outputs, missed, slots, hyper, rates, lr, float(t), l1, l2)
    keep(
        (
            rows_owner,
            offsets_owner,
            cursor_owner,
            y_batch_owner,
            weight_batch_owner,
            raw_owner,
            slope_owner,
            g_owner,
        )
    )
    keep(
        (
            features_owner,
            place_owner,
            w_packed_owner,
            slots_packed_owner,
            rates_packed_owner,
            missed_owner,
            last_owner,
            magnitude_owner,
        )
    )
    return t


@functools.cache
def csr_epoch(dtype: np.dtype, index_dtype: np.dtype) -> Any:
    """Return the compiled epoch kernel for CSR rows of `dtype` and an integer `index_dtype`."""
    T = kernel_types(dtype)
    index = types.int32 if np.dtype(index_dtype) == np.int32 else types.int64
    integers = types.Array(index, 1, "C", readonly=True)
    rows = (T.vector_in, integers, integers, types.int64, T.vector_in, T.vector_in, types.float64)
    order = (T.integers_in, T.integers_in, types.boolean, types.int64)
    state = (T.vector, T.matrix, T.doubles, T.vector, types.boolean)
    step = (T.scalar, types.int64, T.scalar, T.scalar, types.int64, types.boolean, types.int64)
    parts = (T.doubles, types.int64, types.int64, types.int64)
    signature = types.int64(*rows, *order, *state, *step, *parts, T.doubles)
    return compiled_kernel(__name__, signature)
