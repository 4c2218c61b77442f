"""Stochastic dual coordinate ascent: row after row, with a bound of the optimum after every sweep."""

from typing import Any, cast

import numpy as np
import scipy.sparse as sp

from sgdkit.data.order import epoch_order
from sgdkit.losses.base import Loss
from sgdkit.penalties import Penalty
from sgdkit.solvers.base import Run, ScaledSolver, Solution, SolverPlan
from sgdkit.solvers.objective import Objective
from sgdkit.solvers.terms import PointwiseTerms

__all__ = ("SDCA",)

# One proof of the optimum for so many sweeps, of which each costs about as much.
PROOFS = 8
# Sweeps on the way from stronger penalties, and the share of the objective that is near enough there.
SEED_SWEEPS = 60
SEED_GAP = 0.1


class SDCA(ScaledSolver):
    r"""Stochastic dual coordinate ascent, for penalty ``"l2"`` and losses with a `proximal_slope`.

    Each row has a slope, the weights are ``w = -sum_i a_i g_i x_i / l2``, and a sweep moves the slope of
    each row in a random order to the best one. It needs neither a step size nor second derivatives, takes
    sparse rows as they are, and suits the hinge loss on more features than can be factored. It is slow
    where rows are long for a small `alpha` times the number of rows.

    Notes
    -----
    The intercept is not penalised: a sweep pulls it to where the last sweep left it (proximal point
    method), so in the limit it is free. A row whose slope stands still, mostly on a bound, is left out of 1,
    3, 7 and at most 15 sweeps. A run from zero comes from strong penalties, ten times weaker each time, where
    slopes need few sweeps to their bounds; those that are there stay, the others keep their pull at the
    weights.

    References
    ----------
    Shalev-Shwartz and Zhang, "Stochastic dual coordinate ascent methods for regularized loss minimization",
    JMLR 2013; Hsieh, Chang, Lin, Keerthi and Sundararajan, "A dual coordinate descent method for large-scale
    linear SVM", ICML 2008 (rows that are left out); DeCoste and Wagstaff, "Alpha seeding for support vector
    machines", KDD 2000; Rockafellar, "Monotone operators and the proximal point algorithm", 1976.

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
        outputs = list(range(w.shape[1]))
        if not start[:-1].any():
            for k in outputs:
                sweep.seed(k, w[:, k], b, slopes[:, k], plan.seed)
        moving, swept = outputs, 0
        for _ in run:
            before = w.copy()
            sweeps = 1 + swept // PROOFS
            for k in moving:
                for each in range(sweeps):
                    order = epoch_order(len(weight), plan.seed, plan.first_epoch + swept + each, True)
                    sweep(k, order, w[:, k], b, slopes[:, k])
            swept += sweeps
            v = w * scale
            linear = objective.design.forward(v)
            best = _best_intercept(objective, linear, b + sweep.shift @ w)
            z = linear + best
            run.certify(slopes)
            moved = float(np.linalg.norm((w - before) * scale))
            value = objective.value(z, v)
            run.end_iteration(value, v, best, gradient_norm=moved, step=1.0)
            share = 0.5 * (plan.tol or 0.0) * value / w.shape[1]
            moving = [k for k in outputs if _gap(objective, k, z[:, k], slopes[:, k]) > share]
            moving = moving or outputs  # slopes that are not balanced enough
            if moved == 0.0:
                if not objective.intercept and not sweep.left.any():
                    run.stall()
                sweep.left[:] = 0
        return run.solution()


def _gap(objective: Objective, k: int, z: np.ndarray, slopes: np.ndarray) -> float:
    """Return how far one output is from its optimum, but for slopes that are not balanced."""
    terms, z, g = _of_output(objective, k), z[:, None], slopes[:, None]
    return terms.mean(z) + terms.mean_conjugate(g) - float(objective.weight @ (z * g)[:, 0])


def _of_output(objective: Objective, k: int) -> PointwiseTerms:
    assert isinstance(objective.terms, PointwiseTerms)  # others have no proximal slope
    return objective.terms.output(k)


class _Sweep:
    """The compiled sweep, bound to the rows.

    Attributes
    ----------
    shift : ndarray of shape (d,)
        What the sweep leaves in the columns: an intercept of centred rows is larger by ``shift @ w``.
    left : ndarray of shape (n, n_outputs)
        How many sweeps each row still rests.
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
        self._objective = objective
        shape = (len(norms), problem.n_outputs)
        self._rest, self.left = (np.zeros(shape, dtype=np.int64, order="F") for _ in range(2))
        self._targets = np.asfortranarray(objective.terms.targets)
        self._hyper = loss.hyper_of_outputs(problem.n_outputs)

    def seed(self, output: int, w: np.ndarray, b: np.ndarray, slopes: np.ndarray, seed: int) -> None:
        """Come from strong penalties, where few sweeps do, to that of the problem, in place.

        What a row pulls at the weights stays as it is when the penalty falls, but slopes that are on a
        bound stay there: rows that contradict each other would otherwise take very many sweeps to it.
        """
        objective, target = self._objective, self._l2
        terms = _of_output(objective, output)
        low, high = terms.slope_range()
        l2 = float(self._weight @ self._norms) * float(self._weight.max())
        while l2 > 2.0 * target:
            self._set(l2)
            w[:] = self._weights(slopes)
            sweeps = 0
            while sweeps < SEED_SWEEPS:
                for _ in range(1 + sweeps):
                    self(output, epoch_order(len(slopes), seed, sweeps, True), w, b, slopes)
                    sweeps += 1
                z = self._predict(w) + b[output]
                if _gap(objective, output, z, slopes) <= SEED_GAP * terms.mean(z[:, None]):
                    break
            fall = max(0.1, target / l2)
            l2 *= fall
            inside = (slopes > low) & (slopes < high)
            slopes[inside] *= fall
        self._set(target)
        w[:] = self._weights(slopes)

    def _set(self, l2: float) -> None:
        objective = self._objective
        self._l2 = l2
        self.stretch = float(objective.weight @ self._norms) / l2 if objective.intercept else 0.0
        self._rest[:] = 0
        self.left[:] = 0

    def _weights(self, slopes: np.ndarray) -> np.ndarray:
        design = self._objective.design
        pulled = design.backward((self._weight * slopes)[:, None])[:, 0] * design.scale
        return -(pulled + self.shift * float(self._weight @ slopes)) / self._l2

    def _predict(self, w: np.ndarray) -> np.ndarray:
        design = self._objective.design
        return design.forward((w * design.scale)[:, None])[:, 0] + self.shift @ w

    def __call__(
        self, output: int, order: np.ndarray, w: np.ndarray, b: np.ndarray, slopes: np.ndarray
    ) -> None:
        """Move `w`, the intercept and the slopes of one output in place."""
        intercept = b[output : output + 1].copy()
        y, hyper = self._targets[:, output], tuple(self._hyper[:, output].tolist())
        rows = (*self._rows, order, y, self._weight, self._norms, hyper, self._l2, self.stretch)
        self._kernel(*rows, w, intercept, slopes, self._rest[:, output], self.left[:, output])
        b[output] = intercept[0] - self.stretch * float(self._weight @ slopes)


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
