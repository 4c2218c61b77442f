"""Accelerated proximal gradient descent: l1 penalties for any smooth loss."""

import numpy as np

from sgdkit.losses.base import Loss
from sgdkit.penalties import Penalty
from sgdkit.solvers.base import Run, ScaledSolver, Solution, SolverPlan
from sgdkit.solvers.objective import Objective
from sgdkit.solvers.terms import is_smooth

__all__ = ("FISTA",)


class FISTA(ScaledSolver):
    """Accelerated proximal gradient descent in implicitly centred and scaled variables.

    For smooth losses and every penalty; needs no second derivatives. An iteration reads X twice, and every
    tenth once more, for a bound of the optimum.

    Notes
    -----
    The step starts at 1, about right for one feature in these variables, and is halved until the objective
    lies below its quadratic bound. The momentum restarts when it points uphill.

    References
    ----------
    Beck and Teboulle, "A fast iterative shrinkage-thresholding algorithm for linear inverse problems", SIAM
    J. Imaging Sci. 2009, with backtracking; O'Donoghue and Candès, "Adaptive restart for accelerated gradient
    schemes", 2015, gradient scheme.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sgdkit import LinearRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> LinearRegressor(penalty="elasticnet", alpha=1e-3, optimizer="fista").fit(X, y).converged_
    True
    """

    name = "fista"

    def refusal(self, loss: Loss, penalty: Penalty) -> str | None:  # noqa: D102
        return None if is_smooth(loss) else f"needs a smooth loss, which {loss.name!r} is not"

    def _solve(self, objective: Objective, start: np.ndarray, plan: SolverPlan) -> Solution:
        v, b = objective.scaled(start)
        z = objective.predict(v, b)
        value = objective.value(z, v)
        run = Run(objective, plan, (v, b), value)
        # The point with momentum: where the gradient is taken.
        u, ub, zu = v, b, z
        step, momentum = 1.0, 1.0
        for made in run:
            g, gb = objective.gradient_at(zu, u)
            g = g - objective.l2 * u
            smooth = objective.terms.mean(zu)
            while True:
                new, new_b = _shrunk(objective, u - step * g, step), ub - step * gb
                p, pb = new - u, new_b - ub
                z_new = objective.predict(new, new_b)
                room = float((g * p).sum() + gb @ pb) + (float((p * p).sum() + pb @ pb)) / (2.0 * step)
                with np.errstate(over="ignore", invalid="ignore"):
                    fits = objective.terms.mean(z_new) <= smooth + room + 1e-14 * abs(smooth)
                if fits or step < 1e-30:
                    break
                step *= 0.5
            moved = float((p * p).sum() + pb @ pb) ** 0.5
            if float((p * (new - v)).sum() + pb @ (new_b - b)) < 0.0:
                momentum = 1.0
            following = 0.5 * (1.0 + (1.0 + 4.0 * momentum * momentum) ** 0.5)
            ahead = (momentum - 1.0) / following
            u, ub = new + ahead * (new - v), new_b + ahead * (new_b - b)
            zu = z_new + ahead * (z_new - z)
            v, b, z, momentum = new, new_b, z_new, following
            value = objective.value(z, v)
            if objective.bounded and (made % 10 == 9 or made + 1 == plan.max_iter):
                run.certify(objective.terms.slopes(z), overwrite=True)
            norm = moved / step
            run.end_iteration(value, v, b, gradient_norm=norm, step=step, estimate=50.0 * norm * norm)
            if moved == 0.0 or value <= 1e-15 * objective.null:
                run.certify(objective.terms.slopes(z), overwrite=True)
                run.stall()
        return run.solution()


def _shrunk(objective: Objective, v: np.ndarray, step: float) -> np.ndarray:
    """Return the proximal step of the penalty."""
    return np.sign(v) * np.maximum(np.abs(v) - step * objective.l1, 0.0) / (1.0 + step * objective.l2)
