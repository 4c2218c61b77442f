"""First-order descent on the whole problem: steepest descent, and L-BFGS."""

from abc import abstractmethod

import numpy as np

from sgdkit.losses.base import Loss
from sgdkit.penalties import Penalty
from sgdkit.solvers.base import Run, ScaledSolver, Solution, SolverPlan
from sgdkit.solvers.objective import Objective
from sgdkit.solvers.rows import Along
from sgdkit.solvers.terms import is_smooth

__all__ = ("LBFGS", "Descent", "GradientDescent", "Memory")


class Memory:
    """Turns a gradient into a direction, and learns from the steps that were made."""

    @abstractmethod
    def direction(self, gradient: np.ndarray) -> np.ndarray:
        """Return a direction of descent."""

    @abstractmethod
    def learn(self, moved: np.ndarray, change: np.ndarray) -> None:
        """Take a step and the change of the gradient over it."""


class Descent(ScaledSolver):
    """Base of the solvers that need gradients alone.

    An iteration reads X twice: raw predictions are linear in the weights, so the line search along a
    direction, which moves them by a known amount, needs no product with X. It asks for enough decrease
    (Armijo) and a flatter slope (weak Wolfe).
    """

    @abstractmethod
    def memory(self) -> Memory:
        """Return a fresh memory for one run."""

    def refusal(self, loss: Loss, penalty: Penalty) -> str | None:  # noqa: D102
        if not is_smooth(loss):
            return f"needs a smooth loss, which {loss.name!r} is not"
        if penalty.l1 > 0.0:
            return "takes no l1 penalty"
        return None

    def _solve(self, objective: Objective, start: np.ndarray, plan: SolverPlan) -> Solution:
        v, b = objective.scaled(start)
        z = objective.predict(v, b)
        value = objective.value(z, v)
        gradient = _joined(*objective.gradient_at(z, v))
        run = Run(objective, plan, (v, b), value)
        memory = self.memory()
        length = 1.0
        for _ in run:
            norm = float(np.linalg.norm(gradient))
            direction = memory.direction(gradient)
            if not (gradient * direction).sum() < 0.0:
                direction = -gradient
            p, pb = direction[:-1], direction[-1]
            moved = objective.design.forward(p) + pb
            length, value = _wolfe(objective, v, z, p, moved, value, (gradient * direction).sum(), length)
            v, b = v + length * p, b + length * pb
            moved *= length
            z += moved
            before, gradient = gradient, _joined(*objective.gradient_at(z, v))
            memory.learn(length * direction, gradient - before)
            if objective.bounded and run.is_within(_plain_gap(objective, gradient), value):
                run.certify(objective.terms.slopes(z), overwrite=True)
            estimate = 0.5 * float((gradient * gradient).sum())
            run.end_iteration(value, v, b, gradient_norm=norm, step=length, estimate=100.0 * estimate)
            if length == 0.0 or value <= 1e-15 * objective.null:
                run.certify(objective.terms.slopes(z), overwrite=True)
                run.stall()
            length = min(1.0, 2.0 * length) if isinstance(memory, _Pairs) else 2.0 * length
        run.certify(objective.terms.slopes(z), overwrite=True)
        return run.solution()


def _joined(g: np.ndarray, gb: np.ndarray) -> np.ndarray:
    return np.vstack([g, gb[None, :]])


def _plain_gap(objective: Objective, gradient: np.ndarray) -> float:
    """Return the gap that the present slopes would prove if the intercept's gradient were zero."""
    g = gradient[:-1]
    return 0.5 * float((g * g / objective.l2).sum())


def _wolfe(
    objective: Objective,
    v: np.ndarray,
    z: np.ndarray,
    p: np.ndarray,
    moved: np.ndarray,
    value: float,
    slope: float,
    length: float,
) -> tuple[float, float]:
    """Return a step length with enough decrease and a flatter slope, and the objective there; 0 if none."""
    low, high = 0.0, np.inf
    best = (0.0, value)
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(60):
            z_there, v_there = Along(z, moved, length), v + length * p
            there = objective.value(z_there, v_there)
            if not there <= value + 1e-4 * length * slope:
                if high - low <= 1e-12 * length or (there <= value + 1e-15 * abs(value) and best[0] > 0.0):
                    break
                high = length
            else:
                best = (length, there)
                rise = objective.terms.slope_along(z_there) + float((objective.l2 * v_there * p).sum())
                if rise >= 0.9 * slope:
                    break
                low = length
            length = 0.5 * (low + high) if np.isfinite(high) else 2.0 * length
    return best


class _Pairs(Memory):
    """The last steps and gradient changes, as an approximation of the inverse Hessian."""

    def __init__(self, size: int):
        self._size = size
        self._pairs: list[tuple[np.ndarray, np.ndarray, float]] = []

    def direction(self, gradient: np.ndarray) -> np.ndarray:
        q = gradient.copy()
        factors = []
        for step, change, inverse in reversed(self._pairs):
            factor = inverse * float((step * q).sum())
            q -= factor * change
            factors.append(factor)
        if self._pairs:
            step, change, inverse = self._pairs[-1]
            q /= inverse * float((change * change).sum())
        for (step, change, inverse), factor in zip(self._pairs, reversed(factors), strict=True):
            q += (factor - inverse * float((change * q).sum())) * step
        return -q

    def learn(self, moved: np.ndarray, change: np.ndarray) -> None:
        bend = float((moved * change).sum())
        if bend > 1e-14 * float((change * change).sum()):
            self._pairs = [*self._pairs[1 - self._size :], (moved, change, 1.0 / bend)]


class _Nothing(Memory):
    """Steepest descent."""

    def direction(self, gradient: np.ndarray) -> np.ndarray:
        return -gradient

    def learn(self, moved: np.ndarray, change: np.ndarray) -> None:
        pass


class LBFGS(Descent):
    """Limited-memory BFGS in implicitly centred and scaled variables.

    For smooth losses and penalty ``"l2"`` or None. An iteration reads X twice; second derivatives are
    not needed.

    Parameters
    ----------
    memory_size : int, default=20
        Steps that are remembered, at least 1.

    Notes
    -----
    With an l2 penalty the run ends on a bound of the optimum, taken at the present slopes: half the sum of
    ``g_j^2 / l2_j`` over the scaled gradient. Without one it ends when fifty times the squared norm of
    the scaled gradient is at most ``tol`` times the objective; that is an estimate, no proof.

    References
    ----------
    Nocedal and Wright, "Numerical optimization", 2nd edition 2006, algorithm 7.4.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sgdkit import LinearRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> LinearRegressor(optimizer="lbfgs").fit(X, y).converged_
    True
    """

    name = "lbfgs"

    def __init__(self, memory_size: int = 20):
        self.memory_size = memory_size

    def memory(self) -> Memory:  # noqa: D102
        return _Pairs(self.memory_size)


class GradientDescent(Descent):
    """Steepest descent with a line search, in implicitly centred and scaled variables.

    For smooth losses and penalty ``"l2"`` or None. The slowest of the solvers, for comparison and teaching.

    References
    ----------
    Boyd and Vandenberghe, "Convex optimization", 2004, section 9.3.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sgdkit import LinearRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> LinearRegressor(optimizer="gd").fit(X, y).converged_
    True
    """

    name = "gd"

    def memory(self) -> Memory:  # noqa: D102
        return _Nothing()
