"""Which rows the next batch takes, and fetching them from memory before they are needed."""

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from sgdkit.kernels.abi import FASTMATH

__all__ = ("add_magnitude", "drop_noise", "next_batch", "prefetch_row")


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
        for i in range(stop - start):
            rows[at + m + i] = start + i
        m += stop - start
        if stop == edges[run + 1]:
            cursor[0] += 1
            cursor[1] = 0
        else:
            cursor[1] += stop - start
    cursor[2] = n_groups
    return m


@intrinsic
def _prefetch(typingctx, array, at):
    """Ask for the cache line that holds byte `at` of a C-contiguous array."""

    def codegen(context, builder, signature, args):
        view = context.make_array(signature.args[0])(context, builder, args[0])
        address = builder.add(builder.ptrtoint(view.data, ir.IntType(64)), args[1])
        pointer = builder.inttoptr(address, ir.IntType(8).as_pointer())
        flag = ir.IntType(32)
        function = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer(), flag, flag, flag]),
            "llvm.prefetch.p0i8",
        )
        builder.call(function, [pointer, flag(0), flag(2), flag(1)])
        return context.get_dummy_value()

    return types.void(array, types.int64), codegen


@njit(error_model="numpy", forceinline=True)
def prefetch_row(X, y, row):
    """Start loading a row and its target into the second-level cache without waiting for them."""
    size = X.shape[1] * X.itemsize
    for at in range(0, size, 64):
        _prefetch(X, np.int64(row) * size + at)
    _prefetch(y, np.int64(row) * y.itemsize)


@njit(error_model="numpy", fastmath=FASTMATH, forceinline=True)
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
