"""A primal-dual interior-point method for the hinge loss, whose corner defeats Newton's method."""

from dataclasses import dataclass

import numpy as np

from sgdkit.backends.base import Problem
from sgdkit.exceptions import UnsupportedCombinationError
from sgdkit.losses.base import Loss
from sgdkit.losses.hinge import Hinge
from sgdkit.penalties import Penalty
from sgdkit.solvers.base import Run, Solution, Solver, SolverPlan
from sgdkit.solvers.objective import Objective
from sgdkit.solvers.systems import FeatureSystem, RowSystem, Step, factored_system
from sgdkit.solvers.threads import one_blas_thread

__all__ = ("InteriorPoint",)


class InteriorPoint(Solver):
    r"""Mehrotra's predictor-corrector method for the hinge loss with penalty ``"l2"``.

    It solves ``min sum_i a_i xi_i + l2 / 2 |w|^2`` under ``xi >= 0`` and ``xi >= 1 - s z`` and keeps the
    multipliers of both inside their bounds: 10 to 70 iterations, each with one factor of the features'
    matrix (up to 1,000 of them) or the rows' (up to 2,000 rows and more features than rows).

    Notes
    -----
    The multipliers of an iterate, shrunk so that the two classes balance, give the bound of the optimum. It
    lags behind: at the end the true distance is often a hundredth of the one that is proved.

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
        if not isinstance(loss, Hinge):
            return f"is made for the hinge loss alone, not for {loss.name!r}"
        if penalty.l1 > 0.0 or penalty.l2 == 0.0:
            return "needs an l2 penalty above zero and no l1 part"
        return None

    def solve(self, problem: Problem, start: np.ndarray, plan: SolverPlan) -> Solution:  # noqa: D102
        with one_blas_thread():
            return self._solve(Objective(problem), start, plan)

    def _solve(self, objective: Objective, start: np.ndarray, plan: SolverPlan) -> Solution:
        system = factored_system(objective)
        if system is None:
            design = objective.design
            raise UnsupportedCombinationError(
                f"optimizer='interior_point' factors a matrix of the features or of the rows, and {design.n} "
                f"rows of {design.d} features are too many for either. Use optimizer='auto'."
            )
        v, b = objective.scaled(start)
        z = objective.predict(v, b)
        run = Run(objective, plan, (v, b), objective.value(z, v))
        sign = 2.0 * objective.terms.targets - 1.0
        sides = [_Margins.start(objective, sign[:, k], z[:, k]) for k in range(z.shape[1])]
        for _ in run:
            moves = []
            for k, side in enumerate(sides):
                moves.append(side.advance(system, v[:, k], z[:, k], z[:, k] - b[k]))
            v = v + np.column_stack([length * step.p[:, 0] for length, step in moves])
            b = b + np.array([length * step.pb[0] for length, step in moves])
            z = objective.predict(v, b)
            run.certify(-sign * np.column_stack([side.multiplier for side in sides]))
            norm = float(np.sqrt(sum(step.gradient_norm**2 for _, step in moves)))
            length = min(length for length, _ in moves)
            run.end_iteration(objective.value(z, v), v, b, gradient_norm=norm, step=length)
            stuck = not max(length for length, _ in moves) > 1e-10
            if stuck or max(side.complementarity for side in sides) < 1e-16:
                run.stall()
        return run.solution()


@dataclass(slots=True)
class _Margins:
    """The inner point of one class against the rest.

    Attributes
    ----------
    weight, sign : ndarray of shape (n,)
        Row weights, and the classes as -1 and 1.
    multiplier, rest : ndarray of shape (n,)
        Of ``slack >= 1 - sign * z``, in (0, 1), and what it leaves to 1, which is that of ``slack >= 0``.
    slack, spare : ndarray of shape (n,)
        ``xi`` and ``sign * z - 1 + xi``, both positive.
    """

    weight: np.ndarray
    sign: np.ndarray
    multiplier: np.ndarray
    rest: np.ndarray
    slack: np.ndarray
    spare: np.ndarray

    @classmethod
    def start(cls, objective: Objective, sign: np.ndarray, z: np.ndarray) -> "_Margins":
        """Return a point well inside, with balanced multipliers."""
        weight = objective.weight
        up = max(float(weight[sign > 0].sum()), 1e-300)
        down = max(float(weight[sign < 0].sum()), 1e-300)
        share = np.maximum(0.5 * np.where(sign > 0, min(up, down) / up, min(up, down) / down), 1e-6)
        margin = sign * z - 1.0
        slack = np.maximum(-margin, 0.0) + 1.0
        return cls(weight, sign, share, 1.0 - share, slack, margin + slack)

    @property
    def complementarity(self) -> float:
        """Mean product of the slacks with their multipliers: zero in the optimum."""
        total = float(self.multiplier @ self.spare + self.rest @ self.slack)
        return total / (2 * len(self.slack))

    def advance(
        self, system: FeatureSystem | RowSystem, v: np.ndarray, z: np.ndarray, linear: np.ndarray
    ) -> tuple[float, Step]:
        """Move inside and return the length and the step of the weights."""
        a, rest, slack, spare, n = self.multiplier, self.rest, self.slack, self.spare, len(z)
        mu = self.complementarity
        stiffness = spare / a + slack / rest
        error = self.sign * z - 1.0 + slack - spare

        def move(target: float, second_spare: np.ndarray | float, second_slack: np.ndarray | float):  # type: ignore[no-untyped-def]
            of_spare = target - a * spare - second_spare
            of_slack = target - rest * slack - second_slack
            pull = of_spare / a - of_slack / rest - error
            step = system.solve(self.weight * self.sign * (a + pull / stiffness), v, linear)
            da = (pull - self.sign * step.moved[:, 0]) / stiffness
            return step, da, (of_slack + slack * da) / rest, (of_spare - spare * da) / a

        def longest(da: np.ndarray, d_slack: np.ndarray, d_spare: np.ndarray) -> float:
            reach = max(
                float(np.max(-da / a)),
                float(np.max(da / rest)),
                float(np.max(-d_slack / slack)),
                float(np.max(-d_spare / spare)),
            )
            return min(1.0, 0.99 / reach) if reach > 0.0 else 1.0

        system.factor(self.weight / stiffness, self.weight * self.sign * a)
        _, da, d_slack, d_spare = move(0.0, 0.0, 0.0)
        length = longest(da, d_slack, d_spare)
        there = (a + length * da) @ (spare + length * d_spare)
        there += (rest - length * da) @ (slack + length * d_slack)
        centring = (max(float(there), 0.0) / (2 * n * mu)) ** 3
        step, da, d_slack, d_spare = move(centring * mu, da * d_spare, -da * d_slack)
        length = longest(da, d_slack, d_spare)
        self.multiplier, self.rest = a + length * da, rest - length * da
        self.slack = slack + length * d_slack
        self.spare = spare + length * d_spare
        return length, step
