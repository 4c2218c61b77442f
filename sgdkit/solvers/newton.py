"""Newton's method for smooth losses: few iterations, each with a proof of how far the optimum can be."""

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from sgdkit.backends.base import Problem
from sgdkit.losses.base import Loss
from sgdkit.losses.squared_error import SquaredError
from sgdkit.penalties import Penalty
from sgdkit.solvers.base import Run, ScaledSolver, Solution, SolverPlan
from sgdkit.solvers.central_path import follow_central_path, has_half_parabolas
from sgdkit.solvers.floor import Floor
from sgdkit.solvers.objective import Objective
from sgdkit.solvers.rows import ALL, Along, SomeRows, chunks
from sgdkit.solvers.systems import (
    MAX_FEATURES,
    FeatureSystem,
    RowSystem,
    Step,
    coupled_step,
    factored_system,
    solve_by_products,
)
from sgdkit.solvers.terms import PointwiseTerms, curved, has_curvature

__all__ = ("Newton", "NewtonCG")

# A run from zero starts on a sixteenth of the rows if that is at least so many.
SAMPLE_SHARE = 16
SAMPLE_LEAST = 4096
STRETCH = 64
# The end is in sight, and a bound worth its time, once half the decrement is below this share of the
# objective, or the step brought what the quadratic model promised, but for this share.
IN_SIGHT = 0.1


class Newton(ScaledSolver):
    r"""Damped Newton method in implicitly centred and scaled variables.

    The system of an iteration is solved by a Cholesky factor of the features' matrix (up to 1,000 of
    them; of features times classes for the softmax), of the rows' matrix (up to 2,000 rows and more
    features than rows), or else by conjugate gradients, preconditioned by the rows that curve most.

    Where these are needed and the loss is made of half parabolas, such as the squared hinge, iterates follow
    the central path instead of steps of their own (see Notes).

    For a loss that is smooth, with a second derivative, and penalty ``"l2"`` or None.

    From zero, on many rows, it first solves the problem on a sixteenth of them, in evenly spaced stretches.

    Parameters
    ----------
    max_products : int, default=2000
        Products with the Hessian in one iteration at most, where conjugate gradients are used.

    Notes
    -----
    The bound of the optimum is taken at the slopes that the quadratic model expects after the full step,
    ``slope + curvature * (A p + pb)``, made feasible. It is then as good as the next iterate. The Newton
    decrement itself is no bound: it was below the true distance in nine of ten iterates that were tried.
    A row of a half parabola is curved or flat, and a step that knows the present side alone throws many rows
    across where few matter. On the central path the distances beyond and short of the corner are variables,
    both positive, with a product that falls by iterations.

    Without a penalty, or for a loss without a conjugate, there is no bound; the run then stops when the
    decrement, which is an estimate, is at most ``tol`` times the objective.

    References
    ----------
    Boyd and Vandenberghe, "Convex optimization", 2004, section 9.5; Nocedal and Wright, "Numerical
    optimization", 2nd edition 2006, section 7.1 (conjugate gradients).

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sgdkit import LogisticClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = LogisticClassifier(optimizer="newton", tol=1e-8).fit(X, y)
    >>> bool(model.optimality_gap_ <= 1e-8 * model.history_["objective"][-1])
    True
    """

    name = "newton"
    _factors: ClassVar[bool] = True

    def __init__(self, max_products: int = 2000):
        self.max_products = max_products

    def refusal(self, loss: Loss, penalty: Penalty) -> str | None:  # noqa: D102
        if not has_curvature(loss):
            return f"needs second derivatives, which the loss {loss.name!r} does not have"
        if penalty.l1 > 0.0:
            return "takes no l1 penalty"
        return None

    def solve(self, problem: Problem, start: np.ndarray, plan: SolverPlan) -> Solution:  # noqa: D102
        if not start[:-1].any():
            start = self._from_sample(problem, start)
        return super().solve(problem, start, plan)

    def _from_sample(self, problem: Problem, start: np.ndarray) -> np.ndarray:
        """Return the optimum of a sample: that tells most, so iterations over all rows are few."""
        rows = _sample(problem)
        return start if rows is None else super().solve(rows, start, SolverPlan(20, 1e-3)).weights

    def _solve(self, objective: Objective, start: np.ndarray, plan: SolverPlan) -> Solution:
        v, b = objective.scaled(start)
        z = objective.predict(v, b)
        value = objective.value(z, v)
        if not value <= objective.null:
            v, b = np.zeros_like(v), objective.constant
            z = objective.predict(v, b)
            value = objective.null
        run = Run(objective, plan, (v, b), value)
        couples = objective.terms.couples
        system = factored_system(objective) if self._factors and not couples else None
        together = self._factors and couples and v.shape[1] * (v.shape[0] + 1) <= MAX_FEATURES
        if system is None and objective.bounded and has_half_parabolas(objective.problem.loss):
            follow_central_path(objective, run, v, b, z, self.max_products)
            return run.solution()
        floor = Floor(objective.curvature)
        slopes, moved = np.empty_like(z), np.empty_like(z)

        def curvatures(rows: slice) -> tuple[np.ndarray, np.ndarray | None]:
            diagonal, coupling = objective.terms.curvatures(z[rows], rows)
            return floor(diagonal), coupling

        for _ in run:
            for rows in chunks(len(z)):
                slopes[rows] = objective.terms.slopes(z[rows], rows)
            if system is not None:
                step = _by_output(system, floor, v, b, z, slopes)
            elif together:
                step = coupled_step(objective, objective.gradient(slopes, v), curvatures)
            else:
                step = solve_by_products(
                    objective,
                    objective.gradient(slopes, v),
                    *curvatures(ALL),
                    _accuracy(run, value),
                    self.max_products,
                )
            for rows, line in objective.design.lines(step.p):
                moved[rows] = line + step.pb
            before, decrease = value, step.decrease
            length, value = _damped(objective, step, v, z, moved, value)
            missed = abs(before - value - decrease)
            in_sight = decrease < IN_SIGHT * abs(value) or missed < IN_SIGHT * decrease
            hidden = decrease <= 1e-15 * abs(value) or value <= 1e-15 * objective.null
            if in_sight or hidden or length < 0.1 or run.is_last:
                for rows in chunks(len(z)):  # what the quadratic model expects after the full step
                    slopes[rows] += curved(*curvatures(rows), moved[rows])
                run.certify(slopes, overwrite=True)
            v, b = v + length * step.p, b + length * step.pb
            moved *= length
            z += moved
            run.end_iteration(value, v, b, gradient_norm=step.gradient_norm, step=length, estimate=decrease)
            if not floor.learn(length) or hidden:
                run.stall()
        return run.solution()


class NewtonCG(Newton):
    """Newton's method by products alone: no matrix of features or rows is factored.

    As `Newton` where that uses conjugate gradients, whatever the size of the problem. It needs memory for a
    few vectors, and, once the diagonal has served for 100 products as a preconditioner, for a matrix of at
    most 2,000 rows.

    Parameters
    ----------
    max_products : int, default=2000
        Products with the Hessian in one iteration at most.

    References
    ----------
    Nocedal and Wright, "Numerical optimization", 2nd edition 2006, algorithm 7.1 (line search Newton-CG).

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sgdkit import LinearRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> LinearRegressor(optimizer="newton_cg").fit(X, y).converged_
    True
    """

    name = "newton_cg"
    _factors = False


def _sample(problem: Problem) -> Problem | None:
    """Return the problem on evenly spaced stretches of rows; None if they are too few, or no help."""
    n, d = problem.X.shape
    n_stretches = n // SAMPLE_SHARE // STRETCH
    if isinstance(problem.loss, SquaredError):  # solved in one iteration anyway
        return None
    if n_stretches * STRETCH < max(SAMPLE_LEAST, 20 * (d + 1) * problem.n_outputs):
        return None
    starts = np.linspace(0, n - STRETCH, n_stretches, dtype=np.int64)
    rows = (starts[:, None] + np.arange(STRETCH)).ravel()
    weight = None if problem.weight is None else problem.weight[rows]
    X = problem.X[rows] if sp.issparse(problem.X) else SomeRows(problem.X, rows)
    return replace(problem, X=X, y=problem.y[rows], weight=weight)


def _by_output(
    system: FeatureSystem | RowSystem,
    floor: Floor,
    v: np.ndarray,
    b: np.ndarray,
    z: np.ndarray,
    slopes: np.ndarray,
) -> Step:
    """Return the Newton step of outputs that do not interact, one after the other."""
    weights, whole = system.objective.weights, system.objective.terms
    assert isinstance(whole, PointwiseTerms)
    steps = []
    for k in range(v.shape[1]):
        terms, own = whole.output(k), slice(k, k + 1)

        def parts(
            rows: slice, terms: PointwiseTerms = terms, own: slice = own
        ) -> tuple[np.ndarray, np.ndarray]:
            weight = weights[rows]
            q = floor(terms.curvatures(z[rows, own], rows)[0])[:, 0]
            return weight * q, -weight * slopes[rows, own][:, 0]

        system.factor(parts)
        steps.append(system.solve(v[:, k], z[:, k] - b[k] if system.needs_linear else None))
    if len(steps) == 1:
        return steps[0]
    return Step(*(np.concatenate(each, axis=-1) for each in zip(*steps, strict=True)))


def _accuracy(run: Run, value: float) -> Callable[[float, float, float], bool]:
    """Return when conjugate gradients may stop: soon if far away, later when the bound is good enough."""
    goal = (run.plan.tol or 1e-12) * abs(value)

    def is_done(left: float, decrease: float, harm: float) -> bool:
        if left > 0.1:
            return False
        return decrease > 30.0 * goal or (harm <= max(0.1 * decrease, 0.03 * goal) and left < 0.03)

    return is_done


def _damped(
    objective: Objective, step: Step, v: np.ndarray, z: np.ndarray, moved: np.ndarray, value: float
) -> tuple[float, float]:
    """Return the largest of 1, 1/2, 1/4, … that brings enough, and the objective there; 0 if none does."""
    length = 1.0
    with np.errstate(over="ignore", invalid="ignore"):
        while length > 1e-10:
            there = objective.value(Along(z, moved, length), v + length * step.p)
            if there <= value - 2e-4 * length * step.decrease + 1e-15 * abs(value):
                return length, there
            length *= 0.5
    return 0.0, value
