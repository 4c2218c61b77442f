"""Which batch threw the weights off: epochs before a jump of the objective are made again, batch by batch."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sgdkit.backends.base import Backend, EpochRunner, Problem, TrainState
from sgdkit.data.order import batches
from sgdkit.engine.averaging import parts_of
from sgdkit.engine.diagnosis.batches import CALM, LEAST_JUMP, jumps
from sgdkit.engine.history import COLUMNS, History

__all__ = ("Visit", "Watch")

MOST_ROWS = 8
_OBJECTIVE, _RATE = COLUMNS.index("objective"), COLUMNS.index("learning_rate")


@dataclass(frozen=True, slots=True)
class Visit:
    """What repeats an epoch.

    Attributes
    ----------
    problem, run : Problem, EpochRunner
        What ran it.
    before : TrainState
        The state it began with.
    order : ndarray
        The runs it visited.
    rate : float
        Its learning rate.
    """

    problem: Problem
    run: EpochRunner
    before: TrainState
    order: np.ndarray
    rate: float

    def by_rows(self, backend: Backend) -> "Visit":
        """Return the same visit with every row a run of its own, so that any batch can be made alone."""
        if self.problem.whole_runs or len(self.problem.edges) > self.problem.X.shape[0]:
            return self
        edges = np.arange(self.problem.X.shape[0] + 1)
        problem = replace(self.problem, edges=edges)
        taken = batches(self.order, self.problem.edges, False, self.problem.batch_size)
        order = np.concatenate([rows for rows, _ in taken])
        run = backend.bind(problem, self.before.w.dtype)
        return Visit(problem, run, self.before, order, self.rate)


class Watch:
    """Finds the batches behind jumps out of a calm curve.

    Attributes
    ----------
    culprits : dict of int to dict
        For the number of an epoch that jumped: `epoch`, `batch` (from 1) and `n_batches` of the batch with
        the longest step in that epoch and the one before, how many times the median `length` it was, and its
        first `rows`.
    """

    def __init__(self, backend: Backend):
        self._backend = backend
        self._last: Visit | None = None
        self._objective = float("nan")
        self.culprits: dict[int, dict[str, Any]] = {}

    def epoch_ended(self, visit: Visit, objective: float, history: History) -> None:
        """Take an epoch, its objective, and the history with it."""
        # Almost no epoch rises so far, and then there is nothing to read; after none, every figure may.
        no_jump = objective - self._objective <= LEAST_JUMP * abs(self._objective)
        self._objective = objective
        seen = np.empty((0, len(COLUMNS))) if no_jump else history.latest(CALM + 2)
        if len(seen) == CALM + 2 and jumps(seen[:, _OBJECTIVE], seen[:, _RATE])[-1]:
            visits = [visit] if self._last is None else [self._last, visit]
            found = max((self._longest_step(each) for each in visits), key=lambda each: each["length"])
            self.culprits[visit.before.epoch + 1] = found
        self._last = visit

    def _longest_step(self, visit: Visit) -> dict[str, Any]:
        visit = visit.by_rows(self._backend)
        state, edges = visit.before.copy(), visit.problem.edges
        parts = list(parts_of(visit.problem, visit.order, len(visit.order)))
        lengths = []
        for part in parts:
            before = np.array(self._backend.to_host(state.w), np.float64)
            visit.run(state, part, visit.rate)
            lengths.append(float(np.linalg.norm(self._backend.to_host(state.w) - before)))
        worst = int(np.argmax(lengths))
        rows = np.concatenate([np.arange(edges[run], edges[run + 1]) for run in parts[worst]])
        return {
            "epoch": visit.before.epoch + 1,
            "batch": worst + 1,
            "n_batches": len(parts),
            "length": lengths[worst] / max(float(np.median(lengths)), 1e-300),
            "rows": rows[:MOST_ROWS].tolist(),
        }
