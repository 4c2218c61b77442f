"""Stochastic dual coordinate ascent: row after row, with a bound of the optimum after every sweep."""

from typing import Any, cast

import numpy as np
import scipy.sparse as sp

from sgdkit.data.order import epoch_order
from sgdkit.losses.base import Loss
from sgdkit.penalties import Penalty
from sgdkit.solvers.base import Run, ScaledSolver, Solution, SolverPlan
from sgdkit.solvers.objective import Objective

__all__ = ("SDCA",)


class SDCA(ScaledSolver):
    r"""Stochastic dual coordinate ascent, for penalty ``"l2"`` and losses with a `proximal_slope`.

    Each row has a slope, the weights are ``w = -sum_i a_i g_i x_i / l2``, and a sweep moves the slope of
    each row in a random order to the best one. It needs neither a step size nor second derivatives, takes
    sparse rows as they are, and suits the hinge loss on more features than can be factored. It is slow
    where `alpha` times the number of rows is small, and columns should be scaled.

    Notes
    -----
    The intercept is not penalised: a sweep pulls it to where the last sweep left it (proximal point
    method), so in the limit it is free.

    References
    ----------
    Shalev-Shwartz and Zhang, "Stochastic dual coordinate ascent methods for regularized loss minimization",
    JMLR 2013; Rockafellar, "Monotone operators and the proximal point algorithm", 1976.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sgdkit import HingeClassifier
    >>> X, y = load_wine(return_X_y=True)
    >>> X = StandardScaler().fit_transform(X)
    >>> HingeClassifier(alpha=0.01, optimizer="sdca", random_state=0).fit(X, y).converged_
    True
    """

    name = "sdca"

    def refusal(self, loss: Loss, penalty: Penalty) -> str | None:  # noqa: D102
        if type(loss).function("proximal_slope") is None:
            return f"needs the proximal slope of the loss, which {loss.name!r} does not have"
        if penalty.l1 > 0.0 or penalty.l2 == 0.0:
            return "needs an l2 penalty above zero and no l1 part"
        return None

    def _solve(self, objective: Objective, start: np.ndarray, plan: SolverPlan) -> Solution:
        terms, weight, scale = objective.terms, objective.weight, objective.design.scale[:, None]
        v, b = objective.scaled(start)
        z = objective.predict(v, b)
        run = Run(objective, plan, (v, b), objective.value(z, v))
        slopes = terms.feasible(terms.slopes(z), objective.intercept)
        if not objective.dual(slopes) > -terms.mean_conjugate(np.zeros_like(slopes)):
            slopes = np.zeros_like(slopes)
        slopes = np.asfortranarray(slopes)
        w = -objective.design.backward(weight[:, None] * slopes) / objective.l2 / scale
        w = np.asfortranarray(w)
        sweep = _Sweep(objective)
        b = b - sweep.shift @ w
        for made in run:
            order = epoch_order(len(weight), plan.seed, plan.first_epoch + made, True)
            before = w.copy()
            for k in range(w.shape[1]):
                b[k] = sweep(k, order, w[:, k], b[k], slopes[:, k])
            b -= sweep.stretch * (weight @ slopes)
            v = w * scale
            linear = objective.design.forward(v)
            best = _best_intercept(objective, linear, b + sweep.shift @ w)
            run.certify(slopes)
            moved = float(np.linalg.norm((w - before) * scale))
            run.end_iteration(objective.value(linear + best, v), v, best, gradient_norm=moved, step=1.0)
            if moved == 0.0 and not objective.intercept:
                run.stall()
        return run.solution()


class _Sweep:
    """The compiled sweep, bound to the rows.

    Attributes
    ----------
    shift : ndarray of shape (d,)
        What the sweep leaves in the columns: an intercept of centred rows is larger by ``shift @ w``.
    stretch : float
        How far a unit of (weighted) slope moves the intercept: as far as it moves a typical prediction.
    """

    def __init__(self, objective: Objective):
        from sgdkit.kernels.dual import csr_sweep_kernel, dense_sweep_kernel

        problem, X, center = objective.problem, objective.problem.X, objective.design.center
        loss, kind = problem.loss, cast(Any, type(problem.loss))
        if sp.issparse(X):
            self.shift = center
            self._rows: tuple[Any, ...] = (X.data, X.indices, X.indptr)
            self._kernel = csr_sweep_kernel(kind, X.dtype, X.indices.dtype)
        else:
            self.shift = np.zeros_like(center)
            self._rows = (X, center)
            self._kernel = dense_sweep_kernel(kind, X.dtype)
        norms = objective.design.square_norms()
        self.stretch = float(objective.weight @ norms) / problem.l2 if objective.intercept else 0.0
        self._norms, self._weight, self._l2 = norms, objective.weight, problem.l2
        self._targets = np.asfortranarray(objective.terms.targets)
        self._hyper = loss.hyper_of_outputs(problem.n_outputs)

    def __call__(self, output: int, order: np.ndarray, w: np.ndarray, b: float, slopes: np.ndarray) -> float:
        """Move `w` and `slopes` of one output in place and return the moved intercept."""
        intercept = np.array([b])
        y, hyper = self._targets[:, output], tuple(self._hyper[:, output].tolist())
        rows = (*self._rows, order, y, self._weight, self._norms, hyper, self._l2, self.stretch)
        self._kernel(*rows, w, intercept, slopes)
        return float(intercept[0])


def _best_intercept(objective: Objective, linear: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the intercepts that are best for these raw predictions without them, by bisection."""
    if not objective.intercept:
        return b
    reach = 1.0 + np.abs(linear).max(axis=0) + np.abs(b) + np.abs(objective.terms.targets).max(axis=0)
    low, high = b - reach, b + reach
    for _ in range(40):
        middle = 0.5 * (low + high)
        rising = objective.weight @ objective.terms.slopes(linear + middle) > 0.0
        low, high = np.where(rising, low, middle), np.where(rising, middle, high)
    return 0.5 * (low + high)
