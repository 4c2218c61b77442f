"""Stochastic gradients whose noise dies out: SAGA and SVRG, with a bound of the optimum after every sweep."""

from typing import Any, ClassVar, cast

import numpy as np
import scipy.sparse as sp

from sgdkit.data.order import epoch_generator
from sgdkit.losses.base import Loss
from sgdkit.penalties import Penalty
from sgdkit.solvers.base import Run, ScaledSolver, Solution, SolverPlan
from sgdkit.solvers.objective import Objective
from sgdkit.solvers.terms import has_curvature, is_smooth

__all__ = ("SAGA", "SVRG", "VarianceReduced")

# A sweep may raise the objective by this share of it, by chance; above it the step is too long.
RISE = 0.05


class VarianceReduced(ScaledSolver):
    """Base of the solvers that correct each row's gradient by an older one of the same row."""

    _keeps: ClassVar[bool]

    def refusal(self, loss: Loss, penalty: Penalty) -> str | None:  # noqa: D102
        if type(loss).function("evaluate") is None:
            return f"needs a loss whose outputs do not interact, and those of {loss.name!r} do"
        if not is_smooth(loss):
            return f"needs a smooth loss, which {loss.name!r} is not"
        if not np.isfinite(loss.curvature):
            return f"needs a loss whose second derivative has a bound, and that of {loss.name!r} has none"
        return None

    def _solve(self, objective: Objective, start: np.ndarray, plan: SolverPlan) -> Solution:
        v, b = objective.scaled(start)
        z = objective.predict(v, b)
        value = objective.value(z, v)
        run = Run(objective, plan, (v, b), value)
        sweep = _Sweep(objective, keeps=self._keeps)
        slopes = objective.terms.slopes(z)
        point = sweep.point(v, b, slopes)
        n = objective.design.n
        for made in run:
            before = [each.copy() for each in point]
            generator = epoch_generator(plan.seed, plan.first_epoch + made)
            order = generator.choice(n, n, p=sweep.chance)
            for k in range(v.shape[1]):
                sweep(k, order, point)
            found, step = sweep.centred(point), sweep.step
            there = objective.value(objective.predict(*found), found[0])
            if not there <= value + RISE * abs(value):  # not for NaN either
                point = before
                sweep.step *= 0.5
                run.end_iteration(value, v, b, gradient_norm=float("nan"), step=0.0)
                continue
            moved = float(np.linalg.norm(found[0] - v))
            v, b, value = *found, there
            best = _balanced(objective, v, b)
            slopes = objective.terms.slopes(objective.predict(v, best))
            g, gb = objective.gradient(slopes, v)
            norm = float(np.sqrt((_steepest(objective, g, v) ** 2).sum() + gb @ gb))
            run.certify(slopes)
            reached = objective.value(objective.predict(v, best), v)
            if reached <= value:
                b, value = best, reached
                point[1][:] = sweep.point(v, b, slopes)[1]
            if not self._keeps:
                point = sweep.point(v, b, objective.terms.slopes(objective.predict(v, b)))
            run.end_iteration(value, v, b, gradient_norm=norm, step=step, estimate=50.0 * norm * norm)
            if moved == 0.0 or value <= 1e-15 * objective.null:
                run.stall()
        return run.solution()


class SAGA(VarianceReduced):
    r"""Stochastic average gradients, for smooth losses of rows and every penalty.

    Each row's last slope is remembered. A step uses the present slope of one row, less its old one, plus the
    mean of all old ones: right on average, and at the optimum without noise, so the step need not shrink.
    Penalties are proximal steps, and ``"l1"`` gives exact zeros. A sweep makes as many steps as there are
    rows, on sparse rows at a cost in proportion to the non-zeros. It suits many rows and columns of low
    correlation.

    Notes
    -----
    With :math:`A_i` the scaled row and `c` the largest second derivative, row `i` is drawn with a probability
    :math:`p_i` half of which is in proportion to :math:`L_i = a_i c (\lVert A_i\rVert^2 + 1)`. The step is
    :math:`1 / (3 \max_i L_i / p_i)`, that of the paper. It is halved if a sweep raises the objective. A
    bound of the optimum is taken after every sweep, at the best intercept for the weights. Dense rows are
    centred, sparse rows are not.

    References
    ----------
    Defazio, Bach and Lacoste-Julien, "SAGA: a fast incremental gradient method with support for non-strongly
    convex composite objectives", NeurIPS 2014; Schmidt et al., "Non-uniform stochastic average gradient
    method for training conditional random fields", AISTATS 2015 (drawing by smoothness).

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sgdkit import LinearRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> LinearRegressor(penalty="l1", alpha=0.1, optimizer="saga", random_state=0).fit(X, y).converged_
    True
    """

    name = "saga"
    _keeps = True


class SVRG(VarianceReduced):
    r"""Stochastic variance-reduced gradients, for smooth losses of rows and every penalty.

    As `SAGA`, but the old slopes are all of one point, the end of the last sweep, where the gradient is
    taken over all rows.

    References
    ----------
    Johnson and Zhang, "Accelerating stochastic gradient descent using predictive variance reduction",
    NeurIPS 2013; Xiao and Zhang, "A proximal stochastic gradient method with progressive variance
    reduction", SIAM J. Optim. 2014 (penalties, drawing by smoothness).

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sgdkit import LinearRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> LinearRegressor(penalty="l1", alpha=0.1, optimizer="svrg", random_state=0).fit(X, y).converged_
    True
    """

    name = "svrg"
    _keeps = False


class _Sweep:
    """The compiled sweep, bound to the rows.

    Attributes
    ----------
    chance : ndarray of shape (n,)
        Of each row to be drawn.
    step : float
        Length of the steps.
    """

    def __init__(self, objective: Objective, keeps: bool):
        from sgdkit.kernels.variance_reduced import csr_sweep_kernel, dense_sweep_kernel

        design, problem, weight = objective.design, objective.problem, objective.weight
        X, loss, kind = problem.X, problem.loss, cast(Any, type(problem.loss))
        self._objective, self._keeps = objective, keeps
        self._inverse = 1.0 / design.scale
        # Sparse rows are not centred: their intercept is that of raw rows.
        self._shift = design.center * self._inverse if sp.issparse(X) else np.zeros(design.d)
        if sp.issparse(X):
            self._rows: tuple[Any, ...] = (X.data, X.indices, X.indptr)
            self._kernel = csr_sweep_kernel(kind, X.dtype, X.indices.dtype)
            each = np.repeat(np.arange(design.n), np.diff(X.indptr))
            norms = np.bincount(each, np.square(X.data * self._inverse[X.indices]), design.n)
        else:
            self._rows = (X, design.center)
            self._kernel = dense_sweep_kernel(kind, X.dtype)
            norms = np.zeros(design.n)
            for rows, block in design.blocks():
                norms[rows] = np.einsum("ij,ij->i", block, block)
        bend = weight * loss.curvature * (norms + objective.intercept)
        self.chance = 0.5 / design.n + 0.5 * bend / bend.sum()
        self.chance /= self.chance.sum()
        self.step = 1.0 / (3.0 * float((bend / self.chance).max()))
        self._targets = np.asfortranarray(objective.terms.targets)
        self._hyper = loss.hyper_of_outputs(problem.n_outputs)

    def point(self, v: np.ndarray, b: np.ndarray, slopes: np.ndarray) -> list[np.ndarray]:
        """Return weights, intercepts, slopes and the gradient of the loss they give, as sweeps move them."""
        objective = self._objective
        weighted = objective.weight[:, None] * slopes
        total = weighted.sum(axis=0)
        mean = objective.design.backward(weighted) + np.outer(self._shift, total)
        parts = (v, b - self._shift @ v, slopes, mean, total)
        return [np.array(part, order="F") for part in parts]

    def centred(self, point: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Return `v` and `b` of a point, the intercepts for centred rows."""
        v = np.array(point[0], order="C")
        return v, point[1] + self._shift @ v

    def __call__(self, output: int, order: np.ndarray, point: list[np.ndarray]) -> None:
        """Sweep over the rows, moving one output of a point in place."""
        objective = self._objective
        v, b, slopes, mean, total = point
        hyper = tuple(self._hyper[:, output].tolist())
        y = self._targets[:, output]
        k = slice(output, output + 1)
        self._kernel(
            *self._rows, self._inverse, order, y, objective.weight, self.chance, hyper,
            objective.l1[:, 0], objective.l2[:, 0], self.step, self._keeps, objective.intercept,
            v[:, output], b[k], slopes[:, output], mean[:, output], total[k],
        )  # fmt: skip


def _steepest(objective: Objective, g: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return the subgradient with the smallest size."""
    at_zero = np.sign(g) * np.maximum(np.abs(g) - objective.l1, 0.0)
    return np.where(v == 0.0, at_zero, g + np.sign(v) * objective.l1)


def _balanced(objective: Objective, v: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the intercepts whose slopes add up to zero, near `b`: a few Newton steps in one dimension."""
    if not (objective.intercept and has_curvature(objective.problem.loss)):
        return b
    terms, weight = objective.terms, objective.weight
    linear = objective.predict(v, np.zeros_like(b))
    for _ in range(6):
        total = weight @ terms.slopes(linear + b)
        if np.all(np.abs(total) <= 1e-13 * objective.curvature):
            break
        bend = weight @ terms.curvatures(linear + b)[0]
        b = b - total / np.maximum(bend, 1e-3 * objective.curvature)
    return b
