"""The objective at given weights, in one pass over the rows."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from sgdkit.backends.base import Backend, Problem
from sgdkit.losses.base import BatchLoss

__all__ = ("objective_at",)

ROWS = 4096


def objective_at(problem: Problem, backend: Backend, w: Any) -> float:
    """Return the mean loss plus penalty at weights `w`.

    Parameters
    ----------
    problem : Problem
        Rows, loss and penalty.
    backend : Backend
        Where its arrays are.
    w : array of shape ((n_features + 1) * n_outputs,)
        Weights as in a `TrainState`.

    Returns
    -------
    float
        In float64, whatever the dtype of the rows.
    """
    xp, k = backend.xp, problem.n_outputs
    n, d = problem.X.shape
    W = xp.reshape(w, (d + 1, k))
    bias = W[d:, :]
    if problem.center is not None:
        bias = bias - xp.asarray(problem.center[None, :], dtype=W.dtype) @ W[:d, :]
    total = 0.0
    for start, stop, offsets in _pieces(problem):
        weight = xp.ones(stop - start, dtype=W.dtype)
        if problem.weight is not None:
            weight = problem.weight[start:stop]
        raw = problem.X[start:stop, :] @ W[:d, :] + bias
        y = problem.y[start:stop, :]
        y = y[:, 0] if isinstance(problem.loss, BatchLoss) else y
        value, _ = problem.loss.evaluate_batch(xp, raw, y, weight, offsets)
        total += float(value)
    penalty = problem.penalty.value(backend.to_host(w).astype(np.float64)[: d * k])
    return total / (n * problem.mean_weight) + penalty


def _pieces(problem: Problem) -> Iterator[tuple[int, int, np.ndarray]]:
    """Yield the borders of about `ROWS` rows each, and where queries start among them."""
    n, edges = problem.X.shape[0], problem.edges
    if not problem.whole_runs:
        for start in range(0, n, ROWS):
            yield start, min(start + ROWS, n), np.zeros(1, np.int64)
        return
    run = 0
    while run < len(edges) - 1:  # whole queries while they fit, and at least one
        after = max(run + 1, int(np.searchsorted(edges, edges[run] + ROWS, side="right")) - 1)
        yield int(edges[run]), int(edges[after]), edges[run : after + 1] - edges[run]
        run = after
