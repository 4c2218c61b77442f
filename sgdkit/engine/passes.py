"""One pass over all rows at one point, some thousand at a time: what objective and gradient share."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from sgdkit.backends.base import Backend, Problem
from sgdkit.losses.base import BatchLoss

__all__ = ("evaluations",)

ROWS = 4_096


def evaluations(
    problem: Problem, backend: Backend, w: Any, share: float = 1.0
) -> Iterator[tuple[Any, Any, Any]]:
    """Yield rows, the sum of their losses and its derivative by the raw predictions, piece by piece.

    Parameters
    ----------
    problem : Problem
        Rows, targets, weights and loss.
    backend : Backend
        Where its arrays are.
    w : array of shape ((n_features + 1) * n_outputs,)
        Weights as in a `TrainState`.
    share : float, default=1.0
        Factor on every row's weight.
    """
    xp, d = backend.xp, problem.X.shape[1]
    W = xp.reshape(w, (d + 1, problem.n_outputs))
    bias = W[d:, :]
    if problem.center is not None:
        bias = bias - xp.asarray(problem.center[None, :], dtype=W.dtype) @ W[:d, :]
    for rows, offsets in _pieces(problem):
        X, y = problem.X[rows, :], problem.y[rows, :]
        y = y[:, 0] if isinstance(problem.loss, BatchLoss) else y
        weight = xp.ones(y.shape[0], dtype=W.dtype) if problem.weight is None else problem.weight[rows]
        yield X, *problem.loss.evaluate_batch(xp, X @ W[:d, :] + bias, y, share * weight, offsets)


def _pieces(problem: Problem) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield slices of about `ROWS` rows each, and where queries start among them."""
    n, edges = problem.X.shape[0], problem.edges
    if not problem.whole_runs:
        for start in range(0, n, ROWS):
            yield slice(start, min(start + ROWS, n)), np.zeros(1, np.int64)
        return
    run = 0
    while run < len(edges) - 1:  # whole queries while they fit, and at least one
        after = max(run + 1, int(np.searchsorted(edges, edges[run] + ROWS, side="right")) - 1)
        yield slice(int(edges[run]), int(edges[after])), edges[run : after + 1] - edges[run]
        run = after
