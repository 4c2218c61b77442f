"""A primal-dual interior-point method for the hinge loss, whose corner defeats Newton's method."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_solve

from sgdkit.backends.base import Problem
from sgdkit.exceptions import UnsupportedCombinationError
from sgdkit.losses.base import Loss
from sgdkit.losses.hinge import Hinge
from sgdkit.penalties import Penalty
from sgdkit.solvers.base import Run, Solution, Solver, SolverPlan
from sgdkit.solvers.objective import Objective
from sgdkit.solvers.systems import (
    FeatureSystem,
    RowSystem,
    Step,
    factor_symmetric,
    factored_system,
)
from sgdkit.solvers.threads import one_blas_thread

__all__ = ("InteriorPoint",)

# Rows on the margin at most, and corrections of which they are, when the corner is sought.
CORNER_ROWS = 500
CORNER_ROUNDS = 8


class InteriorPoint(Solver):
    r"""Mehrotra's predictor-corrector method for the hinge loss with penalty ``"l2"``.

    It solves ``min sum_i a_i xi_i + l2 / 2 |w|^2`` under ``xi >= 0`` and ``xi >= 1 - s z`` and keeps the
    multipliers of both inside their bounds: 10 to 70 iterations, each with one factor of the features'
    matrix (up to 1,000 of them) or the rows' (up to 2,000 rows and more features than rows).

    Notes
    -----
    The multipliers of an iterate, shrunk so that the two classes balance, give the bound of the optimum. It
    lags behind: at the end the true distance is often a hundredth of the one that is proved. The last step
    then goes to the corner that the iterates run to, with the rows on the margin exactly on it.

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
            value = objective.value(z, v)
            run.certify(-sign * np.column_stack([side.multiplier for side in sides]))
            if run.is_within(run.gap_of(value), value):
                v, b, value = self._finished(objective, run, sides, v, b, value)
            norm = float(np.sqrt(sum(step.gradient_norm**2 for _, step in moves)))
            length = min(length for length, _ in moves)
            run.end_iteration(value, v, b, gradient_norm=norm, step=length)
            stuck = not max(length for length, _ in moves) > 1e-10
            if stuck or max(side.complementarity for side in sides) < 1e-16:
                run.stall()
        return run.solution()

    def _finished(
        self,
        objective: Objective,
        run: Run,
        sides: list["_Margins"],
        v: np.ndarray,
        b: np.ndarray,
        value: float,
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """Return the corner that the iterates run to, if it is better: rows on the margin exactly on it."""
        corners = [side.corner(objective) for side in sides]
        if any(corner is None for corner in corners):
            return v, b, value
        found_v, found_b, multipliers = (np.stack(parts, axis=-1) for parts in zip(*corners, strict=True))
        there = objective.value(objective.predict(found_v, found_b), found_v)
        if not there <= value:
            return v, b, value
        run.certify(-np.column_stack([side.sign for side in sides]) * multipliers)
        return found_v, found_b, there


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

    def corner(self, objective: Objective) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """Return `v`, `b` and multipliers where each row is beyond, exactly on or within the margin.

        Of each pair of slack and multiplier one goes to zero, which sorts the rows; rows that the solution
        shows in the wrong place are moved. None if that does not end, or too many rows are on the margin.
        """
        on = (self.spare < self.multiplier) & (self.slack < self.rest)
        within = (self.slack >= self.rest) & (self.spare < self.multiplier)
        for _ in range(CORNER_ROUNDS):
            if not 0 < on.sum() <= CORNER_ROWS:
                return None
            v, b, multiplier = self._on_the_margin(objective, on, within)
            margin = self.sign * (objective.design.forward(v[:, None])[:, 0] + b)
            low, high = on & (multiplier < -1e-10), on & (multiplier > 1.0 + 1e-10)
            missed = ~on & np.where(within, margin > 1.0 + 1e-9, margin < 1.0 - 1e-9)
            if not (low.any() or high.any() or missed.any()):
                return v, b, np.clip(multiplier, 0.0, 1.0)
            within = (within | high) & ~missed
            on = (on | missed) & ~low & ~high
        return None

    def _on_the_margin(
        self, objective: Objective, on: np.ndarray, within: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the solution with some rows exactly on the margin and some within it."""
        l2, at = objective.l2[:, 0], np.flatnonzero(on)
        pulls = np.where(within, self.weight * self.sign, 0.0)
        fixed = objective.design.backward(pulls[:, None])[:, 0] / l2
        A = objective.design.rows(at)
        kernel = (A / l2) @ A.T
        # The sum of beta is fixed, so this only moves the intercept; centred rows alone can be singular.
        extra = float(np.trace(kernel)) / len(at) if objective.intercept else 0.0
        factor = factor_symmetric(kernel + extra)
        beta = cho_solve(factor, self.sign[at] - A @ fixed, check_finite=False)
        b = 0.0
        if objective.intercept:
            along = cho_solve(factor, np.ones(len(at)), check_finite=False)
            b = float((beta.sum() + pulls.sum()) / max(along.sum(), 1e-300))
            beta = beta - b * along
            b -= extra * float(pulls.sum())
        multiplier = within.astype(np.float64)
        multiplier[at] = beta / (self.weight[at] * self.sign[at])
        return fixed + A.T @ beta / l2, np.asarray(b), multiplier

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
