"""Which rows the next batch takes, and fetching them from memory before they are needed."""

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = ("add_magnitude", "clip_gradient", "clip_listed", "drop_noise", "next_batch", "prefetch_row")


@njit(error_model="numpy", forceinline=True)
def next_batch(runs, edges, whole_runs, batch_size, cursor, rows, at, offsets):
    """Write the rows of the next batch to ``rows[at:]`` and return their number.

    Run `r` is the rows ``edges[r]`` to ``edges[r + 1]``; they are taken in the order of `runs`. A
    run may be cut by the end of a batch, unless `whole_runs`: then runs are queries, `offsets`
    receives where each one starts in the batch, and a query longer than `batch_size` is a batch
    of its own. `cursor` keeps the place: the next run, and how many of its rows are taken.
    """
    m = 0
    n_groups = 0
    while m < batch_size and cursor[0] < runs.shape[0]:
        run = runs[cursor[0]]
        start = edges[run] + cursor[1]
        stop = edges[run + 1]
        if whole_runs:
            if m > 0 and m + stop - start > batch_size:
                break
            n_groups += 1
            offsets[n_groups] = m + stop - start
        else:
            stop = min(stop, start + batch_size - m)
        for row in range(start, stop):
            rows[at + m] = row
            m += 1
        if stop == edges[run + 1]:
            cursor[0] += 1
            cursor[1] = 0
        else:
            cursor[1] += stop - start
    cursor[2] = n_groups
    return m


@intrinsic
def _prefetch(typingctx, array, row, line):
    """Ask for cache line number `line` of a row of a C-contiguous matrix."""

    def codegen(context, builder, signature, args):
        array_type = signature.args[0]
        matrix = context.make_array(array_type)(context, builder, args[0])
        stride = cgutils.unpack_tuple(builder, matrix.strides)[0]
        byte = builder.add(
            builder.mul(args[1], stride), builder.mul(args[2], ir.Constant(ir.IntType(64), 64))
        )
        base = builder.ptrtoint(matrix.data, ir.IntType(64))
        address = builder.inttoptr(builder.add(base, byte), ir.IntType(8).as_pointer())
        flag = ir.IntType(32)
        function = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer(), flag, flag, flag]),
            "llvm.prefetch.p0i8",
        )
        builder.call(function, [address, flag(0), flag(2), flag(1)])
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64), codegen


@njit(error_model="numpy", forceinline=True)
def prefetch_row(X, row):
    """Start loading a row into the second-level cache without waiting for it."""
    for line in range((X.shape[1] * X.itemsize + 63) // 64):
        _prefetch(X, np.int64(row), np.int64(line))


@njit(error_model="numpy", forceinline=True)
def add_magnitude(slope, n_rows, magnitude):
    """Add up the absolute slopes of a batch, one sum for each output."""
    for i in range(n_rows):
        for k in range(magnitude.shape[0]):
            magnitude[k] += abs(slope[i, k])


@njit(error_model="numpy", forceinline=True)
def drop_noise(g, at, magnitude):
    """Set to zero the intercept gradients that are no more than the rounding of their own sum.

    An intercept that starts at its optimum has such a gradient, 1e-17, and a rule that divides by
    the gradient's size would take it for a direction. Also clears the magnitudes.
    """
    roundoff = 1e-6 if g.itemsize == 4 else 2e-15
    for k in range(magnitude.shape[0]):
        if abs(g[at + k]) <= roundoff * magnitude[k]:
            g[at + k] = 0
        magnitude[k] = 0


@njit(error_model="numpy", forceinline=True)
def _limit(x, most):
    return max(min(x, most), -most)


@njit(error_model="numpy", forceinline=True)
def clip_gradient(g, n, clip):
    """Clip the first `n` components to the size `clip[1]`, then all of them to the norm `clip[0]`.

    Return what this takes off the squared norm.
    """
    if not (clip[0] < np.inf or clip[1] < np.inf):
        return 0.0
    before, after = 0.0, 0.0
    for j in range(n):
        before += np.float64(g[j]) * g[j]
        g[j] = _limit(g[j], clip[1])
        after += np.float64(g[j]) * g[j]
    shrink = clip[0] / np.sqrt(after) if after > clip[0] * clip[0] else 1.0
    for j in range(n):
        g[j] *= shrink
    return before - shrink * shrink * after


@njit(error_model="numpy", forceinline=True)
def clip_listed(g, listed, n_listed, start, stop, clip):
    """Do the same to the listed components and those from `start` to `stop`; the others are zero."""
    if not (clip[0] < np.inf or clip[1] < np.inf):
        return 0.0
    before, after = 0.0, 0.0
    for i in range(n_listed + stop - start):
        j = np.int64(listed[i]) if i < n_listed else start + i - n_listed
        before += np.float64(g[j]) * g[j]
        g[j] = _limit(g[j], clip[1])
        after += np.float64(g[j]) * g[j]
    shrink = clip[0] / np.sqrt(after) if after > clip[0] * clip[0] else 1.0
    for i in range(n_listed + stop - start):
        j = np.int64(listed[i]) if i < n_listed else start + i - n_listed
        g[j] *= shrink
    return before - shrink * shrink * after
