"""The objective at given weights, in one pass over the rows."""

from typing import Any

import numpy as np

from sgdkit.backends.base import Backend, Problem
from sgdkit.engine.passes import evaluations

__all__ = ("objective_at",)


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
    n, d = problem.X.shape
    total = sum(float(value) for _, value, _ in evaluations(problem, backend, w))
    penalty = problem.penalty.value(backend.to_host(w).astype(np.float64)[: d * problem.n_outputs])
    return total / (n * problem.mean_weight) + penalty
