"""Which rows the next batch takes, and what is done to its gradient on every layout."""

import numpy as np
from numba import njit

from sgdkit.kernels.abi import FASTMATH
from sgdkit.kernels.instructions import prefetch

__all__ = ("add_magnitude", "clip_gradient", "clips", "drop_noise", "next_batch", "prefetch_row")


@njit(error_model="numpy", forceinline=True)
def next_batch(runs, edges, lanes, batch_size, cursor, rows, at, offsets):
    """Write the rows of the next batch to ``rows[at:]`` and return their number.

    Run `r` is the rows ``edges[r]`` to ``edges[r + 1]``; they are taken in the order of `runs`, `lanes`
    of them at a time, a row of each in turn. With 0 lanes runs are queries, which no batch cuts: one
    longer than `batch_size` is a batch of its own, and `offsets` receives where each one starts in
    the batch. `cursor` keeps the place: the next run, the next row in it, and the lane whose turn it is;
    then the number of whole runs in the batch.
    """
    m = 0
    cursor[3] = 0
    if lanes == 0:
        while m < batch_size and cursor[0] < runs.shape[0]:
            run = runs[cursor[0]]
            length = edges[run + 1] - edges[run]
            if m > 0 and m + length > batch_size:
                break
            for i in range(length):
                rows[at + m + i] = edges[run] + i
            m += length
            cursor[0] += 1
            cursor[3] += 1
            offsets[cursor[3]] = m
        return m
    while m < batch_size and cursor[0] < runs.shape[0]:
        first, offset, lane = cursor[0], cursor[1], cursor[2]
        width = min(lanes, runs.shape[0] - first)
        longest, shortest = np.int64(0), np.int64(2**62)
        for lane_of in range(first, first + width):
            length = edges[runs[lane_of] + 1] - edges[runs[lane_of]]
            longest, shortest = max(longest, length), min(shortest, length)
        if lane == 0:  # whole turns of all lanes
            turns = min(shortest - offset, (batch_size - m) // width)
            for lane_of in range(width):
                row = edges[runs[first + lane_of]] + offset
                for i in range(turns):
                    rows[at + m + i * width + lane_of] = row + i
            m += max(turns, 0) * width
            offset += max(turns, 0)
        while m < batch_size and offset < longest:
            run = runs[first + lane]
            row = edges[run] + offset
            if row < edges[run + 1]:
                rows[at + m] = row
                m += 1
            lane += 1
            if lane == width:
                lane = 0
                offset += 1
        if offset == longest:
            first += width
            offset = 0
        cursor[0], cursor[1], cursor[2] = first, offset, lane
    return m


@njit(error_model="numpy", forceinline=True)
def prefetch_row(X, y, row):
    """Start loading a row and its target."""
    d = np.int64(X.shape[1])
    prefetch(X, row * d, (row + 1) * d)
    prefetch(y, row, row + 1)


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


@njit(error_model="numpy", forceinline=True)
def _limit(x, most):
    return max(min(x, most), -most)


@njit(error_model="numpy", forceinline=True)
def clips(clip):
    """Tell whether there is a limit to norms or components."""
    return clip[0] < np.inf or clip[1] < np.inf


@njit(error_model="numpy", forceinline=True)
def clip_gradient(g, n, clip):
    """Clip the first `n` components to the size `clip[1]`, then all of them to the norm `clip[0]`.

    Return what this takes off the squared norm.
    """
    if not clips(clip):
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
