"""Averages of the weights along the way, on every backend alike."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from sgdkit.backends.base import EpochReport, EpochRunner, Problem, TrainState
from sgdkit.data.order import LANES

__all__ = ("BETA", "Averaging", "averaged_state", "averaging_epochs", "parts_of")

PARTS = 16
# Where schedule-free steps take gradients: so much of the way from the point that moves to the average.
BETA = 0.9


@dataclass(frozen=True, slots=True)
class Averaging:
    """How weights are averaged: at most `PARTS` times an epoch, or after every batch if steps depend on it.

    Attributes
    ----------
    kind : {"uniform", "polynomial", "exponential", "schedule_free"}
        The plain mean (Polyak and Juditsky, 1992), the t-th point with weight 9 / (t + 8) (Shamir and
        Zhang, 2013, with eta = 8), half of it forgotten in an epoch, or the mean weighted by squared rates
        that gradients are taken near (Defazio et al., "The road less scheduled", NeurIPS 2024, algorithm 1
        without warm-up).
    start : int
        Rows seen before the first point counts.
    """

    kind: str
    start: int = 0

    def weight(self, t: int, parts: int) -> float:
        """Return the weight of the t-th point, from 1, where an epoch has so many parts."""
        if t == 1:
            return 1.0
        if self.kind == "uniform":
            return 1.0 / t
        return 9.0 / (t + 8.0) if self.kind == "polynomial" else 1.0 - 0.5 ** (1.0 / parts)

    def add(self, state: TrainState, parts: int) -> None:
        """Take the present weights of `state` into its average."""
        state.averaged += 1
        weight = self.weight(state.averaged, parts)
        before = state.w if state.average is None else state.average
        state.average = before + weight * (state.w - before)


def averaged_state(state: TrainState) -> TrainState:
    """Return the state with the average for its weights, or itself where there is none yet."""
    return state if state.average is None else replace(state.copy(), w=state.average.copy())


def averaging_epochs(run_epoch: EpochRunner, problem: Problem, averaging: Averaging | None) -> EpochRunner:
    """Return a function that runs the same epochs and keeps the average.

    An epoch is cut only where a batch ends, so the weights themselves are what they would be without.
    """
    if averaging is None:
        return run_epoch
    if averaging.kind == "schedule_free":
        return _schedule_free(run_epoch, problem)

    def run(state: TrainState, order: np.ndarray, lr: float) -> EpochReport:
        parts = list(parts_of(problem, order))
        loss, squares, steps, finite = 0.0, 0.0, 0, True
        for part in parts:
            before = state.step
            report = run_epoch(state, part, lr)
            made = state.step - before
            loss, steps, finite = loss + report.mean_loss, steps + made, report.finite
            squares += made * report.gradient_norm**2
            if not finite:
                break
            state.rows += int((problem.edges[part + 1] - problem.edges[part]).sum())
            if state.rows >= averaging.start:
                averaging.add(state, len(parts))
        return EpochReport(loss, (squares / max(steps, 1)) ** 0.5, finite)

    return run


def _schedule_free(run_epoch: EpochRunner, problem: Problem) -> EpochRunner:
    """Return a function whose epochs move a point by steps from between that point and its average.

    With `z` the point, `x` the average and `y` the weights of the state, where gradients are taken::

        y = (1 - BETA) z + BETA x        z += step of the rule from y        x += c (z - x)

    and `c` the share of the squared rate in the sum of all so far. Only `x` and `y` are kept between epochs.
    """

    def run(state: TrainState, order: np.ndarray, lr: float) -> EpochReport:
        parts = list(parts_of(problem, order, len(order)))
        loss, squares, finite = 0.0, 0.0, True
        x = state.w if state.average is None else state.average
        z = (state.w - BETA * x) / (1.0 - BETA)
        for part in parts:
            y = 1.0 * state.w  # a copy, on every backend
            report = run_epoch(state, part, lr)
            loss, squares, finite = loss + report.mean_loss, squares + report.gradient_norm**2, report.finite
            if not finite:
                break
            z = z + (state.w - y)
            state.averaged += 1
            state.averaged_weight += float(lr * lr)
            x = x + float(lr * lr / state.averaged_weight) * (z - x)
            state.w = (1.0 - BETA) * z + BETA * x
        state.average = x
        return EpochReport(loss, (squares / max(len(parts), 1)) ** 0.5, finite)

    return run


def parts_of(problem: Problem, order: np.ndarray, most: int = PARTS) -> Iterator[np.ndarray]:
    """Cut the order of an epoch into at most so many pieces, only where a batch ends anyhow."""
    rows = np.cumsum(problem.edges[order + 1] - problem.edges[order])
    if problem.whole_runs:
        ends, taken, at = [], 0, 0
        while at < len(order):  # a batch takes whole runs while they fit, and at least one
            at = max(int(np.searchsorted(rows, taken + problem.batch_size, side="right")), at + 1)
            taken = int(rows[at - 1])
            ends.append(at)
    else:
        full = np.flatnonzero(rows % problem.batch_size == 0) + 1
        if rows[-1] > len(order):  # runs side by side end together
            full = full[full % LANES == 0]
        ends = [*full.tolist(), len(order)]
    most = min(most, len(ends))
    cuts = np.unique(np.array(ends)[np.linspace(-1, len(ends) - 1, most + 1).round().astype(int)[1:]])
    start = 0
    for cut in cuts.tolist():
        yield order[start:cut]
        start = cut
