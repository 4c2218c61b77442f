"""Prox-Newton for l1 penalties: coordinate descent on the features that matter, screening of the rest."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sgdkit.losses.base import Loss
from sgdkit.penalties import Penalty
from sgdkit.solvers.base import Run, ScaledSolver, Solution, SolverPlan
from sgdkit.solvers.floor import Floor
from sgdkit.solvers.objective import Objective
from sgdkit.solvers.quadratic_l1 import QuadraticL1
from sgdkit.solvers.sparse_l1 import follow_l1_path, is_wide
from sgdkit.solvers.systems import coupled_matrix
from sgdkit.solvers.terms import has_curvature

__all__ = ("CoordinateDescent",)

# Features whose matrix is formed at once, at first and at most; more are gone through in blocks. While most
# are still to become zero small blocks cost least; those that stay come to their optimum slowly one block
# after the other. A factor of the most takes half a second.
BLOCK = 1000
MAX_BLOCK = 4000
# What an iteration may bring as a share of the one before it until blocks are made twice as large.
SLOW = 0.5
# Share of a model's gradient that the next model may take care of.
LEAVE = 0.1


class CoordinateDescent(ScaledSolver):
    r"""Coordinate descent on quadratic models of the objective, for ``"l1"``, ``"elasticnet"`` and ``"l2"``.

    Each iteration models the loss by its second derivatives on the features whose coefficient is not zero or
    should not be, minimises the model coordinate by coordinate (a compiled loop), solves exactly for the
    coefficients that are not zero, and makes a damped step. The other coefficients are exactly zero.

    Parameters
    ----------
    max_sweeps : int, default=200
        Sweeps over the coordinates of one model at most.

    Notes
    -----
    The bound of the optimum is taken at the present slopes, shrunk until every feature's correlation with
    them is at most its l1 strength. A ball around these slopes must hold the optimal ones; a feature whose
    correlation stays below its strength in all of it is left out for good (gap-safe screening).

    References
    ----------
    Friedman, Hastie and Tibshirani, "Regularization paths for generalized linear models via coordinate
    descent", JSS 2010; Ndiaye et al., "Gap safe screening rules for sparsity enforcing penalties", JMLR 2017.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sgdkit import LinearRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = LinearRegressor(penalty="l1", alpha=1.0, optimizer="coordinate_descent").fit(X, y)
    >>> model.converged_, int((model.coef_ == 0.0).sum())
    (True, 7)
    """

    name = "coordinate_descent"

    def __init__(self, max_sweeps: int = 200):
        self.max_sweeps = max_sweeps

    def refusal(self, loss: Loss, penalty: Penalty) -> str | None:  # noqa: D102
        if not has_curvature(loss):
            return f"needs second derivatives, which the loss {loss.name!r} does not have"
        return None

    def _solve(self, objective: Objective, start: np.ndarray, plan: SolverPlan) -> Solution:
        v, b = objective.scaled(start)
        z = objective.predict(v, b)
        value = objective.value(z, v)
        run = Run(objective, plan, (v, b), value)
        if is_wide(objective):
            follow_l1_path(objective, run, v, b, _accuracy(objective, plan), self.max_sweeps)
            return run.solution()
        kept, floor = _Screen(objective), Floor(objective.curvature)
        size, before = BLOCK, np.inf
        for _ in run:
            slopes = objective.terms.slopes(z)
            g, gb = objective.gradient(slopes, v)
            norm = float(np.sqrt((_least_subgradient(g, v, objective.l1) ** 2).sum() + gb @ gb))
            wanted = kept.mask & ((v != 0.0) | (np.abs(g) > objective.l1))
            accuracy = _accuracy(objective, plan)
            length, decrease = 1.0, 0.0
            for where in _blocks(objective, wanted, size):
                model = _model(objective, z, where, floor)
                v, b, z, value, made, lost = self._step(objective, v, b, z, value, model, accuracy)
                length, decrease = min(length, made), decrease + lost
            if decrease > SLOW * before:
                size = min(2 * size, MAX_BLOCK)
            before = decrease
            if objective.bounded:
                bound, correlations = objective.dual_at(objective.terms.slopes(z))
                run.raise_bound(bound)
                # The gap of these slopes, not of the best ones so far: the ball is around these.
                if kept.narrow(correlations, max(value - bound, 0.0) + run.slack) and np.any(v[~kept.mask]):
                    v = np.where(kept.mask, v, 0.0)
                    z = objective.predict(v, b)
                    value = objective.value(z, v)
            run.end_iteration(value, v, b, gradient_norm=norm, step=length, estimate=decrease)
            hidden = decrease <= 1e-15 * abs(value)
            if not floor.learn(0.0 if hidden else length) or value <= 1e-15 * objective.null:
                run.stall()
        return run.solution()

    def _step(
        self,
        objective: Objective,
        v: np.ndarray,
        b: np.ndarray,
        z: np.ndarray,
        value: float,
        model: "_Model",
        accuracy: float,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, float, float]:
        """Minimise a model; return the new point, its objective, the length and the decrease."""
        features, outputs, free = model.features, model.outputs, model.free
        m = len(features)
        old = np.concatenate([v[features, outputs], b[free]])
        l1 = np.concatenate([objective.l1[features, 0], np.zeros(len(free))])
        l2 = np.concatenate([objective.l2[features, 0], np.zeros(len(free))])
        quadratic = QuadraticL1(model.hessian, model.gradient, old, l1, l2)
        u = quadratic.minimiser(accuracy, self.max_sweeps, leave=LEAVE)
        step = u - old
        # What the model loses, without its quadratic part: the line search asks for a share of it.
        promised = -float(model.gradient @ step) - float(l1 @ (np.abs(u) - np.abs(old)))
        promised -= 0.5 * float(l2 @ (u * u - old * old))
        p, pb = np.zeros_like(v), np.zeros_like(b)
        p[features, outputs], pb[free] = step[:m], step[m:]
        moved = objective.design.forward(p) + pb
        length = 1.0
        with np.errstate(over="ignore", invalid="ignore"):
            while length > 1e-10:
                there = objective.value(z + length * moved, v + length * p)
                if there <= value - 1e-4 * length * promised + 1e-15 * abs(value):
                    new = v + length * p
                    return new, b + length * pb, z + length * moved, there, length, max(promised, 0.0)
                length *= 0.5
        return v, b, z, value, 0.0, 0.0


@dataclass(frozen=True, slots=True)
class _Model:
    """The loss as a quadratic in some coefficients and, last, some intercepts.

    Attributes
    ----------
    features, outputs : ndarray of shape (m,)
        Where the coefficients are.
    free : ndarray
        Outputs of the intercepts.
    hessian, gradient : ndarray
        Of the loss.
    """

    features: np.ndarray
    outputs: np.ndarray
    free: np.ndarray
    hessian: np.ndarray
    gradient: np.ndarray


def _blocks(objective: Objective, wanted: np.ndarray, most: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield masks of coefficients to move together, and their outputs: one, or all if they interact."""
    together = [np.arange(wanted.shape[1])]
    if not objective.terms.couples:
        together = [np.array([k]) for k in range(wanted.shape[1])]
    for outputs in together:
        features = np.flatnonzero(wanted[:, outputs].any(axis=1))
        size = max(1, most // len(outputs))
        for start in range(0, max(len(features), 1), size):
            mask = np.zeros_like(wanted)
            part = np.ix_(features[start : start + size], outputs)
            mask[part] = wanted[part]
            yield mask, outputs


def _model(objective: Objective, z: np.ndarray, where: tuple[np.ndarray, np.ndarray], floor: Floor) -> _Model:
    mask, among = where
    features, outputs = np.nonzero(mask)
    chosen = np.unique(features)
    free = among if objective.intercept else among[:0]
    diagonal, coupling = objective.terms.curvatures(z)
    diagonal = floor(diagonal)
    weighted = objective.weight[:, None] * objective.terms.slopes(z)
    if coupling is None:
        k = among[0]
        q = objective.weight * diagonal[:, k]
        gram, sums = objective.design.gram(q, np.column_stack([q, weighted[:, k]]), chosen)
        m = len(chosen)
        hessian = np.empty((m + len(free), m + len(free)))
        hessian[:m, :m] = gram
        if len(free):
            hessian[m, :m] = hessian[:m, m] = sums[:, 0]
            hessian[m, m] = q.sum() + 1e-15
        return _Model(features, outputs, free, hessian, np.append(sums[:, 1], weighted[:, free].sum(axis=0)))
    whole = coupled_matrix(objective, lambda rows: (diagonal[rows], coupling[rows]), chosen)
    whole = whole.reshape(whole.shape[0] * whole.shape[1], -1)
    k = mask.shape[1]
    places = np.concatenate([np.searchsorted(chosen, features) * k + outputs, len(chosen) * k + free])
    gradient = objective.design.backward(weighted)[features, outputs]
    hessian = np.ascontiguousarray(whole[np.ix_(places, places)])
    return _Model(features, outputs, free, hessian, np.append(gradient, weighted[:, free].sum(axis=0)))


class _Screen:
    """Which features can still be different from zero in the optimum."""

    def __init__(self, objective: Objective):
        self._objective = objective
        self.mask = np.ones(objective.l1.shape[:1] + objective.constant.shape, dtype=bool)
        self._norms: np.ndarray | None = None

    def narrow(self, correlations: np.ndarray, gap: float) -> bool:
        """Leave out features by slopes of this gap, given as ``A' (a g)``; return whether any went."""
        objective = self._objective
        curvature = objective.problem.loss.curvature
        if objective.problem.l1 == 0.0 or not np.isfinite(gap * curvature):
            return False
        if self._norms is None:
            self._norms = np.sqrt(objective.design.square_sums(objective.weight[:, None]))
        reach = self._norms * (2.0 * curvature * gap) ** 0.5
        staying = self.mask & (np.abs(correlations) + reach >= objective.l1)
        fewer = int(staying.sum()) < int(self.mask.sum())
        self.mask = staying
        return fewer


def _accuracy(objective: Objective, plan: SolverPlan) -> float:
    """Return what the gradient of a model may be off by: a small share of the least l1 strength."""
    strength = float(objective.l1.min()) if objective.problem.l1 > 0.0 else 1e-6
    return 0.05 * min(plan.tol or 1e-12, 1e-2) * strength


def _least_subgradient(g: np.ndarray, v: np.ndarray, l1: np.ndarray) -> np.ndarray:
    at_zero = np.sign(g) * np.maximum(np.abs(g) - l1, 0.0)
    return np.where(v == 0.0, at_zero, g + np.sign(v) * l1)
