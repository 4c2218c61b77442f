"""The epoch kernel for CSR rows: the cost of a batch follows its non-zeros."""

import functools
from typing import Any

import numpy as np
from numba import njit, types

from sgdkit.kernels.abi import FASTMATH, kernel_types
from sgdkit.kernels.batches import add_magnitude, drop_noise, next_batch
from sgdkit.kernels.generate import compiled_kernel
from sgdkit.kernels.pointers import as_catch_up, as_loss, as_update, borrow
from sgdkit.optimizers.base import UpdateRule

__all__ = ("EVERY_COORDINATE", "TOUCHED", "TOUCHED_WITH_CATCH_UP", "csr_epoch", "csr_scratch", "update_mode")

# How a batch moves the weights.
EVERY_COORDINATE = 0  # all of them, each batch
TOUCHED = 1  # those with a non-zero in the batch; the others would not move
TOUCHED_WITH_CATCH_UP = 2  # the same, after replaying the steps each of them missed


def update_mode(rule: UpdateRule, l1: float, l2: float, batch_nnz: int, n_features: int) -> int:
    """Return how batches must move the weights so that the result equals the dense one.

    Where a batch has more non-zeros than there are features, listing them would gain nothing.
    """
    penalised = l1 > 0 or l2 > 0
    if batch_nnz > n_features:
        return EVERY_COORDINATE
    if rule.sparse == "exact" and (rule.has_proximal_step or not penalised):
        return TOUCHED_WITH_CATCH_UP if penalised else TOUCHED
    if rule.sparse == "catch_up" and not penalised:
        return TOUCHED_WITH_CATCH_UP
    return EVERY_COORDINATE


_compile = njit(nogil=True, error_model="numpy", fastmath=FASTMATH, forceinline=True)

# Indices are cast to unsigned: a signed one makes Numba test for "counted from the end" each time.


@_compile
def _touched_features(indices, indptr, rows, m, place, features, local):
    """List the features of these rows, each once, and say where each non-zero's feature stands.

    `place` is -1 everywhere before and after.
    """
    n = 0
    q = 0
    if m == 1:  # a row names each feature once
        start = indptr[rows[0]]
        n = indptr[rows[0] + 1] - start
        for i in range(n):
            features[i] = indices[start + i]
            local[i] = i
        return n
    for i in range(m):
        for p in range(indptr[rows[i]], indptr[rows[i] + 1]):
            # No branch: whether a feature is new is a coin toss that no predictor wins.
            j = np.uintp(indices[p])
            at = place[j]
            new = at < 0
            at = n if new else at
            features[n] = indices[p]
            place[j] = at
            local[q] = at
            q += 1
            n += new
    for i in range(n):
        place[np.uintp(features[i])] = -1
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
def _predict(data, indptr, rows, m, where, follows_data, bias_at, w, raw):
    """Predict with weights that stand where `where` says: per non-zero of X, or of the batch."""
    n_outputs = raw.shape[1]
    q = 0
    if m == 1 and n_outputs == 1 and not follows_data:  # the packed weights follow the row
        start = indptr[rows[0]]
        z = w[bias_at]
        for i in range(indptr[rows[0] + 1] - start):
            z += data[start + i] * w[i]
        raw[0, 0] = z
        return
    for i in range(m):
        start, stop = indptr[rows[i]], indptr[rows[i] + 1]
        ahead = 0 if follows_data else q - start
        q += stop - start
        if n_outputs == 1:
            z = w[bias_at]
            zb = zc = ze = 0 * z  # four sums: an addition need not wait for the one before
            paired = stop - (stop - start) % 4
            for p in range(start, paired, 4):
                z += data[p] * w[np.uintp(where[p + ahead])]
                zb += data[p + 1] * w[np.uintp(where[p + 1 + ahead])]
                zc += data[p + 2] * w[np.uintp(where[p + 2 + ahead])]
                ze += data[p + 3] * w[np.uintp(where[p + 3 + ahead])]
            for p in range(paired, stop):
                z += data[p] * w[np.uintp(where[p + ahead])]
            raw[i, 0] = z + zb + zc + ze
        else:
            for k in range(n_outputs):
                raw[i, k] = w[bias_at + k]
            for p in range(start, stop):
                x = data[p]
                base = np.int64(where[p + ahead]) * n_outputs
                for k in range(n_outputs):
                    raw[i, k] += x * w[base + k]


@_compile
def _gradient(data, indptr, rows, m, where, follows_data, bias_at, slope, g):
    """Sum up the gradient of these rows, with coordinates that stand where `where` says."""
    n_outputs = slope.shape[1]
    if m == 1 and n_outputs == 1 and not follows_data:  # the packed gradient follows the row
        start = indptr[rows[0]]
        for i in range(indptr[rows[0] + 1] - start):
            g[i] = slope[0, 0] * data[start + i]
        g[bias_at] = slope[0, 0]
        return
    for k in range(bias_at + n_outputs):
        g[k] = 0
    q = 0
    for i in range(m):
        start, stop = indptr[rows[i]], indptr[rows[i] + 1]
        ahead = 0 if follows_data else q - start
        q += stop - start
        if n_outputs == 1:
            c = slope[i, 0]
            g[bias_at] += c
            for p in range(start, stop):
                g[np.uintp(where[p + ahead])] += c * data[p]
        else:
            for k in range(n_outputs):
                g[bias_at + k] += slope[i, k]
            for p in range(start, stop):
                x = data[p]
                base = np.int64(where[p + ahead]) * n_outputs
                for k in range(n_outputs):
                    g[base + k] += x * slope[i, k]


def epoch(
    data, indices, indptr, n_features, y, weight, mean_weight, runs, edges, whole_runs, batch_size,
    w, slots, hyper, rates, own_rates, lr, t, l1, l2, n_outputs, fit_intercept, mode,
    loss_hyper, loss_address, update_address, catch_up_address, report,
    rows, offsets, cursor, y_batch, weight_batch, raw, slope, g, magnitude,
    features, local, place, last, w_packed, slots_packed, rates_packed, missed,
):  # fmt: skip
    """Run one epoch; the same contract as the dense kernel's, with the update `mode` above.

    The weights and slots of a batch's features are copied side by side, moved there by the same
    loop that moves dense weights, and copied back. `rates` is read if `own_rates`, else all are 1.
    The last two lines of arguments are working memory, see `csr_scratch`.
    """
    loss, update = as_loss(loss_address, w), as_update(update_address, w)
    catch_up = as_catch_up(catch_up_address, w)
    data, indices, indptr, y, weight = (
        borrow(data),
        borrow(indices),
        borrow(indptr),
        borrow(y),
        borrow(weight),
    )
    runs, edges, w, slots = borrow(runs), borrow(edges), borrow(w), borrow(slots)
    hyper, rates, loss_hyper, report = borrow(hyper), borrow(rates), borrow(loss_hyper), borrow(report)
    rows, offsets, cursor, y_batch = borrow(rows), borrow(offsets), borrow(cursor), borrow(y_batch)
    weight_batch, raw, slope, g = borrow(weight_batch), borrow(raw), borrow(slope), borrow(g)
    magnitude, features, local, place = borrow(magnitude), borrow(features), borrow(local), borrow(place)
    last, w_packed, slots_packed = borrow(last), borrow(w_packed), borrow(slots_packed)
    rates_packed, missed = borrow(rates_packed), borrow(missed)
    cursor[:] = 0
    magnitude[:] = 0
    last[:] = 0
    n_slots = slots.shape[0]
    n_targets = y_batch.shape[0] // weight_batch.shape[0]
    all_features = mode == EVERY_COORDINATE
    first_step = t
    m = next_batch(runs, edges, whole_runs, batch_size, cursor, rows, 0, offsets)
    while m > 0:
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
        if all_features:
            n = n_features
            moving, moving_slots = w, slots
        else:
            n = _touched_features(indices, indptr, rows, m, place, features, local)
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
        if all_features:
            _predict(data, indptr, rows, m, indices, True, n_penalised, moving, raw)
        else:
            _predict(data, indptr, rows, m, local, False, n_penalised, moving, raw)

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

        if all_features:
            _gradient(data, indptr, rows, m, indices, True, n_penalised, slope, g)
        else:
            _gradient(data, indptr, rows, m, local, False, n_penalised, slope, g)
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
        m = next_batch(runs, edges, whole_runs, batch_size, cursor, rows, 0, offsets)
    if mode == TOUCHED_WITH_CATCH_UP:
        for j in range(n_features):
            for k in range(n_outputs):
                missed[j * n_outputs + k] = t - first_step - last[j]
        catch_up(w, n_features * n_outputs, missed, slots, hyper, rates, lr, float(t), l1, l2)
    return t


def csr_scratch(
    dtype: np.dtype,
    capacity: int,
    batch_nnz: int,
    n_features: int,
    n_outputs: int,
    n_targets: int,
    n_slots: int,
    mode: int,
) -> tuple:
    """Return the working memory of `epoch` for batches of up to `capacity` rows and `batch_nnz` non-zeros."""
    size = (n_features + 1) * n_outputs
    packed = 0 if mode == EVERY_COORDINATE else size
    n_listed = 0 if mode == EVERY_COORDINATE else n_features + 1
    return (
        np.empty(capacity, np.int64),
        np.zeros(capacity + 1, np.int64),
        np.zeros(3, np.int64),
        np.empty(capacity * n_targets, dtype),
        np.empty(capacity, dtype),
        np.empty((capacity, n_outputs), dtype),
        np.empty((capacity, n_outputs), dtype),
        np.zeros(size, dtype),
        np.zeros(n_outputs, dtype),
        np.empty(n_listed, np.int32),
        np.empty(batch_nnz if n_listed else 0, np.int32),
        np.full(n_listed, -1, np.int32),
        np.zeros(n_listed, np.int32),  # steps of this epoch after which each feature was last moved
        np.empty(packed, dtype),
        np.empty((n_slots, packed), dtype),
        np.ones(packed, dtype),
        np.zeros(packed, dtype),
    )


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
    buffers = (T.integers, T.integers, T.integers, T.vector, T.vector, T.matrix, T.matrix, T.vector, T.vector)
    lists = (types.Array(types.int32, 1, "C"),) * 4 + (T.vector, T.matrix, T.vector, T.vector)
    signature = types.int64(*rows, *order, *state, *step, *parts, T.doubles, *buffers, *lists)
    return compiled_kernel(__name__, signature)
