"""Whether an objective that stands still is near its optimum, or only moves too slowly to be seen."""

from dataclasses import replace
from typing import Any

import numpy as np

from sgdkit.backends.base import Backend, Problem, TrainState
from sgdkit.engine.gradient import FullGradient
from sgdkit.engine.rates import sampled_rows
from sgdkit.solvers.distance import estimated_distance
from sgdkit.solvers.objective import Objective
from sgdkit.solvers.terms import has_certificate, has_curvature

__all__ = ("FAR", "distance_left")

# Share of the objective that update rules are held to; solvers prove far less.
FAR = 0.01


def distance_left(
    problem: Problem, backend: Backend, state: TrainState, weight: np.ndarray | None, proved: bool
) -> float:
    """Return about how much lower the objective can still go; NaN where that is not known.

    Parameters
    ----------
    problem, backend : Problem, Backend
        What was trained on, and where.
    state : TrainState
        The solution.
    weight : ndarray of shape (n_rows,) or None
        Row weights of the stated objective, of mean 1.
    proved : bool
        Whether to return what is proved, where nothing can be estimated: far above the truth.
    """
    if backend.xp is not np or problem.whole_runs or problem.bounds is not None:
        return float("nan")
    own: Any = None if weight is None else weight.astype(problem.X.dtype)
    problem = replace(problem, weight=own)
    gradient = FullGradient(problem, backend, np.ones(problem.X.shape[1])).of_loss(state.w)
    W = state.w.astype(np.float64).reshape(-1, problem.n_outputs)
    if problem.center is not None:
        gradient[:-1] += np.outer(problem.center, gradient[-1])
        W = np.vstack([W[:-1], W[-1] - problem.center @ W[:-1]])
    if proved and not has_curvature(problem.loss) and has_certificate(problem.loss):
        whole = replace(problem, y=problem.y[:, 0] if problem.y.shape[1] == 1 else problem.y, center=None)
        objective = Objective(whole)
        v, b = objective.scaled(W)
        z = objective.predict(v, b)
        bound = objective.dual(objective.terms.slopes(z)) if objective.bounded else float("nan")
        return objective.value(z, v) - bound
    return estimated_distance(problem, sampled_rows(problem.X.shape[0]), W, gradient)
