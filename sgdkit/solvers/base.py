"""What a solver is: a method that sees the whole problem and stops when it can prove how good it is."""

import time
from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sgdkit.backends.base import Problem
from sgdkit.engine.history import History
from sgdkit.engine.stopping import StopReason
from sgdkit.losses.base import Loss
from sgdkit.parameter_object import ParameterObject
from sgdkit.penalties import Penalty
from sgdkit.solvers.objective import Objective

__all__ = ("Run", "ScaledSolver", "Solution", "Solver", "SolverPlan")

# Rounding errors of the objective and of its bound, in units of the objective without features.
ROUNDING = 8 * np.finfo(np.float64).eps


@dataclass(frozen=True, slots=True)
class SolverPlan:
    """How long to iterate and what to watch.

    Attributes
    ----------
    max_iter : int
        Iterations at most.
    tol : float or None
        Relative distance to the optimum to stop at; None iterates until `max_iter`, or until rounding errors
        hide any progress.
    seed : int
        Of solvers that draw rows at random.
    first_epoch : int
        Iterations made by the fits that this one goes on from.
    validate : callable(weights) -> float or None
        Score on validation rows, for the history.
    observe : callable(weights, iteration: int) -> bool or None
        Called after each iteration; True asks to stop.
    """

    max_iter: int
    tol: float | None
    seed: int = 0
    first_epoch: int = 0
    validate: Callable[[np.ndarray], float] | None = None
    observe: Callable[[np.ndarray, int], bool] | None = None


@dataclass(frozen=True, slots=True)
class Solution:
    """What a solver gives back.

    Attributes
    ----------
    weights : ndarray of shape (n_features + 1, n_outputs)
        Raw coefficients, then the intercepts; float64.
    objective : float
        Their objective.
    gap : float
        The objective is at most this much above its least value; NaN where there is no proof.
    reason : StopReason
        Why it ended.
    history : dict of str to ndarray
        One row an iteration.
    """

    weights: np.ndarray
    objective: float
    gap: float
    reason: StopReason
    history: dict[str, np.ndarray]


class Solver(ParameterObject):
    """A whole-problem optimizer: registered, named and given like an update rule.

    Subclass it and write `solve`. The object holds parameters only.

    Attributes
    ----------
    name : str
        Registry name, snake case, shared with the update rules.
    """

    name: ClassVar[str]

    @abstractmethod
    def refusal(self, loss: Loss, penalty: Penalty) -> str | None:
        """Return what this loss or penalty lacks, as the end of a sentence; None if nothing."""

    @abstractmethod
    def solve(self, problem: Problem, start: np.ndarray, plan: SolverPlan) -> Solution:
        """Minimise the objective of `problem`.

        Parameters
        ----------
        problem : Problem
            Data, loss and penalty; `rule`, `rates`, `edges`, `batch_size` and `center` are not used.
        start : ndarray of shape (n_features + 1, n_outputs)
            Raw weights to start from, intercepts last.
        plan : SolverPlan
            When to stop and what to call.

        Returns
        -------
        Solution
        """


class ScaledSolver(Solver):
    """A solver that works in the scaled variables of an `Objective`."""

    def solve(self, problem: Problem, start: np.ndarray, plan: SolverPlan) -> Solution:  # noqa: D102
        return self._solve(Objective(problem), start, plan)

    @abstractmethod
    def _solve(self, objective: Objective, start: np.ndarray, plan: SolverPlan) -> Solution:
        """Minimise `objective`; arguments as for `solve`."""


class Run:
    """Keeps the books of a solver: best point, best bound, history, and when to stop.

    Iterate over it and end each iteration with `end_iteration`::

        run = Run(objective, plan)
        for _ in run:
            ...
            run.certify(slopes)
            run.end_iteration(value, v, b, ...)
        return run.solution()

    Parameters
    ----------
    objective : Objective
        What is minimised.
    plan : SolverPlan
        When to stop and what to call.
    start : tuple of ndarray
        `v` and `b` before the first iteration.
    value : float
        Their objective.
    """

    def __init__(
        self, objective: Objective, plan: SolverPlan, start: tuple[np.ndarray, np.ndarray], value: float
    ):
        self.objective = objective
        self.plan = plan
        self.bound = -np.inf
        self.best = (value, *start)
        self._history = History()
        self._reason: StopReason | None = None
        self._last = objective.raw(*start)
        self._made = 0
        self._started = 0.0

    def __iter__(self) -> Iterator[int]:
        while self._reason is None and self._made < self.plan.max_iter:
            self._started = time.perf_counter()
            yield self._made

    @property
    def is_last(self) -> bool:
        """Whether no iteration may follow the one that is being made."""
        return self._made + 1 >= self.plan.max_iter

    def certify(self, slopes: np.ndarray, overwrite: bool = False) -> None:
        """Improve the lower bound by slopes, which need not be feasible; `overwrite` saves memory."""
        if self.objective.bounded:
            self.raise_bound(self.objective.dual(slopes, overwrite))

    def raise_bound(self, dual: float) -> None:
        """Take a lower bound of the least objective; only the highest counts."""
        if dual > self.bound:  # not for NaN
            self.bound = dual

    def gap_of(self, value: float) -> float:
        """Return how far an objective can be above its least value; NaN where nothing is proved."""
        if not np.isfinite(self.bound):
            return float("nan")
        return max(value - self.bound, 0.0) + self.slack

    @property
    def slack(self) -> float:
        """What rounding may do to the difference of an objective and a bound."""
        return ROUNDING * abs(self.objective.null)

    @property
    def gap(self) -> float:
        """The gap of the best point so far."""
        return self.gap_of(self.best[0])

    @property
    def _is_attained(self) -> bool:
        """Whether some weights have the least objective: not for separable classes without a penalty."""
        return self.objective.bounded or "regression" in self.objective.problem.loss.tasks

    def is_within(self, distance: float, value: float) -> bool:
        """Tell whether `distance` is small enough beside the objective `value`, or hidden by rounding."""
        if self.plan.tol is None:
            return False
        null = abs(self.objective.null)
        # An exact fit has an objective near zero, of which no share can be proved.
        hidden = 2.0 * ROUNDING * null if self._is_attained and abs(value) < 1e-6 * null else 0.0
        return distance <= max(self.plan.tol * abs(value), hidden)

    def end_iteration(
        self,
        value: float,
        v: np.ndarray,
        b: np.ndarray,
        *,
        gradient_norm: float,
        step: float,
        estimate: float = float("inf"),
    ) -> None:
        """Take the point that an iteration ended at.

        Parameters
        ----------
        value : float
            Objective.
        v, b : ndarray
            The point.
        gradient_norm : float
            Norm of the gradient in scaled variables before the step.
        step : float
            Length of the step, in units of the solver's direction.
        estimate : float, default=inf
            An estimate of the distance to the least objective, on which a run stops where there is no bound.
        """
        if not np.isfinite(value):
            self._reason = StopReason.NOT_FINITE
            return
        if value < self.best[0] or self._made == 0:
            self.best = (value, v.copy(), b.copy())
        weights = self.objective.raw(v, b)
        self._made += 1
        plan = self.plan
        score = float("nan") if plan.validate is None else plan.validate(weights)
        size = float(np.linalg.norm(weights))
        self._history.append(
            epoch=plan.first_epoch + self._made,
            objective=value,
            validation_score=score,
            gradient_norm=gradient_norm,
            full_gradient_norm=float("nan"),
            learning_rate=step,
            update_ratio=float(np.linalg.norm(weights - self._last)) / max(size, 1e-300),
            seconds=time.perf_counter() - self._started,
        )
        self._last = weights
        asked = plan.observe is not None and plan.observe(weights, self._made - 1)
        distance = self.gap if self.objective.bounded else estimate
        if self._is_attained:  # not negative, so an objective is itself a distance: an exact fit's is tiny
            distance = min(distance, abs(value))
        if self.is_within(distance, self.best[0]):
            self._reason = StopReason.CONVERGED
        elif asked:
            self._reason = StopReason.CALLBACK

    def stall(self) -> None:
        """Say that rounding errors hide any further progress."""
        if self._reason is None:
            self._reason = StopReason.STALLED

    def solution(self) -> Solution:
        """Return the best point, with its proof."""
        value, v, b = self.best
        weights = self.objective.raw(v, b)
        reason = self._reason or StopReason.MAX_ITER
        dtype = self.objective.problem.X.dtype
        if dtype != np.float64:
            # The model keeps rounded weights, and the proof must be about those.
            weights = weights.astype(dtype).astype(np.float64)
            v, b = self.objective.scaled(weights)
            value = self.objective.value_at(v, b)
            if reason is StopReason.CONVERGED and self.objective.bounded:
                reason = reason if self.is_within(self.gap_of(value), value) else StopReason.STALLED
        gap = self.gap_of(value)
        return Solution(weights, value, gap, reason, self._history.columns())
