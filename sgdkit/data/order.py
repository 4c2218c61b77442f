"""The order in which rows are visited: shuffled runs of neighbours, the same on every backend."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.sparse as sp

__all__ = (
    "LANES",
    "batches",
    "epoch_generator",
    "epoch_order",
    "largest_batch",
    "looks_ordered",
    "run_edges",
)

# Neighbours are visited together, because reading a row from a random place costs five times as
# much as the next one. Four runs at a time are visited side by side, a row of each in turn: the memory
# then serves four streams at once, half as fast again as one after the other, and a batch mixes rows of
# more places. Small data are shuffled row by row: there the cost does not matter.
RUN_LENGTH = 128
LANES = 4
SHUFFLE_ROWS_BELOW = 16_384


def _neighbour_ratio(values: np.ndarray) -> float:
    """Return von Neumann's ratio: squared neighbour differences over twice the variance; 1 by chance."""
    spread = 2.0 * float(np.var(values))
    return float(np.mean(np.diff(values) ** 2)) / spread if spread > 0.0 else 1.0


def looks_ordered(X: Any, y: np.ndarray) -> bool:
    """Tell whether neighbouring rows are alike, as in data sorted by label or by time.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_rows, n_features)
        Up to 16 columns of a dense X are looked at, on at most 8,192 rows in one stretch each from
        the start, the middle and the end.
    y : ndarray of shape (n_rows,) or (n_rows, n_targets)
        Encoded targets, of which the first 65,536 are looked at.

    Returns
    -------
    bool
        True where the mean squared difference of neighbours is more than 15 % below what chance
        gives, in a target or on average over the columns.
    """
    n = y.shape[0]
    targets = y[:65_536].astype(np.float64)
    if any(_neighbour_ratio(target) < 0.85 for target in np.atleast_2d(targets.T)):
        return True
    if sp.issparse(X) or n < 4:
        return False
    columns = np.linspace(0, X.shape[1] - 1, min(16, X.shape[1]), dtype=int)
    length = min(n, 2_730)
    ratios = []
    for start in (0, (n - length) // 2, n - length):
        stretch = np.asarray(X[start : start + length][:, columns], dtype=np.float64)
        ratios += [_neighbour_ratio(column) for column in stretch.T]
    return float(np.mean(ratios)) < 0.85


def run_edges(n_rows: int, run_length: int) -> np.ndarray:
    """Return the borders of the runs: run r is the rows ``edges[r]`` to ``edges[r + 1]``."""
    return np.append(np.arange(0, n_rows, run_length, dtype=np.int64), np.int64(n_rows))


def epoch_generator(seed: int, epoch: int) -> np.random.Generator:
    """Return the source of random numbers of one epoch."""
    return np.random.Generator(np.random.Philox(key=np.array([seed, epoch], np.uint64)))


def epoch_order(n_runs: int, seed: int, epoch: int, shuffle: bool) -> np.ndarray:
    """Return the order of the runs in one epoch; it depends on nothing but the arguments."""
    order = np.arange(n_runs, dtype=np.int64)
    if shuffle:
        epoch_generator(seed, epoch).shuffle(order)
    return order


def largest_batch(edges: np.ndarray, whole_runs: bool, batch_size: int) -> int:
    """Return the number of rows that buffers must hold."""
    longest_run = int(np.diff(edges).max(initial=0)) if whole_runs else 0
    return max(longest_run, min(batch_size, int(edges[-1] - edges[0])))


def batches(
    order: np.ndarray, edges: np.ndarray, whole_runs: bool, batch_size: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the rows of each batch and, with `whole_runs`, where each run starts in it.

    The same rule as the compiled kernels': a batch takes `batch_size` rows in order and may cut a
    run, or takes whole runs as long as they fit, and at least one. Runs that may be cut give a row each
    in turn, `LANES` of them at a time.
    """
    if not whole_runs:
        groups = [order[first : first + LANES] for first in range(0, len(order), LANES)]
        rows = np.concatenate([_in_turns(group, edges) for group in groups] or [np.empty(0, np.int64)])
        for start in range(0, len(rows), batch_size):
            yield rows[start : start + batch_size], np.zeros(1, np.int64)
        return
    taken: list[np.ndarray] = []
    size = 0
    for r in [*order, None]:
        length = 0 if r is None else int(edges[r + 1] - edges[r])
        if taken and (r is None or size + length > batch_size or size >= batch_size):
            offsets = np.append(0, np.cumsum([len(t) for t in taken])).astype(np.int64)
            yield np.concatenate(taken), offsets
            taken, size = [], 0
        if r is not None:
            taken.append(np.arange(edges[r], edges[r + 1]))
            size += length


def _in_turns(runs: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the rows of some runs: the first of each, then the second of each, and so on."""
    starts, lengths = edges[runs], edges[runs + 1] - edges[runs]
    offsets = np.arange(lengths.max(initial=0))[:, None]
    rows: np.ndarray = (starts + offsets)[offsets < lengths]
    return rows
