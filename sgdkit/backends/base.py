"""What an epoch needs and gives: the contract between the engine and its backends."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sgdkit.losses.base import Loss
from sgdkit.optimizers.base import UpdateRule
from sgdkit.penalties import Penalty
from sgdkit.schedules.base import LEAST_SHARE
from sgdkit.schedules.reduce_on_plateau import ReduceOnPlateau

__all__ = ("Backend", "EpochReport", "EpochRunner", "Problem", "TrainState")


@dataclass(frozen=True, slots=True)
class Problem:
    """A training problem with everything resolved: data, objective, rule, order.

    The objective is ``sum(weight * loss) / sum(weight) + l1 |w| + l2 / 2 |w|²``; the intercept is
    not penalised.

    Attributes
    ----------
    X : array or CSR matrix of shape (n_rows, n_features)
        C-contiguous, or CSR with sorted indices and no duplicates.
    y : C-contiguous array of shape (n_rows, n_targets)
        Encoded targets, of the dtype of X; a classification or ranking loss has one column.
    weight : array of shape (n_rows,) or None
        Positive row weights; None means all 1.
    mean_weight : float
        Mean of `weight`, 1 for None.
    edges : ndarray of shape (n_runs + 1,), dtype int64
        Borders of the runs of rows that are visited together; queries when ranking.
    whole_runs : bool
        Whether a run must not be cut by the end of a batch.
    batch_size : int
        Rows in a batch.
    loss, rule : Loss, UpdateRule
        Parts of the model.
    penalty : Penalty
        Its two strengths.
    rates : ndarray of shape (n_features + 1,) or (n_features + 1, n_outputs) or None
        Factor on the learning rate for each feature and the intercept, positive; None means all 1. Rules see
        it as a unit of the weight, see `units`.
    n_outputs : int
        Raw predictions a row.
    fit_intercept : bool
        Whether the intercept moves.
    center : ndarray of shape (n_features,) or None, default=None
        Train as if on ``X - center``, which is never formed; the intercept of the state is then that of the
        centred rows. With a sparse X each batch visits every column whose centre is not zero.
    clip_norm, clip_value : float, default=inf
        Largest norm of a batch gradient of the loss, and largest size of one of its components, which is
        clipped first.
    bounds : ndarray of shape (2, n_features) or None, default=None
        Lowest and highest allowed coefficient of each feature, of every output alike; infinite where
        there is none. Intercepts are free.
    """

    X: Any
    y: Any
    weight: Any
    mean_weight: float
    edges: np.ndarray
    whole_runs: bool
    batch_size: int
    loss: Loss
    rule: UpdateRule
    penalty: Penalty
    rates: np.ndarray | None
    n_outputs: int
    fit_intercept: bool
    center: np.ndarray | None = None
    clip_norm: float = float("inf")
    clip_value: float = float("inf")
    bounds: np.ndarray | None = None

    @property
    def common_rate(self) -> float:
        """Factor on the rate of all weights: that of intercepts, whose unit is 1, or a free rule's own."""
        if self.rates is None:
            return 1.0
        if self.rule.step == "free":
            return self.rule.auto_rate
        return float(np.exp(np.mean(np.log(self.rates[-1]))))

    def units(self) -> np.ndarray:
        """Return the unit of each weight, in the order of `TrainState.w`.

        In a unit `u` a rule sees ``w / u`` and ``u g``. The step of a rule that is linear in the gradient
        is then ``u²`` times as long, that of another ``u`` times, which must be what the rate factor says.
        """
        d = self.X.shape[1] + 1
        rates = np.ones(d) if self.rates is None else self.rates / self.common_rate
        units = np.sqrt(rates) if self.rule.step == "linear" else rates
        return np.broadcast_to(units.reshape(d, -1), (d, self.n_outputs)).ravel()

    @property
    def l1(self) -> float:
        """Strength of the l1 penalty."""
        return self.penalty.l1

    @property
    def l2(self) -> float:
        """Strength of the l2 penalty."""
        return self.penalty.l2


@dataclass
class TrainState:
    """Everything that changes while training.

    Attributes
    ----------
    w : array of shape ((n_features + 1) * n_outputs,)
        Coefficients, feature by feature with the outputs side by side, then the intercepts.
    slots : array of shape (n_slots, (n_features + 1) * n_outputs)
        State of the update rule.
    step, epoch : int
        Update steps and epochs made so far.
    since : int
        Epochs made before the run that the schedule counts from.
    damping : float
        Factor on the schedule's rate: where the automatic rate starts, and what plateaus made of it.
    ceiling : float
        Factor that a rising rate does not pass: where an epoch had to be taken back.
    best_objective : float
        Least objective of an epoch so far (or validation score, with its sign turned); infinite
        before the first.
    waited : int
        Epochs since it last fell.
    average : array like `w`, or None
        Average of the weights on the way; None before the first point counts.
    averaged, rows : int
        Points in the average, and rows seen while averaging.
    averaged_weight : float
        Weight of these points, where they do not count alike.
    """

    w: Any
    slots: Any
    step: int = 0
    epoch: int = 0
    since: int = 0
    damping: float = 1.0
    ceiling: float = float("inf")
    best_objective: float = float("inf")
    waited: int = 0
    average: Any = None
    averaged: int = 0
    rows: int = 0
    averaged_weight: float = 0.0

    def copy(self) -> "TrainState":
        """Return an independent copy."""
        twin = copy.copy(self)
        twin.w, twin.slots = self.w.copy(), self.slots.copy()
        twin.average = None if self.average is None else self.average.copy()
        return twin

    def adapt_rate(self, figure: float, plateau: ReduceOnPlateau, relative: bool = True) -> None:
        """Adapt the rate to the figure of the epoch that just ended; smaller is better.

        It falls when some epochs in a row bring nothing: what is left then is mostly the noise of
        the steps. The least improvement is a share of the best figure's size (`relative`) or in
        its units.
        """
        needed = 0.0
        if np.isfinite(self.best_objective):
            needed = plateau.threshold * (abs(self.best_objective) if relative else 1.0)
        if figure < self.best_objective - needed:
            self.best_objective = figure
            self.waited = 0
            return
        self.waited += 1
        if self.waited >= plateau.patience:
            floor = max(plateau.floor, LEAST_SHARE)
            self.damping = max(self.damping * plateau.factor, min(self.damping, floor))
            self.waited = 0


@dataclass(frozen=True, slots=True)
class EpochReport:
    """What one epoch measured on the way.

    Attributes
    ----------
    mean_loss : float
        Weighted mean loss over the rows, each at the weights it was trained with.
    gradient_norm : float
        Root mean square over the batches of the norm of the batch gradient of the loss, before it is
        clipped.
    finite : bool
        False if a batch had a loss that is not finite; the weights are those before it.
    """

    mean_loss: float
    gradient_norm: float
    finite: bool


EpochRunner = Callable[[TrainState, np.ndarray, float], EpochReport]
"""Visits the runs in the given order at the given rate, moving the state in place."""


class Backend(ABC):
    """Runs epochs on one kind of array.

    Attributes
    ----------
    name : str
        What `backend_` shows.
    xp : namespace
        Namespace of the arrays that hold the state.
    """

    name: str
    xp: Any = np

    @abstractmethod
    def bind(self, problem: Problem, dtype: np.dtype) -> EpochRunner:
        """Return the function that runs epochs of `problem` on states of `dtype`."""

    def to_host(self, array: Any) -> np.ndarray:
        """Return the array as a NumPy array."""
        return np.asarray(array)

    def from_host(self, array: np.ndarray) -> Any:
        """Return a NumPy array as an array of this backend."""
        return self.xp.asarray(array)
