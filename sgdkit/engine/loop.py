"""The training loop: epoch after epoch until something says stop."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sgdkit.backends.base import Backend, Problem, TrainState
from sgdkit.backends.bounds import project
from sgdkit.data.order import epoch_order
from sgdkit.data.sampling import Sampler
from sgdkit.engine.averaging import Averaging, averaging_epochs
from sgdkit.engine.checkpoint.keeper import Keeper
from sgdkit.engine.checkpoint.snapshot import Snapshot, host_state
from sgdkit.engine.culprits import Visit, Watch
from sgdkit.engine.history import History
from sgdkit.engine.rises import LOWER, limit, rises, stiffened
from sgdkit.engine.stopping import Patience, StopReason
from sgdkit.schedules.base import Schedule
from sgdkit.schedules.growing_batch import GrowingBatch
from sgdkit.schedules.reduce_on_plateau import ReduceOnPlateau

__all__ = ("FitResult", "Plan", "fold_center", "initial_state", "restarted", "train")


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to train and what to watch.

    Attributes
    ----------
    schedule : Schedule or None
        Learning rate of each epoch; None is the automatic rate, which follows the objective.
    max_iter : int
        Epochs at most.
    tol : float or None
        Relative improvement of the objective that counts as progress; None never stops on it.
    n_iter_no_change : int
        Epochs without progress before stopping.
    shuffle : bool
        Whether the order of the runs changes every epoch.
    seed : int
        Of the order.
    adapt : bool
        Whether the automatic rate, or one that falls on plateaus, follows the objective; not the
        automatic rate of a stream, since the objectives of chunks cannot be compared, and not for a
        rule that must not be halved.
    horizon : int or None
        Epochs that the schedule stretches over; None means `max_iter`.
    validate : callable(TrainState) -> float or None
        Score on validation rows, greater is better.
    early_stopping : bool
        Whether the validation score, not the objective, decides.
    observe : callable(TrainState, epoch: int) -> bool or None
        Called after each epoch; True asks to stop.
    averaging : Averaging or None
        Average of the weights that the state keeps.
    gradient : callable(TrainState) -> float or None
        Norm of the gradient of the objective, measured after each epoch.
    gradient_goal : float
        Norm at which training has converged.
    deadline : float or None
        Reading of ``time.perf_counter`` after which no further epoch begins.
    sampler : Sampler or None
        Which runs an epoch visits; None visits each once, shuffled or not.
    rising : bool
        Whether the rate rises while that pays; an epoch that went wrong is then taken back and made again at
        a quarter of the rate. Needs an alarm.
    batches : GrowingBatch or None
        Batch size of each epoch; None is that of the problem.
    alarm : float
        Objective above which an epoch is taken back, like one that is not finite, and made again at a tenth
        of the rate, `RETRIES` times at most; infinite for none of this.
    keeper : Keeper or None
        Writes checkpoints, and has the one that training goes on from.
    """

    schedule: Schedule | None
    max_iter: int
    tol: float | None
    n_iter_no_change: int
    shuffle: bool
    seed: int
    adapt: bool = True
    horizon: int | None = None
    validate: Callable[[TrainState], float] | None = None
    early_stopping: bool = False
    observe: Callable[[TrainState, int], bool] | None = None
    averaging: Averaging | None = None
    gradient: Callable[[TrainState], float] | None = None
    gradient_goal: float = 0.0
    deadline: float | None = None
    sampler: Sampler | None = None
    rising: bool = False
    batches: GrowingBatch | None = None
    alarm: float = float("inf")
    keeper: Keeper | None = None

    def order(self, n_runs: int, epoch: int) -> np.ndarray:
        """Return the runs that an epoch visits."""
        if self.sampler is not None:
            return self.sampler.order(self.seed, epoch)
        return epoch_order(n_runs, self.seed, epoch, self.shuffle)


@dataclass(frozen=True, slots=True)
class FitResult:
    """What training gives back.

    Attributes
    ----------
    state : TrainState
        Where training can go on.
    reason : StopReason
        Why it ended.
    history : dict of str to ndarray
        The training curve.
    culprits : dict of int to dict
        Batches behind jumps of the objective; see `Watch`.
    """

    state: TrainState
    reason: StopReason
    history: dict[str, np.ndarray]
    culprits: dict[int, dict[str, Any]] = field(default_factory=dict)


RETRIES = 5


def _norm(weights: np.ndarray) -> float:
    with np.errstate(over="ignore"):
        return float(weights @ weights) ** 0.5


def train(problem: Problem, state: TrainState, backend: Backend, plan: Plan) -> FitResult:
    """Train until a stopping rule is met, moving a copy of `state`.

    If an epoch meets a loss or a weight that is not finite, it ends at once and the weights of the
    last good epoch are restored; with an alarm, training goes on at a tenth of the rate. Training starts at
    the weights within the bounds that are nearest.
    """
    state = state.copy()
    if problem.bounds is not None:
        state.w = backend.from_host(project(problem, backend.to_host(state.w)))
    history = History()
    batch_size = problem.batch_size
    bound = backend.bind(problem, state.w.dtype)
    run_epoch = averaging_epochs(bound, problem, plan.averaging)
    # Schedule-free steps depend on more than the state that a loop is given.
    steered = plan.averaging is not None and plan.averaging.kind == "schedule_free"
    watch = None if steered else Watch(backend)
    progress = None
    if plan.early_stopping:
        progress = Patience(plan.tol or 0.0, plan.n_iter_no_change, relative=False, sign=-1)
    elif plan.tol is not None:
        progress = Patience(plan.tol, plan.n_iter_no_change, relative=True)
    schedule = plan.schedule or ReduceOnPlateau()
    horizon = plan.horizon or plan.max_iter
    scored = plan.early_stopping and plan.schedule is not None
    typical_rate = 1.0 if problem.rates is None else float(np.median(problem.rates))
    n_penalised = problem.X.shape[1] * problem.n_outputs
    reason = StopReason.MAX_ITER
    best: TrainState | None = None
    again = False
    retries = RETRIES if plan.alarm < float("inf") else 0
    made = 0
    if plan.keeper is not None and plan.keeper.resumed is not None:
        kept = plan.keeper.resumed
        (state, best), made = kept.on(backend), kept.done
        history.extend(kept.rows)
        if progress is not None:
            progress.recall(kept.patience)
        if watch is not None:
            watch.culprits |= kept.culprits
        reason = StopReason(kept.reason or reason)
        retries = max(retries - (made - len(kept.rows)), 0)  # epochs that were taken back have no row
    for done in range(plan.max_iter if reason.met_a_rule else made, plan.max_iter):
        started = time.perf_counter()
        before = state.copy()
        weights_before = backend.to_host(before.w)
        position = state.epoch - state.since
        rate = state.damping * schedule.rate(position, horizon)
        settled = schedule.settled(position, horizon)
        order = plan.order(problem.edges.shape[0] - 1, state.epoch)
        if plan.batches is not None:
            size = min(plan.batches.size(position), problem.X.shape[0])
            if size != batch_size:
                batch_size = size
                problem = replace(problem, batch_size=size)
                bound = backend.bind(problem, state.w.dtype)
                run_epoch = averaging_epochs(bound, problem, plan.averaging)
        if problem.rule.stiffness and problem.rates is not None and state.step == 0:
            state.slots = stiffened(problem, backend, state, rate)
        report = run_epoch(state, order, rate)
        weights = backend.to_host(state.w).astype(np.float64)
        norm = _norm(weights)
        finite = report.finite and bool(np.isfinite(norm))
        objective = report.mean_loss
        if finite:
            objective += problem.penalty.value(weights[:n_penalised])
        # Once: what is as bad at a quarter of the rate comes from where the epoch before ended.
        alarm = min(plan.alarm, limit(state)) if plan.rising and not again else plan.alarm
        again = False
        if retries and not (finite and objective <= alarm) and done + 1 < plan.max_iter:
            state, retries = before, retries - 1
            again = finite and objective <= plan.alarm
            state.damping *= LOWER if again else 0.1
            state.ceiling = state.damping
            if problem.rule.stiffness:
                state.step = 0  # it begins anew
            continue
        if not finite:
            state, reason = before, StopReason.NOT_FINITE
            break
        state.epoch += 1
        score = float("nan") if plan.validate is None else plan.validate(state)
        full_gradient = float("nan") if plan.gradient is None else plan.gradient(state)
        if plan.rising and settled and rises(state, objective) and problem.rule.stiffness:
            state.step = 0
        if plan.rising and not plan.adapt:
            state.best_objective = min(state.best_objective, objective)
        if plan.adapt and settled and isinstance(schedule, ReduceOnPlateau):
            state.adapt_rate(-score if scored else objective, schedule, relative=not scored)
        history.append(
            epoch=state.epoch,
            objective=objective,
            validation_score=score,
            gradient_norm=report.gradient_norm,
            full_gradient_norm=full_gradient,
            learning_rate=rate * typical_rate,
            update_ratio=_norm(weights - weights_before) / max(norm, 1e-300),
            seconds=time.perf_counter() - started,
        )
        if watch is not None:
            watch.epoch_ended(Visit(problem, bound, before, order, rate), objective, history)
        if plan.early_stopping and progress is not None and progress.is_best(score):
            best = state.copy()
        asked = plan.observe is not None and plan.observe(state, done)
        stands_still = progress is not None and progress.says_stop(
            score if plan.early_stopping else objective
        )
        late = plan.deadline is not None and time.perf_counter() >= plan.deadline
        if full_gradient <= plan.gradient_goal:
            reason = StopReason.GRADIENT
        elif stands_still and (settled or plan.early_stopping):
            reason = StopReason.EARLY_STOPPING if plan.early_stopping else StopReason.CONVERGED
        elif asked:
            reason = StopReason.CALLBACK
        elif late and done + 1 < plan.max_iter:
            reason = StopReason.MAX_SECONDS
        ends = reason is not StopReason.MAX_ITER
        is_last = ends or done + 1 == plan.max_iter
        if plan.keeper is not None and plan.keeper.is_due(done + 1, is_last=is_last):
            plan.keeper.write(
                Snapshot(
                    state=host_state(state, backend),
                    done=done + 1,
                    seed=plan.seed,
                    rows=history.rows(),
                    patience=() if progress is None else progress.memory(),
                    best=None if best is None else host_state(best, backend),
                    reason=reason.value if reason.met_a_rule else "",
                    culprits={} if watch is None else watch.culprits,
                )
            )
        if ends:
            break
    if best is not None:
        state = best
    if scored:  # the scores of these validation rows; what comes next may follow the objective
        state.best_objective, state.waited = float("inf"), 0
    return FitResult(state, reason, history.columns(), {} if watch is None else watch.culprits)


def initial_state(
    problem: Problem,
    backend: Backend,
    start: np.ndarray,
    dtype: Any,
    max_iter: int,
    square_slope: np.ndarray | None = None,
) -> TrainState:
    """Return a state with zero coefficients and the intercepts at `start`.

    With a rule that anneals, the automatic rate starts at ``min(8, sqrt(max_iter))`` times its base:
    the base is best for a single pass, while a long run gains from reaching far first. Where the
    rule sums squared gradients, the intercepts' sums start at `square_slope`.
    """
    size = (problem.X.shape[1] + 1) * problem.n_outputs
    rule = problem.rule
    w = np.zeros(size, dtype)
    slots = np.zeros((len(rule.slots), size), dtype)
    if problem.fit_intercept:
        w[-problem.n_outputs :] = start
        if rule.accumulator and square_slope is not None:
            units = problem.units()[-problem.n_outputs :]
            slots[rule.slots.index(rule.accumulator), -problem.n_outputs :] = square_slope * units**2
    damping = min(8.0, max_iter**0.5) if rule.anneals else 1.0
    return TrainState(backend.from_host(w), backend.from_host(slots), damping=damping)


def restarted(problem: Problem, backend: Backend, last: TrainState, dtype: Any) -> TrainState:
    """Return a new state with the weights of `last`, whose intercepts are for raw rows.

    Nothing else of the old run is kept: its rate, sums and best objective belong to another problem
    or another rule. The rate starts at its base, so that good weights are not left far behind.
    """
    k = problem.n_outputs
    state = initial_state(problem, backend, np.zeros(k), dtype, 1)
    W = backend.to_host(last.w).astype(dtype).reshape(-1, k)
    if problem.center is not None:
        W[-1] += (problem.center @ W[:-1]).astype(dtype)
    if not problem.fit_intercept:
        W[-1] = 0.0
    state.w = backend.from_host(W.ravel())
    state.epoch, state.since = last.epoch, last.since
    return state


def fold_center(state: TrainState, center: np.ndarray, n_outputs: int) -> TrainState:
    """Return the state with the intercepts for raw rows instead of rows less `center`."""
    folded = state.copy()
    for w in (folded.w,) if folded.average is None else (folded.w, folded.average):
        W = w.reshape(-1, n_outputs)
        shift = (center[None, :] @ W[:-1]) if isinstance(W, np.ndarray) else type(W)(center[None, :]) @ W[:-1]
        W[-1:] = W[-1:] - shift.astype(W.dtype)
    return folded
