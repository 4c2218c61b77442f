"""The gradient of the whole objective: how far the weights are from the optimum's condition."""

from typing import Any

import numpy as np

from sgdkit.backends.base import Backend, Problem, TrainState
from sgdkit.backends.bounds import coordinate_bounds
from sgdkit.engine.passes import evaluations

__all__ = ("FullGradient",)


class FullGradient:
    """Measures the gradient of the objective over all rows, at the cost of a pass over them.

    Parameters
    ----------
    problem : Problem
        The objective; its row weights are those of the objective.
    backend : Backend
        Whose arrays the problem and the states hold.
    scale : ndarray of shape (n_features,)
        Positive size of each column.

    Notes
    -----
    The gradients of batches do not fall to zero: at the optimum they are noise that cancels over
    an epoch. So the gradient is taken over all rows at one point. Component `j` is divided by the
    scale of its column, so that the norm is that of features in units of their own size.

    Where the objective has a corner or a bound, the component is that of the steepest feasible
    descent: of the subgradient of ``l1 |w|`` with the smallest size, and nothing where it points
    out of the bounds. It is zero at the optimum, and only there if the objective is convex.
    """

    def __init__(self, problem: Problem, backend: Backend, scale: np.ndarray):
        self.problem = problem
        self.backend = backend
        self.scale = scale

    def of_loss(self, w: Any) -> np.ndarray:
        """Return the gradient of the mean loss, of shape (n_features + 1, n_outputs)."""
        problem, to_host = self.problem, self.backend.to_host
        d = problem.X.shape[1]
        share = 1.0 / (problem.X.shape[0] * problem.mean_weight)
        gradient = np.zeros((d + 1, problem.n_outputs))
        for X, _, slope in evaluations(problem, self.backend, w, share):
            gradient[:d] += to_host(X.T @ slope)
            gradient[d] += to_host(self.backend.xp.sum(slope, axis=0))
        if problem.center is not None:
            gradient[:d] -= np.outer(problem.center, gradient[d])
        return gradient

    def norm(self, state: TrainState) -> float:
        """Return the norm of the gradient of the objective at the weights of `state`."""
        problem, d = self.problem, self.problem.X.shape[1]
        gradient = self.of_loss(state.w)
        w = self.backend.to_host(state.w)[: d * problem.n_outputs]
        low, high = coordinate_bounds(problem, w.dtype)
        slope = gradient[:d].ravel() + problem.l2 * w
        at_corner = np.sign(slope) * np.maximum(np.abs(slope) - problem.l1, 0.0)
        slope = np.where(w == 0.0, at_corner, slope + problem.l1 * np.sign(w))
        if low.size:
            slope = np.where(((w <= low) & (slope > 0.0)) | ((w >= high) & (slope < 0.0)), 0.0, slope)
        square = float(np.sum(np.square(slope / np.repeat(self.scale, problem.n_outputs))))
        return (square + float(problem.fit_intercept) * float(np.sum(np.square(gradient[d])))) ** 0.5
