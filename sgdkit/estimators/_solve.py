"""Training by a solver: the whole problem at once, down to a proven distance from the optimum."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from sgdkit.backends.array_api import ArrayBackend
from sgdkit.backends.base import Problem, TrainState
from sgdkit.backends.select import is_cupy
from sgdkit.data.order import run_edges
from sgdkit.engine.checkpoint import Keeper, Snapshot
from sgdkit.engine.rates import (
    automatic_rates,
    column_centers,
    constant_loss,
    mean_square_slope,
)
from sgdkit.engine.stopping import StopReason
from sgdkit.estimators._batches import AUTO_BATCH
from sgdkit.estimators._bounds import bounds_of
from sgdkit.estimators._evidence import describe, kept_in
from sgdkit.estimators._rows import TrainingRows, in_units_of_the_mean
from sgdkit.exceptions import ConvergenceWarning, UnsupportedCombinationError
from sgdkit.losses.base import Loss
from sgdkit.losses.log_loss import Logistic
from sgdkit.optimizers.adagrad import AdaGrad
from sgdkit.penalties import Penalty
from sgdkit.plugin.registry import default_registry
from sgdkit.solvers.base import Solution, Solver, SolverPlan
from sgdkit.solvers.pairs import few_enough_pairs, on_pairs

__all__ = ("able_optimizers", "check_solver", "epochs_setting", "train_whole")

STREAM_EPOCHS = 100


def check_solver(
    model: Any, solver: Solver, rows: TrainingRows, loss: Loss, penalty: Penalty, streaming: bool
) -> None:
    """Refuse what a solver cannot do, in one sentence that names optimizers which can.

    Raises
    ------
    UnsupportedCombinationError
        Saying what does not fit.
    """
    paired = False
    if rows.edges is not None and not is_cupy(rows.X):
        paired = few_enough_pairs(loss, rows.X, rows.y, rows.edges)
    wrong = solver.refusal(Logistic() if paired else loss, penalty)
    remedy = ""
    if rows.edges is not None and not paired:
        wrong = (
            "adds up losses of rows, but ranking compares rows within queries, and here there are too many "
            "pairs to form them, or another loss"
        )
    elif wrong is not None:
        remedy = f" Use optimizer='auto' or one of {', '.join(map(repr, able_optimizers(loss, penalty)))}."
    elif streaming:
        wrong = "needs all rows at once, but partial_fit sees one chunk"
    elif model.early_stopping:
        wrong = "has no epochs that early_stopping=True could choose from"
    elif (setting := epochs_setting(model, rows)) is not None:
        wrong = f"does not read {setting}, which is about the epochs and steps of an update rule"
    elif model.backend != "auto" or is_cupy(rows.X):
        given = f"backend={model.backend!r}" if model.backend != "auto" else "an X on a GPU"
        wrong = f"computes with NumPy and SciPy in main memory, which {given} rules out"
    if wrong is not None:
        remedy = remedy or " Use an update rule, such as optimizer='adagrad', or optimizer='auto'."
        raise UnsupportedCombinationError(f"optimizer={solver.name!r} {wrong}.{remedy}")


def epochs_setting(model: Any, rows: TrainingRows) -> str | None:
    """Return the first parameter with a value of its own that only update rules can follow."""
    if bounds_of(model, rows.X.shape[1], rows.n_outputs) is not None:
        return next(
            f"{name}={getattr(model, name)!r}"
            for name in ("positive", "bounds", "monotone")
            if getattr(model, name) is not None and getattr(model, name) is not False
        )
    for name in ("average", "clip_norm", "clip_value", "grad_tol", "max_seconds"):
        value = getattr(model, name)
        if value is not None and value is not False and not (name == "average" and value == "auto"):
            return f"{name}={value!r}"
    return f"sampling={model.sampling!r}" if model.sampling != "auto" else None


def able_optimizers(loss: Loss, penalty: Penalty) -> list[str]:
    """Return the names of the optimizers that take this loss and penalty."""
    names = []
    for name, kind in default_registry().table("optimizer").items():
        part = kind()
        if isinstance(part, Solver):
            fits = part.refusal(loss, penalty) is None
        else:
            fits = penalty.l1 == 0.0 or part.has_proximal_step
        if fits:
            names.append(name)
    return names


def train_whole(
    model: Any,
    solver: Solver,
    why: str,
    rows: TrainingRows,
    loss: Loss,
    penalty: Penalty,
    seed: int,
    state: TrainState | None,
    max_iter: int,
    observer: Callable[[Callable[[TrainState], dict[str, Any]]], Callable[[TrainState, int], bool]] | None,
    keeper: Keeper | None,
) -> None:
    """Train `model` by a solver and set every fitted attribute.

    Parameters
    ----------
    model : LinearModel
        The estimator.
    solver, why : Solver, str
        What runs, and one sentence that says why.
    rows : TrainingRows
        The data.
    loss, penalty : Loss, Penalty
        The objective.
    seed : int
        Of solvers that draw rows at random.
    state : TrainState or None
        Its weights, for raw rows.
    max_iter : int
        Iterations at most.
    observer : callable or None
        Makes the function that is called after each iteration.
    keeper : Keeper or None
        Writes the weights to checkpoints, and may have some to start from.
    """
    dtype, n = rows.X.dtype, rows.X.shape[0]
    weight, weight_seen = in_units_of_the_mean(rows, None)
    constant = loss.best_constant(rows.y, weight, rows.n_outputs)
    problem = Problem(
        X=rows.X,
        y=rows.y,
        weight=weight,
        mean_weight=1.0,
        edges=run_edges(n, n),
        whole_runs=False,
        batch_size=n,
        loss=loss,
        rule=AdaGrad(),  # no epoch is run
        penalty=penalty,
        rates=None,
        n_outputs=rows.n_outputs,
        fit_intercept=bool(getattr(model, "fit_intercept", False)),
    )
    solved = problem if rows.edges is None else on_pairs(problem, rows.edges)
    made = 0
    if keeper is not None and keeper.resumed is not None:
        state, made = keeper.resumed.state, keeper.resumed.done
    first_epoch = 0 if state is None else state.epoch
    backend = ArrayBackend(np, "numpy")

    def as_state(weights: np.ndarray, epoch: int) -> TrainState:
        return TrainState(weights.astype(dtype).ravel(), np.zeros((0, weights.size), dtype), epoch=epoch)

    def attributes(state: TrainState) -> dict[str, Any]:
        return {"loss_": loss, **model._attributes(state, rows, backend, None)}

    def snapshot(state: TrainState, iterations: int) -> Snapshot:
        return Snapshot(state, made + iterations, seed)

    validate = None
    if rows.validation is not None:
        score = model._validator(rows.validation, attributes)

        def validate(weights: np.ndarray) -> float:
            return score(as_state(weights, 0))

    seen = None if observer is None else observer(attributes)

    def observe(weights: np.ndarray, iteration: int) -> bool:
        state = as_state(weights, first_epoch + iteration + 1)
        if keeper is not None and keeper.is_due(made + iteration + 1):
            keeper.write(snapshot(state, iteration + 1))
        return seen is not None and seen(state, iteration)

    plan = SolverPlan(max(max_iter - made, 1), model.tol, seed, first_epoch, validate, observe)
    solution = solver.solve(solved, _start(problem, constant, state), plan)
    n_iter = len(solution.history["epoch"])
    final = as_state(solution.weights, first_epoch + n_iter)
    if keeper is not None and keeper.is_due(made + n_iter, is_last=True):
        keeper.write(snapshot(final, n_iter))
    goes_on = _ready_to_stream(problem, rows.y, constant, final) if rows.edges is None else {"state": final}
    model._training = goes_on | {
        "seed": seed, "n_outputs": rows.n_outputs, "class_counts": rows.class_counts,
        "weight_seen": weight_seen, "offset": rows.factor is not None,
    }  # fmt: skip
    described = describe(
        model, problem, solver, backend, "solvers compute with NumPy and SciPy", None, np.zeros(0)
    )
    described["components_"] |= kept_in(keeper)
    model.__dict__.update(attributes(final) | described)
    model.optimizer_reason_ = why
    model.n_iter_ = max(n_iter, 1)
    model.stop_reason_ = solution.reason.value
    model.converged_ = solution.reason is StopReason.CONVERGED
    model.optimality_gap_ = solution.gap
    model.history_ = solution.history
    model._facts = {}
    if rows.edges is None:
        model._facts = {"constant": constant_loss(loss, constant, rows.y, weight)}
    _warn_if_unproved(model, solution, plan)


def _ready_to_stream(
    problem: Problem, y: np.ndarray, constant: np.ndarray, last: TrainState
) -> dict[str, Any]:
    """Return what `partial_fit` goes on from: the solution, as if Adagrad had found it in `STREAM_EPOCHS`.

    A rule that began with empty sums, at rates from a chunk of a few rows, would throw the solution away.
    """
    X, weight, loss, rule = problem.X, problem.weight, problem.loss, problem.rule
    center = column_centers(X, weight) if problem.fit_intercept else None
    scale = loss.target_scale(y, weight)
    rates = automatic_rates(X, weight, loss, rule, scale, problem.fit_intercept, center)
    W = last.w.reshape(-1, problem.n_outputs).astype(np.float64)
    if center is not None:
        W[-1] += center @ W[:-1]
    steps = STREAM_EPOCHS * -(-X.shape[0] // AUTO_BATCH)
    # Sums of squared gradients of batches. In the units in which the rule sees weights they are as large for
    # every coordinate of an output.
    units = replace(problem, rates=rates).units().reshape(W.shape)[-1]
    sums = (steps / AUTO_BATCH) * units**2 * mean_square_slope(loss, constant, y, weight)
    slots = np.ascontiguousarray(np.broadcast_to(sums, W.shape).reshape(1, -1), dtype=last.w.dtype)
    state = TrainState(W.ravel().astype(last.w.dtype), slots, step=steps, epoch=last.epoch)
    return {"state": state, "rates": rates, "center": center, "rule": type(rule)}


def _start(problem: Problem, constant: np.ndarray, last: TrainState | None) -> np.ndarray:
    """Return raw weights to start from: the last ones, or the best model without features."""
    k = problem.n_outputs
    start = np.zeros((problem.X.shape[1] + 1, k))
    if last is not None:
        start[:] = np.asarray(last.w, np.float64).reshape(-1, k)
    elif problem.fit_intercept:
        start[-1] = constant
    if not problem.fit_intercept:
        start[-1] = 0.0
    return start


def _warn_if_unproved(model: Any, solution: Solution, plan: SolverPlan) -> None:
    """Warn, with numbers and a remedy, where a solver ended before `tol` was reached."""
    if plan.tol is None or solution.reason in (StopReason.CONVERGED, StopReason.CALLBACK):
        return
    name, n_iter = type(model).__name__, len(solution.history["epoch"])
    known = np.isfinite(solution.gap)
    distance = (
        f"the objective {solution.objective:.6g} is at most {solution.gap:.2g} above its least value"
        if known
        else f"nothing proves how far the objective {solution.objective:.6g} is above its least value"
    )
    if solution.reason is StopReason.NOT_FINITE:
        message = (
            f"{name} met an objective that is not finite in iteration {n_iter + 1} of {model.optimizer_!r} "
            "and kept the weights before it. Scale features or targets that are so large."
        )
    elif solution.reason is StopReason.STALLED:
        free = model.penalty is None or model.alpha == 0.0
        remedy = "Use penalty='l2' with a larger alpha" if free else "Raise alpha or tol"
        message = (
            f"{name} stopped after {n_iter} iterations of {model.optimizer_!r} because rounding hides "
            f"any further progress, systems are too large to be solved exactly, or the objective stands "
            f"still while its proof lags behind; {distance} "
            f"(tol={plan.tol:g}). {remedy}, scale the features, or pass X as float64."
        )
    else:
        message = (
            f"{name} stopped at max_iter={plan.max_iter} iterations of {model.optimizer_!r}; {distance} "
            f"(tol={plan.tol:g}). Raise max_iter, or tol if this is close enough."
        )
    warnings.warn(message, ConvergenceWarning, stacklevel=6)
