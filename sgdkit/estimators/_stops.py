"""From `grad_tol` to a measure of the gradient and the norm at which training has converged."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from sgdkit.backends.base import Backend, Problem, TrainState
from sgdkit.backends.bounds import project
from sgdkit.backends.select import is_cupy
from sgdkit.engine.gradient import FullGradient
from sgdkit.engine.loop import initial_state
from sgdkit.engine.rates import column_scales
from sgdkit.exceptions import UnsupportedCombinationError

__all__ = ("gradient_rule",)


def gradient_rule(
    model: Any, problem: Problem, backend: Backend, start: np.ndarray, weight: np.ndarray | None
) -> tuple[Callable[[TrainState], float], float]:
    """Return what measures the gradient of the objective, and the norm that is small enough.

    The goal is a share of the norm at the model without features, wherever training starts: a warm
    start near the optimum could hardly fall to a small share of its own first gradient.

    Parameters
    ----------
    model : estimator
        With `grad_tol`.
    problem, backend : Problem, Backend
        The objective.
    start : ndarray of shape (n_outputs,)
        Intercepts of the model without features.
    weight : ndarray of shape (n_rows,) or None
        Row weights of mean 1, on the host.

    Raises
    ------
    UnsupportedCombinationError
        For losses with corners.
    """
    if not np.isfinite(problem.loss.curvature):
        raise UnsupportedCombinationError(
            f"{type(model).__name__}(grad_tol={model.grad_tol!r}): loss {problem.loss.name!r} has corners, "
            "where its gradient jumps, so it does not fall to zero at the optimum. Use tol, or a smooth loss."
        )
    # The objective counts rows by their own weights, however often an epoch visits them.
    own = None if weight is None else backend.from_host(weight.astype(problem.X.dtype))
    problem = replace(problem, weight=own)
    host_X = problem.X.get() if is_cupy(problem.X) else problem.X
    gradient = FullGradient(problem, backend, column_scales(host_X, weight, problem.center))
    state = initial_state(problem, backend, start, problem.X.dtype, 1)
    state.w = backend.from_host(project(problem, backend.to_host(state.w)))
    return gradient.norm, float(model.grad_tol) * gradient.norm(state)
