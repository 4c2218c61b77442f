"""The steps of one run: forward, back to the best point, and when to end."""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import OptimizeResult

from sgdkit.minimization.box import Box
from sgdkit.minimization.function import CountedFunction
from sgdkit.minimization.outcome import Status, Trace
from sgdkit.minimization.saddle import lower_neighbour
from sgdkit.minimization.steps import Rate, Stepper

__all__ = ("Point", "Run", "Stop")

# With an automatic rate: steps without a new least value before going back to it at half the rate,
# and how often that may happen in a row.
PATIENCE = 5
WATCHING = 10
MOST_FAILURES = 60
STANDSTILL = 100


class Point(NamedTuple):
    """A point with what is known there.

    Attributes
    ----------
    x, gradient : ndarray of shape (n,)
        Place and gradient.
    value : float
        The function's value.
    step : int
        Number of the step that led there.
    """

    x: np.ndarray
    value: float
    gradient: np.ndarray
    step: int

    @property
    def finite(self) -> bool:
        """Whether value and gradient are numbers."""
        return bool(np.isfinite(self.value) and np.isfinite(self.gradient).all())


@dataclass(frozen=True, slots=True)
class Stop:
    """When to end.

    Attributes
    ----------
    max_iter : int
        Steps at most.
    gtol : float
        Gradient that counts as none.
    tol : float or None
        Least fall, as a share of the value, in `STANDSTILL` steps.
    """

    max_iter: int
    gtol: float
    tol: float | None


class Run:
    """A run from one start.

    Parameters
    ----------
    function, box, stepper, rate, trace
        Its parts.
    start : ndarray of shape (n,)
        Inside the box.
    random : RandomState or None
        For looking for a way out of saddles; None does not look.

    Attributes
    ----------
    now, best : Point
        Where the run is, and the best point it has seen.
    steps, not_finite : int
        Steps made, and how many of them led to a value that is not finite.
    """

    def __init__(
        self,
        function: CountedFunction,
        box: Box,
        stepper: Stepper,
        rate: Rate,
        start: np.ndarray,
        trace: Trace,
        random: np.random.RandomState | None,
    ):
        self.function, self.box, self.stepper, self.rate = function, box, stepper, rate
        self.trace, self.random = trace, random
        self.steps = self.not_finite = self._waited = self._failures = self._lost = 0
        self.now = self.best = self._look(start, float("nan"), start)
        self._first = self.best.value

    def free_gradient(self, point: Point) -> np.ndarray:
        """Return the gradient without what the bounds hold back."""
        return self.box.free_gradient(point.x, point.gradient)

    def until(self, stop: Stop, callback: Callable[..., Any] | None) -> Status:
        """Run, and return why it ended."""
        self.stop = stop
        if not self.best.finite:
            return Status.NOT_FINITE
        notify = _notifier(callback)
        mark = (self.best.value, 0)
        while True:
            if np.abs(self.free_gradient(self.best)).max() <= stop.gtol and not self._escape():
                return Status.GRADIENT
            if self.steps >= stop.max_iter:
                return Status.MAX_ITER
            ended = self._advance()
            if ended is not None:
                return ended
            if notify(self.now):
                return Status.CALLBACK
            if stop.tol is not None:
                if mark[0] - self.best.value > stop.tol * abs(self.best.value):
                    mark = (self.best.value, self.steps)
                if self.steps - mark[1] >= STANDSTILL:
                    return Status.STANDSTILL

    def _look(self, x: np.ndarray, rate: float, origin: np.ndarray) -> Point:
        """Evaluate the function at `x` and note it."""
        if np.isfinite(x).all():
            value, gradient = self.function(x)
        else:
            value, gradient = float("nan"), np.full(x.shape, np.nan)
        point = Point(x, value, gradient, self.steps)
        with np.errstate(all="ignore"):
            norm = float(np.linalg.norm(self.free_gradient(point)))
            self.trace.append(x, value, norm, rate, float(np.linalg.norm(x - origin)))
        return point

    def _advance(self) -> Status | None:
        """Make one step, or take the last ones back; return a status where that ends the run."""
        rate = self.rate.next(self.stepper, self.now.x, self.now.gradient, self.steps)
        there = self.box.project(self.stepper.step(self.now.x, self.now.gradient, rate))
        self.steps += 1
        point = self._look(there, rate, self.now.x)
        self.not_finite += not point.finite
        self._lost += not point.finite
        if not self.rate.adaptive:
            if not point.finite:
                return Status.NOT_FINITE
            self.now = point
            self.rate.learn(point.value, self._is_best(point) or None)
            return None
        if point.finite and point.value <= self._first:
            self.now = point
            if self._is_best(point):
                self._waited = self._failures = self._lost = 0
                self.rate.learn(point.value, True)
                return None
            # Some rules only watch at first (RAdam).
            watching = self.stepper.count <= WATCHING and point.value == self.best.value
            self._waited += not watching
            if self._waited < PATIENCE:
                self.rate.learn(point.value, None)
                return None
        self.now = self.best
        self.stepper.restart()
        self.rate.learn(point.value, False)
        self._waited = 0
        self._failures += 1
        if self._failures < MOST_FAILURES:
            return None
        return Status.NOT_FINITE if self._lost else Status.STUCK

    def _is_best(self, point: Point) -> bool:
        """Keep the point if it is the best so far; between equal values the smaller gradient counts."""
        lower = point.value < self.best.value
        if not lower and point.value == self.best.value:
            sizes = [float(np.linalg.norm(self.free_gradient(each))) for each in (point, self.best)]
            lower = sizes[0] < sizes[1]
        if lower:
            self.best = point
        return lower

    def _escape(self) -> bool:
        """Move to a lower point nearby, if one is looked for and found."""
        if self.random is None or self.steps >= self.stop.max_iter:
            return False
        lower = lower_neighbour(self.function, self.box.project, self.best.x, self.best.value, self.random)
        if lower is None:
            return False
        self.steps += 1
        self.now = self._look(lower, float("nan"), self.best.x)
        self.stepper.restart()
        return self._is_best(self.now)


def _notifier(callback: Callable[..., Any] | None) -> Callable[[Point], bool]:
    """Return a function that calls the user's in the form it takes, and tells whether to stop."""
    if callback is None:
        return lambda point: False
    named = list(signature(callback).parameters) == ["intermediate_result"]

    def notify(point: Point) -> bool:
        try:
            if named:
                callback(intermediate_result=OptimizeResult(x=point.x.copy(), fun=point.value))
            else:
                callback(point.x.copy())
        except StopIteration:
            return True
        return False

    return notify
