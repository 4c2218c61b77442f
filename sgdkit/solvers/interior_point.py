"""A primal-dual interior-point method for losses with corners, which defeat Newton's method."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from sgdkit.losses.base import Loss
from sgdkit.penalties import Penalty
from sgdkit.solvers.base import Run, ScaledSolver, Solution, SolverPlan
from sgdkit.solvers.cholesky import CholeskyFactor
from sgdkit.solvers.objective import Objective
from sgdkit.solvers.products import ProductSystem
from sgdkit.solvers.systems import (
    MAX_FEATURES_ALONE,
    FeatureSystem,
    RowSystem,
    Step,
    factored_system,
)
from sgdkit.solvers.terms import PointwiseTerms, has_ramps

__all__ = ("InteriorPoint",)

# Rows on a corner at most, and corrections of which they are, when the optimum is sought exactly.
CORNER_ROWS = 500
CORNER_ROUNDS = 8


class InteriorPoint(ScaledSolver):
    r"""Mehrotra's predictor-corrector method for losses made of lines and parabolas, with a penalty.

    For losses with `ramps`: hinge, perceptron, absolute error, quantile, epsilon-insensitive, and those
    whose corners are rounded by a parabola (Huber, modified Huber, smooth hinge). It keeps the slope of
    each row inside its bounds and the distances of the raw predictions to the ends of the ramp positive:
    10 to 70 iterations, each with one factor of the features' matrix (up to 3,000 of them) or the rows' (up
    to 2,000 rows and more features than rows). Where both are larger, conjugate gradients solve the systems
    by products with the rows.

    Notes
    -----
    With `g` the slope of a ramp from `low` to `high` it solves

    .. math:: z - \text{corner} - \text{run}\, g = o - u, \qquad
        o\,(\text{high} - g) = 0, \quad u\,(g - \text{low}) = 0, \quad o, u \ge 0,

    together with ``l2 w = -X' (a g)``. An l1 penalty is one more ramp of each coefficient, a jump from
    ``-l1`` to ``l1`` at zero. The slopes of an iterate, shrunk so that they balance, give the bound
    of the optimum. It lags behind: at the end the true distance is often a hundredth of the one that is
    proved. With an l2 penalty the last step then goes to the vertex that the iterates run to, with the rows
    on a corner exactly on it.

    References
    ----------
    Mehrotra, "On the implementation of a primal-dual interior point method", SIAM J. Optim. 1992; Ferris and
    Munson, "Interior-point methods for massive support vector machines", SIAM J. Optim. 2002.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sgdkit import HingeClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> HingeClassifier(optimizer="interior_point").fit(X, y).converged_
    True
    """

    name = "interior_point"

    def refusal(self, loss: Loss, penalty: Penalty) -> str | None:  # noqa: D102
        if not has_ramps(loss):
            return f"needs a loss made of lines and bounded parabolas, which {loss.name!r} is not"
        if penalty.l1 == 0.0 and penalty.l2 == 0.0:
            return "needs a penalty"
        return None

    def _solve(self, objective: Objective, start: np.ndarray, plan: SolverPlan) -> Solution:
        system = factored_system(objective, MAX_FEATURES_ALONE) or ProductSystem(objective)
        v, b = objective.scaled(start)
        outputs = [_Output.start(objective.output(k), v[:, k], b[k]) for k in range(v.shape[1])]
        value = sum(output.value for output in outputs)
        run = Run(objective, plan, (v, b), value)
        for _ in run:
            moved = [output for output in outputs if not output.is_done]
            for output in moved:
                output.advance(system)
                output.is_done |= run.is_within(output.gap + run.slack, output.value)
            run.raise_bound(sum(output.bound for output in outputs))
            value = sum(output.value for output in outputs)
            is_near = run.is_within(run.gap_of(value), value)
            if is_near and objective.problem.l1 == 0.0:
                for output in outputs:
                    output.end_in_vertex()
                run.raise_bound(sum(output.bound for output in outputs))
                value = sum(output.value for output in outputs)
            v = np.column_stack([output.best[0] for output in outputs])
            b = np.array([output.best[1] for output in outputs])
            if is_near and objective.problem.l1 > 0.0:
                v, b, value = _thinned(objective, run, v, b, value)
            norm = float(np.sqrt(sum(output.gradient_norm**2 for output in moved)))
            run.end_iteration(value, v, b, gradient_norm=norm, step=min(output.length for output in moved))
            if all(output.is_done for output in outputs):
                run.stall()
        return run.solution()


@dataclass(slots=True)
class _Output:
    """One output: its inner point, and the best that is known of its optimum.

    Outputs are problems of their own, and each ends by itself: pushed on beyond its optimum to where another
    one still has to go, an inner point meets its bounds to the last digit, and its slopes become noise.

    Attributes
    ----------
    objective : Objective
        Of this output alone.
    rows, kinks : _Slopes
        The inner point: of the rows, and of the coefficients if there is an l1 penalty.
    v, b, z : ndarray
        Where it is now.
    best : tuple of ndarray
        `v` and `b` with the least objective so far.
    value, bound : float
        Their objective, and the highest bound so far.
    is_done : bool
        Whether no further step is of use.
    length, gradient_norm : float
        Of the last step, and before it.
    """

    objective: Objective
    rows: "_Slopes"
    kinks: "_Slopes | None"
    v: np.ndarray
    b: float
    z: np.ndarray
    best: tuple[np.ndarray, float]
    value: float
    bound: float = -np.inf
    is_done: bool = False
    length: float = 0.0
    gradient_norm: float = 0.0

    @classmethod
    def start(cls, objective: Objective, v: np.ndarray, b: float) -> "_Output":
        """Return a point well inside."""
        assert isinstance(objective.terms, PointwiseTerms)  # others have no ramps
        z = objective.predict(v[:, None], np.array([b]))
        ramps = (part[..., 0] for part in objective.terms.ramps())
        rows = _Slopes.start(objective.weight, z[:, 0], *ramps)
        value = objective.value(z, v[:, None])
        return cls(objective, rows, _kinks(objective, v), v, b, z[:, 0], (v, b), value)

    @property
    def gap(self) -> float:
        """How far the best point can be from the optimum."""
        return max(self.value - self.bound, 0.0)

    def advance(self, system: FeatureSystem | RowSystem | ProductSystem) -> None:
        """Make a step, and see whether another one is of use."""
        if self.value == 0.0:  # nothing is below it
            self.bound, self.is_done = 0.0, True
            return
        objective, before = self.objective, self.gap
        self.length, step = _advance(self.rows, self.kinks, system, self.v, self.z, self.z - self.b)
        self.gradient_norm = step.gradient_norm
        self.v = self.v + self.length * step.p[:, 0]
        self.b = self.b + self.length * float(step.pb[0])
        z = objective.predict(self.v[:, None], np.array([self.b]))
        self.z = z[:, 0]
        self._take(self.v, self.b, objective.value(z, self.v[:, None]))
        self.bound = max(self.bound, objective.dual(self.rows.total[:, None]))
        self.is_done = not self.length > 1e-10 or self.rows.complementarity < 1e-16 * self.rows.unit
        # Systems solved less exactly than they should be: the bound stands still first.
        self.is_done |= isinstance(system, ProductSystem) and system.ran_out and not self.gap < 0.9 * before

    def _take(self, v: np.ndarray, b: float, value: float) -> bool:
        """Keep a point if it is better."""
        if not value < self.value:
            return False
        self.best, self.value = (v, b), value
        return True

    def end_in_vertex(self) -> None:
        """Go to the vertex that the iterates run to, if it is better."""
        found = self.rows.vertex(self.objective)
        if found is not None:
            v, b, slopes = found
            z = self.objective.predict(v[:, None], np.atleast_1d(b))
            if self._take(v, float(b), self.objective.value(z, v[:, None])):
                self.bound = max(self.bound, self.objective.dual(slopes[:, None]))


@dataclass(slots=True)
class _Slopes:
    """The inner point of one output. All arrays but `weight` have the shape (n_ramps, n).

    Attributes
    ----------
    weight : ndarray of shape (n,)
        Row weights.
    unit : float
        Size of the distances of raw predictions to corners.
    corner, low, high, run : ndarray
        The ramps of each row.
    to_low, to_high : ndarray
        How far the slope is from its bounds, both positive.
    under, over : ndarray
        How far the raw prediction is below and above the ramp, both positive.
    """

    weight: np.ndarray
    unit: float
    corner: np.ndarray
    low: np.ndarray
    high: np.ndarray
    run: np.ndarray
    to_low: np.ndarray
    to_high: np.ndarray
    under: np.ndarray
    over: np.ndarray
    stiffness: np.ndarray = field(init=False)
    _error: np.ndarray = field(init=False)

    @classmethod
    def start(
        cls,
        weight: np.ndarray,
        z: np.ndarray,
        corner: np.ndarray,
        low: np.ndarray,
        high: np.ndarray,
        run: np.ndarray,
    ) -> "_Slopes":
        """Return a point well inside, with balanced slopes."""
        middle, width = 0.5 * (low + high), high - low
        up = float((weight * np.maximum(middle, 0.0)).sum())
        down = float((weight * np.maximum(-middle, 0.0)).sum())
        both = min(up, down)
        share = np.where(middle > 0.0, both / max(up, 1e-300), both / max(down, 1e-300))
        slope = np.clip(share * middle, low + 1e-6 * width, high - 1e-6 * width)
        beyond = z - corner - run * slope
        size = float((weight * (np.abs(z - corner) + run * width)).sum() / weight.sum())
        unit = size / len(beyond) if size > 0.0 else 1.0
        over = np.maximum(beyond, 0.0) + unit
        return cls(weight, unit, corner, low, high, run, slope - low, high - slope, over - beyond, over)

    @property
    def slope(self) -> np.ndarray:
        """Slope of each ramp."""
        return self.low + self.to_low

    @property
    def total(self) -> np.ndarray:
        """Slope of each row, of shape (n,)."""
        return self.slope.sum(axis=0)

    @property
    def complementarity(self) -> float:
        """Mean product of the distances that exclude each other: zero in the optimum."""
        return float((self.to_high * self.over + self.to_low * self.under).sum()) / (2 * self.low.size)

    def vertex(self, objective: Objective) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """Return `v`, `b` and slopes where each row is below, exactly on or above each ramp.

        Of each pair of distances one goes to zero, which sorts the rows; rows that the solution shows in the
        wrong place are moved. None if that does not end, or too many rows are on a ramp.
        """
        width = self.high - self.low
        above = self.over * width >= self.to_high * self.unit
        on = ~above & (self.under * width < self.to_low * self.unit)
        for _ in range(CORNER_ROUNDS):
            if not 0 < on.sum() <= CORNER_ROWS:
                return None
            v, b, slope = self._on_the_ramps(objective, on, above)
            beyond = objective.design.forward(v[:, None])[:, 0] + b - self.corner - self.run * slope
            too_low = on & (slope < self.low - 1e-10 * width)
            too_high = on & (slope > self.high + 1e-10 * width)
            missed = ~on & np.where(above, beyond < -1e-9 * self.unit, beyond > 1e-9 * self.unit)
            if not (too_low.any() or too_high.any() or missed.any()):
                return v, b, np.clip(slope, self.low, self.high).sum(axis=0)
            above = (above | too_high) & ~missed
            on = (on | missed) & ~too_low & ~too_high
        return None

    def _on_the_ramps(
        self, objective: Objective, on: np.ndarray, above: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the solution with some rows exactly on ramps and the others at the ends they are beyond."""
        l2, (ramps, at) = objective.l2[:, 0], np.nonzero(on)
        slope = np.where(above, self.high, self.low)
        pulls = -self.weight * np.where(on, 0.0, slope).sum(axis=0)
        fixed = objective.design.backward(pulls[:, None])[:, 0] / l2
        A = objective.design.rows(at)
        kernel = (A / l2) @ A.T
        # The sum of beta is fixed, so this only moves the intercept; centred rows alone can be singular.
        extra = float(np.trace(kernel)) / len(at) if objective.intercept else 0.0
        kernel[np.diag_indices_from(kernel)] += self.run[ramps, at] / self.weight[at]
        factor = CholeskyFactor(kernel + extra)
        beta = factor.solve(self.corner[ramps, at] - A @ fixed)
        b = 0.0
        if objective.intercept:
            along = factor.solve(np.ones(len(at)))
            b = float((beta.sum() + pulls.sum()) / max(along.sum(), 1e-300))
            beta = beta - b * along
            b -= extra * float(pulls.sum())
        slope[ramps, at] = -beta / self.weight[at]
        return fixed + A.T @ beta / l2, np.asarray(b), slope

    def linearise(self, z: np.ndarray) -> None:
        """Take the raw predictions that the next step starts from."""
        self.stiffness = self.run + self.over / self.to_high + self.under / self.to_low
        self._error = z - self.corner - self.run * self.slope - self.over + self.under

    @property
    def curvature(self) -> np.ndarray:
        """Weighted change of the slopes with the raw predictions, of shape (n,)."""
        return self.weight * (1.0 / self.stiffness).sum(axis=0)

    def aim(self, target: float = 0.0, after: "_Change | None" = None) -> tuple[np.ndarray, np.ndarray]:
        """Return how the two products of each ramp are to change, given what the first step leaves out."""
        beyond = (0.0, 0.0) if after is None else (after.slope * after.over, -after.slope * after.under)
        return target - self.to_high * self.over + beyond[0], target - self.to_low * self.under + beyond[1]

    def _pull(self, aim: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """Return the change of the slopes before the raw predictions move."""
        return (self._error - aim[0] / self.to_high + aim[1] / self.to_low) / self.stiffness

    def pulled(self, aim: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """Return the right-hand side that the slopes then make."""
        return -self.weight * (self.slope + self._pull(aim)).sum(axis=0)

    def change(self, aim: tuple[np.ndarray, np.ndarray], moved: np.ndarray) -> "_Change":
        """Return how everything changes when the raw predictions move."""
        slope = self._pull(aim) + moved / self.stiffness
        over = (aim[0] + self.over * slope) / self.to_high
        return _Change(slope, over, (aim[1] - self.under * slope) / self.to_low)

    def reach(self, change: "_Change") -> float:
        """Return the inverse of the longest step that stays inside."""
        return max(
            float(np.max(change.slope / self.to_high)),
            float(np.max(-change.slope / self.to_low)),
            float(np.max(-change.over / self.over)),
            float(np.max(-change.under / self.under)),
        )

    def complementarity_after(self, change: "_Change", length: float) -> float:
        """Return the mean product after a step."""
        there = ((self.to_high - length * change.slope) * (self.over + length * change.over)).sum()
        there += ((self.to_low + length * change.slope) * (self.under + length * change.under)).sum()
        return max(float(there), 0.0) / (2 * self.low.size)

    def move(self, change: "_Change", length: float) -> None:
        """Make a step."""
        self.to_low, self.to_high = self.to_low + length * change.slope, self.to_high - length * change.slope
        self.under, self.over = self.under + length * change.under, self.over + length * change.over


class _Change(NamedTuple):
    """Changes of the slopes and of the two distances of the raw predictions."""

    slope: np.ndarray
    over: np.ndarray
    under: np.ndarray


def _thinned(
    objective: Objective, run: Run, v: np.ndarray, b: np.ndarray, value: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the point with its smallest coefficients at zero, as many as the proof leaves room for."""
    sizes = np.sort(np.abs(v), axis=None)
    best, low, high = (v, b, value), 0, sizes.size
    while low < high:  # bisection over how many
        middle = (low + high + 1) // 2
        sparse = np.where(np.abs(v) <= sizes[middle - 1], 0.0, v)
        there = objective.value(objective.predict(sparse, b), sparse)
        if run.is_within(run.gap_of(there), there):
            best, low = (sparse, b, there), middle
        else:
            high = middle - 1
    return best


def _kinks(objective: Objective, v: np.ndarray) -> _Slopes | None:
    """Return the l1 penalty of one output as a jump of each coefficient; None without one."""
    if objective.problem.l1 == 0.0:
        return None
    l1, zero = objective.l1.T, np.zeros((1, len(v)))
    kinks = _Slopes.start(np.ones(len(v)), v, zero, -l1, l1, zero)
    # Products of the same size everywhere: the path to the optimum begins in the middle.
    kinks.over = np.maximum(v, 0.0) + kinks.unit * l1.mean() / l1
    kinks.under = kinks.over - v
    return kinks


def _advance(
    rows: _Slopes,
    kinks: _Slopes | None,
    system: FeatureSystem | RowSystem | ProductSystem,
    v: np.ndarray,
    z: np.ndarray,
    linear: np.ndarray,
) -> tuple[float, Step]:
    """Move inside and return the length and the step of the weights."""
    parts = [rows] if kinks is None else [rows, kinks]
    for part, at in zip(parts, (z, v), strict=False):
        part.linearise(at)

    def step_to(aims: list[tuple[np.ndarray, np.ndarray]]) -> tuple[Step, list[_Change]]:
        right = [part.pulled(aim) for part, aim in zip(parts, aims, strict=True)]
        first = not factored
        if first:
            q = rows.curvature
            system.factor(lambda r: (q[r], right[0][r]), *(part.curvature for part in parts[1:]))
            factored.append(True)
        step = system.solve(v, linear, None if first else right[0], *right[1:])
        moved = (system.objective.design.forward(step.p)[:, 0] + step.pb, step.p[:, 0])
        return step, [part.change(a, m) for part, a, m in zip(parts, aims, moved, strict=False)]

    def longest(changes: list[_Change]) -> float:
        reach = max(part.reach(change) for part, change in zip(parts, changes, strict=True))
        return min(1.0, 0.99 / reach) if reach > 0.0 else 1.0

    factored: list[bool] = []
    _, changes = step_to([part.aim() for part in parts])
    length = longest(changes)
    # Rows and coefficients go to zero together: one that is far ahead makes all steps short.
    shares = np.array([2.0 * len(part.low) * float(part.weight.sum()) for part in parts])
    gap = float(shares @ [part.complementarity for part in parts])
    after = float(
        shares
        @ [part.complementarity_after(change, length) for part, change in zip(parts, changes, strict=True)]
    )
    targets = gap * (after / gap) ** 3 / (len(parts) * shares)
    aims = [part.aim(t, change) for part, t, change in zip(parts, targets, changes, strict=True)]
    step, changes = step_to(aims)
    length = longest(changes)
    for part, change in zip(parts, changes, strict=True):
        part.move(change, length)
    return length, step
