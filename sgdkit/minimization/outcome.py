"""What a run gives back: why it ended, in numbers and words, and the values on the way."""

from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import OptimizeResult

from sgdkit.minimization.remaining import MOST_VARIABLES, Remaining, estimate_remaining

if TYPE_CHECKING:
    from sgdkit.minimization.run import Run

__all__ = ("Status", "Trace", "result_of")


class Status(IntEnum):
    """Why a run ended; the value is ``result.status``."""

    GRADIENT = 0
    MAX_ITER = 1
    STANDSTILL = 2
    NOT_FINITE = 3
    STUCK = 4
    CALLBACK = 99


class Trace:
    """One row for each point that was evaluated, the start first.

    Parameters
    ----------
    keep_path : bool
        Whether to keep the points themselves.
    """

    COLUMNS = ("fun", "gradient_norm", "rate", "step_norm")

    def __init__(self, keep_path: bool):
        self._rows: list[tuple[float, float, float, float]] = []
        self._path: list[np.ndarray] | None = [] if keep_path else None

    def append(self, x: np.ndarray, fun: float, gradient_norm: float, rate: float, step_norm: float) -> None:
        """Add a point."""
        self._rows.append((fun, gradient_norm, rate, step_norm))
        if self._path is not None:
            self._path.append(x.copy())

    @property
    def first(self) -> float:
        """Value at the start."""
        return self._rows[0][0]

    def columns(self) -> dict[str, np.ndarray]:
        """Return the columns by name, of shape (n_points,), and `path` of shape (n_points, n) if kept."""
        table = np.array(self._rows)
        columns = {name: table[:, i].copy() for i, name in enumerate(self.COLUMNS)}
        if self._path is not None:
            columns["path"] = np.array(self._path)
        return columns


def result_of(run: "Run", status: Status) -> OptimizeResult:
    """Return the best point of a run, with what is known about it.

    Parameters
    ----------
    run : Run
        It has ended.
    status : Status
        Why.
    """
    best, free = run.best, run.free_gradient(run.best)
    remaining = None
    unfinished = status in (Status.MAX_ITER, Status.STUCK, Status.CALLBACK)
    if unfinished and best.x.size <= MOST_VARIABLES and np.array_equal(free, best.gradient):
        remaining = estimate_remaining(lambda x: run.function(x)[1], best.x, best.gradient)
    left = Remaining(np.nan, np.nan, np.nan) if remaining is None else remaining
    words = _words(run, status, float(np.abs(free).max()))
    if remaining is not None:
        words += (
            f" By the local quadratic the minimum is {left.distance:.3g} away and {left.fall:.3g} lower "
            f"(condition {left.condition:.3g})."
        )
    return OptimizeResult(
        x=best.x.copy(),
        fun=best.value,
        jac=best.gradient.copy(),
        nit=run.steps,
        nfev=run.function.n_values,
        njev=run.function.n_gradients,
        success=status in (Status.GRADIENT, Status.STANDSTILL),
        status=int(status),
        message=words,
        trace=run.trace.columns(),
        distance_left=left.distance,
        fun_left=left.fall,
        condition=left.condition,
    )


def _words(run: "Run", status: Status, size: float) -> str:
    """Say in a sentence or two why the run ended and what to do."""
    best, last = run.best, run.now
    if status is Status.GRADIENT:
        return f"No component of the gradient exceeds gtol={run.stop.gtol:g}."
    if status is Status.STANDSTILL:
        return f"The least value no longer falls by tol={run.stop.tol:g} of its size."
    if status is Status.CALLBACK:
        return "The callback raised StopIteration."
    if status is Status.STUCK:
        return (
            f"No step lowers the function any more, though its gradient is still {size:.3g} (gtol is "
            f"{run.stop.gtol:g}): a kink, a gradient that is not the function's, or its precision is reached."
        )
    if status is Status.NOT_FINITE:
        if run.steps == 0:
            return "Value or gradient at x0 is not finite; start elsewhere."
        return (
            f"Value or gradient was not finite in {run.not_finite} step(s), and the run ended in step "
            f"{run.steps}; x is the best point before, that of step {best.step}. Lower learning_rate, leave "
            "it 'auto', or set bounds."
        )
    words = f"The {run.stop.max_iter} steps of max_iter were made; the gradient is still {size:.3g}."
    if not run.rate.adaptive and last.value > max(run.trace.first, best.value):
        words += f" The function rose to {last.value:.3g}: learning_rate is too large."
    return words
