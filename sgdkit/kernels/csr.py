"""The epoch kernel for CSR rows: the cost of a batch follows its non-zeros."""

import functools
from typing import Any

import numpy as np
from numba import njit, types

from sgdkit.kernels.abi import FASTMATH, kernel_types
from sgdkit.kernels.batches import largest_batch, next_batch
from sgdkit.kernels.generate import compiled_kernel
from sgdkit.kernels.pointers import as_catch_up_touched, as_loss, as_update_all, as_update_touched
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


_compile = njit(nogil=True, error_model="numpy", fastmath=FASTMATH)

# Indices are cast to unsigned: a signed one makes Numba test for "counted from the end" each time.


@_compile
def _predict(data, indices, indptr, rows, m, d, w, raw):
    n_outputs = raw.shape[1]
    for i in range(m):
        start, stop = indptr[rows[i]], indptr[rows[i] + 1]
        if n_outputs == 1:
            za = w[d]
            zb = zc = ze = 0 * za  # four sums: an addition need not wait for the one before
            paired = stop - (stop - start) % 4
            for p in range(start, paired, 4):
                za += data[p] * w[np.uintp(indices[p])]
                zb += data[p + 1] * w[np.uintp(indices[p + 1])]
                zc += data[p + 2] * w[np.uintp(indices[p + 2])]
                ze += data[p + 3] * w[np.uintp(indices[p + 3])]
            for p in range(paired, stop):
                za += data[p] * w[np.uintp(indices[p])]
            raw[i, 0] = za + zb + zc + ze
        else:
            z = raw[i]
            for k in range(n_outputs):
                z[k] = w[d * n_outputs + k]
            for p in range(start, stop):
                x = data[p]
                base = np.int64(indices[p]) * n_outputs
                for k in range(n_outputs):
                    z[k] += x * w[base + k]


@_compile
def _touched_features(indices, indptr, rows, m, place, features):
    """List the features of these rows, each once; `place` says where, and is -1 elsewhere."""
    if m == 1:
        start, stop = indptr[rows[0]], indptr[rows[0] + 1]
        for p in range(start, stop):
            features[p - start] = indices[p]
        return stop - start
    n = 0
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
def _packed_gradient(data, indices, indptr, rows, m, place, n_touched, slope, g):
    """Sum the gradient of these rows into `g`, by the place of each touched feature."""
    n_outputs = slope.shape[1]
    if m == 1 and n_outputs == 1:
        start = indptr[rows[0]]
        c = slope[0, 0]
        for i in range(n_touched):
            g[i] = c * data[start + i]
        return
    for j in range(n_touched * n_outputs):
        g[j] = 0
    for i in range(m):
        start = indptr[rows[i]]
        for p in range(start, indptr[rows[i] + 1]):
            x = data[p]
            at = p - start if m == 1 else np.int64(place[np.uintp(indices[p])])
            if n_outputs == 1:
                g[np.uintp(at)] += x * slope[i, 0]
            else:
                for k in range(n_outputs):
                    g[at * n_outputs + k] += x * slope[i, k]


@_compile
def _full_gradient(data, indices, indptr, rows, m, slope, g):
    n_outputs = slope.shape[1]
    for j in range(g.shape[0]):
        g[j] = 0
    for i in range(m):
        for p in range(indptr[rows[i]], indptr[rows[i] + 1]):
            base = np.int64(indices[p]) * n_outputs
            for k in range(n_outputs):
                g[base + k] += data[p] * slope[i, k]


def epoch(
    data, indices, indptr, n_features, y, weight, mean_weight, runs, edges, whole_runs, batch_size,
    w, slots, hyper, rates, rate_stride, lr, t, l1, l2, n_outputs, fit_intercept, mode,
    loss_hyper, loss_address, update_all_address, update_touched_address, catch_up_touched_address, report,
):  # fmt: skip
    """Run one epoch; the same contract as the dense kernel's, with the update `mode` above."""
    loss = as_loss(loss_address, w)
    update_all = as_update_all(update_all_address, w)
    update_touched = as_update_touched(update_touched_address, w)
    catch_up_touched = as_catch_up_touched(catch_up_touched_address, w)
    d = n_features
    n_penalised = d * n_outputs
    n_moving = n_penalised + n_outputs if fit_intercept else n_penalised
    capacity = largest_batch(runs, edges, whole_runs, batch_size)
    rows = np.empty(capacity, np.int64)
    offsets = np.zeros(capacity + 1, np.int64)
    cursor = np.zeros(3, np.int64)
    y_batch = np.empty(capacity, w.dtype)
    weight_batch = np.empty(capacity, w.dtype)
    raw = np.empty((capacity, n_outputs), w.dtype)
    slope = np.empty((capacity, n_outputs), w.dtype)
    g = np.zeros(w.shape[0], w.dtype)
    features = np.empty(d + 1, np.int32)
    place = np.full(d + 1, -1, np.int32)
    last = np.zeros(d + 1 if mode == TOUCHED_WITH_CATCH_UP else 0, np.int32)
    first_step = t
    m = next_batch(runs, edges, whole_runs, batch_size, cursor, rows, 0, offsets)
    while m > 0:
        share = 1.0 / (m * mean_weight)
        for i in range(m):
            y_batch[i] = y[rows[i]]
            weight_batch[i] = share
            if weight.shape[0] > 0:
                weight_batch[i] *= weight[rows[i]]
        n_touched = 0
        if mode != EVERY_COORDINATE:
            n_touched = _touched_features(indices, indptr, rows, m, place, features)
            if mode == TOUCHED_WITH_CATCH_UP:
                catch_up_touched(
                    w, features, n_touched, last, t - first_step, slots, hyper, rates, rate_stride,
                    lr, w.dtype.type(t), l1, l2, n_penalised, n_outputs,
                )  # fmt: skip
        _predict(data, indices, indptr, rows, m, d, w, raw)

        value = loss(raw, y_batch, weight_batch, m, loss_hyper, offsets, cursor[2], slope)
        if not np.isfinite(value):
            report[3] = 1.0
            break
        report[0] += value * m
        report[2] += 1.0
        t += 1

        if mode == EVERY_COORDINATE:
            _full_gradient(data, indices, indptr, rows, m, slope, g)
        else:
            _packed_gradient(data, indices, indptr, rows, m, place, n_touched, slope, g)
        if fit_intercept:
            base = n_penalised if mode == EVERY_COORDINATE else n_touched * n_outputs
            for k in range(n_outputs):
                g[base + k] = 0
                for i in range(m):
                    g[base + k] += slope[i, k]

        if mode == EVERY_COORDINATE:
            report[1] += update_all(
                w, g, n_moving, slots, hyper, rates, lr, w.dtype.type(t), l1, l2, n_penalised
            )
        else:
            if m > 1:
                for i in range(n_touched):
                    place[np.uintp(features[i])] = -1
            if fit_intercept:
                features[n_touched] = d
                n_touched += 1
            report[1] += update_touched(
                w, features, n_touched, g, slots, hyper, rates, rate_stride,
                lr, w.dtype.type(t), l1, l2, n_penalised, n_outputs,
            )  # fmt: skip
        m = next_batch(runs, edges, whole_runs, batch_size, cursor, rows, 0, offsets)
    if mode == TOUCHED_WITH_CATCH_UP:
        for j in range(d):
            features[j] = j
        catch_up_touched(
            w, features, d, last, t - first_step, slots, hyper, rates, rate_stride,
            lr, w.dtype.type(t), l1, l2, n_penalised, n_outputs,
        )  # fmt: skip
    return t


@functools.cache
def csr_epoch(dtype: np.dtype, index_dtype: np.dtype) -> Any:
    """Return the compiled epoch kernel for CSR rows of `dtype` and an integer `index_dtype`."""
    T = kernel_types(dtype)
    index = types.int32 if np.dtype(index_dtype) == np.int32 else types.int64
    integers = types.Array(index, 1, "C", readonly=True)
    rows = (T.vector_in, integers, integers, types.int64, T.vector_in, T.vector_in, types.float64)
    order = (T.index_in, T.index_in, types.boolean, types.int64)
    state = (T.vector, T.matrix, T.vector, T.vector, types.int64)
    step = (T.scalar, types.int64, T.scalar, T.scalar, types.int64, types.boolean, types.int64)
    parts = (T.vector, types.int64, types.int64, types.int64, types.int64)
    signature = types.int64(*rows, *order, *state, *step, *parts, types.Array(types.float64, 1, "C"))
    return compiled_kernel(epoch, signature)
