"""From an estimator's parameters to checked parts."""

from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils import check_random_state

from sgdkit.backends.select import BACKENDS, is_cupy
from sgdkit.engine.averaging import Averaging
from sgdkit.estimators._batches import check_sampling
from sgdkit.estimators._checkpoint import checkpoint_of
from sgdkit.estimators._params import check_choice, check_number
from sgdkit.estimators._rows import TrainingRows
from sgdkit.estimators._solve import able_optimizers, check_solver, epochs_setting
from sgdkit.exceptions import InvalidParameterError, UnsupportedCombinationError
from sgdkit.losses.base import Loss
from sgdkit.losses.log_loss import Logistic
from sgdkit.optimizers.base import UpdateRule
from sgdkit.penalties import PENALTIES, Penalty, resolve_penalty
from sgdkit.plugin.registry import default_registry
from sgdkit.schedules.base import Schedule
from sgdkit.schedules.constant import Constant
from sgdkit.schedules.growing_batch import GrowingBatch
from sgdkit.solvers.base import Solver
from sgdkit.solvers.choose import Facts, choose_optimizer
from sgdkit.solvers.pairs import count_pairs, few_enough_pairs

__all__ = ("averaging_of", "check_parameters", "loss_for", "optimizer_of", "schedule_of")


def check_parameters(model: Any) -> None:
    """Refuse parameters outside their range, each in a sentence.

    Raises
    ------
    InvalidParameterError
        Naming the parameter, what was given and what is allowed.
    """
    check_number(model, "alpha", 0.0)
    check_number(model, "l1_ratio", 0.0, 1.0)
    check_number(model, "max_iter", 1, integer=True)
    check_number(model, "tol", 0.0, optional=True)
    check_number(model, "grad_tol", 0.0, 1.0, low_open=True, high_open=True, optional=True)
    check_number(model, "max_seconds", 0.0, low_open=True, optional=True)
    check_number(model, "n_iter_no_change", 1, integer=True)
    check_number(model, "validation_fraction", 0.0, 1.0, low_open=True, high_open=True)
    check_number(model, "clip_norm", 0.0, low_open=True, optional=True)
    check_number(model, "clip_value", 0.0, low_open=True, optional=True)
    check_choice(model, "penalty", PENALTIES)
    check_choice(model, "backend", BACKENDS)
    if isinstance(model.batch_size, GrowingBatch):
        model.batch_size.check()
    elif model.batch_size != "auto":
        check_number(model, "batch_size", 1, integer=True)
    averaging_of(model)
    checkpoint_of(model)
    check_sampling(model)
    for flag in ("shuffle", "early_stopping", "warm_start", "positive", "fit_intercept"):
        if hasattr(model, flag):  # a ranker has no intercept
            check_choice(model, flag, (True, False))
    try:
        check_random_state(model.random_state)
    except ValueError as error:
        raise InvalidParameterError(
            f"{type(model).__name__}(random_state={model.random_state!r}): random_state must be an integer "
            "in [0, 2**32), a numpy.random.RandomState or None."
        ) from error


def loss_for(task: str, part: Any) -> Loss:
    """Return the loss object, which must be one for `task`."""
    loss: Loss = default_registry().resolve("loss", part, Loss)
    if task not in loss.tasks:
        table = default_registry().table("loss")
        fitting = [name for name, kind in table.items() if task in getattr(kind, "tasks", ())]
        raise InvalidParameterError(
            f"loss={part!r} is for {' or '.join(sorted(loss.tasks))}, but this estimator needs a loss for "
            f"{task}: {', '.join(map(repr, fitting))}."
        )
    return loss


def optimizer_of(
    model: Any, rows: TrainingRows, loss: Loss, streaming: bool
) -> tuple[UpdateRule | Solver, Penalty, str]:
    """Return the optimizer, the penalty's strengths and one sentence that says why this optimizer.

    Raises
    ------
    UnsupportedCombinationError
        If the optimizer that was asked for cannot do what the other parameters ask for.
    """
    penalty = resolve_penalty(model.penalty, float(model.alpha), float(model.l1_ratio))
    if isinstance(model.optimizer, str) and model.optimizer == "auto":
        (n, d), solved = rows.X.shape, loss
        because = _epochs_because(model, rows, streaming, loss)
        if because is None and rows.edges is not None:
            n, solved = count_pairs(rows.y, rows.edges), Logistic()
        norm = partial(_mean_square_norm, rows.X)
        optimizer, why = choose_optimizer(Facts(n, d, rows.n_outputs, solved, penalty, norm, because))
        if isinstance(optimizer, Solver) and rows.edges is not None:
            why = f"On its pairs the ranking is a logistic regression: {why[0].lower()}{why[1:]}"
    else:
        optimizer = default_registry().resolve("optimizer", model.optimizer, UpdateRule, Solver)
        why = "It was asked for."
    if isinstance(optimizer, Solver):
        check_solver(model, optimizer, rows, loss, penalty, streaming)
    elif penalty.l1 > 0.0 and not optimizer.has_proximal_step:
        raise UnsupportedCombinationError(
            f"penalty={model.penalty!r} needs an optimizer with a proximal step, and {optimizer.name!r} has "
            f"none. Use one of {', '.join(map(repr, able_optimizers(loss, penalty)))}, or penalty='l2'."
        )
    elif isinstance(model.average, str) and model.average == "schedule_free":
        _check_schedule_free(model, optimizer)
    return optimizer, penalty, why


def _mean_square_norm(X: Any) -> float:
    """Return the mean squared norm of a row."""
    values = X.data if sp.issparse(X) else X.ravel()
    return float(np.dot(values, values)) / X.shape[0]


def _check_schedule_free(model: Any, rule: UpdateRule) -> None:
    """Refuse rules and limits that steps from between a point and its average would break."""
    wrong = None
    if type(rule).function("regularized") is not None:
        wrong = f"optimizer={rule.name!r} computes its weights anew from all gradients"
    for name in ("positive", "bounds", "monotone"):
        given = getattr(model, name)
        if given is not None and given is not False:
            wrong = f"{name}={given!r} would hold where gradients are taken, not for their sum"
    if wrong is not None:
        raise UnsupportedCombinationError(
            f"average='schedule_free' adds up the steps of a rule, but {wrong}. Use average=True."
        )


def _epochs_because(model: Any, rows: TrainingRows, streaming: bool, loss: Loss) -> str | None:
    """Return what asks for epochs of an update rule, as the start of a sentence."""
    if streaming:
        return "partial_fit makes one epoch over a chunk"
    if rows.edges is not None and (is_cupy(rows.X) or not few_enough_pairs(loss, rows.X, rows.y, rows.edges)):
        return "Ranking goes through the queries in batches"
    if model.early_stopping:
        return "early_stopping=True keeps one of many epochs"
    if not (isinstance(model.learning_rate, str) and model.learning_rate == "auto"):
        return f"learning_rate={model.learning_rate!r} sets the rate of epochs"
    if model.batch_size != "auto":
        return f"batch_size={model.batch_size!r} asks for epochs in batches"
    if (setting := epochs_setting(model, rows)) is not None:
        return f"{setting} is about the epochs and steps of an update rule"
    if model.tol is None:
        return "tol=None asks for max_iter epochs"
    if model.backend != "auto":
        return f"backend={model.backend!r} names what runs epochs"
    return "X on a GPU is trained on in epochs" if is_cupy(rows.X) else None


def schedule_of(model: Any) -> Schedule | None:
    """Return the schedule of the learning rate, or None for the automatic rate."""
    part = model.learning_rate
    if isinstance(part, str) and part == "auto":
        return None
    if isinstance(part, int | float | np.number) and not isinstance(part, bool):
        check_number(model, "learning_rate", 0.0, low_open=True)
        part = Constant(float(part))
    schedule: Schedule = default_registry().resolve("learning_rate", part, Schedule)
    schedule.check(model.max_iter)
    return schedule


def averaging_of(model: Any, by_itself: bool = False) -> Averaging | None:
    """Return how weights are averaged, or None; `by_itself` is what ``"auto"`` means here."""
    given = model.average
    if isinstance(given, str) and given == "auto":
        return Averaging("polynomial") if by_itself else None
    if isinstance(given, bool | np.bool_):
        return Averaging("uniform") if given else None
    if isinstance(given, str) and given in ("polynomial", "exponential", "schedule_free"):
        return Averaging(given)
    if isinstance(given, int | np.integer) and given >= 0:
        return Averaging("uniform", int(given)) if given else None
    raise InvalidParameterError(
        f"{type(model).__name__}(average={given!r}): average must be 'auto', True or False, a number of rows "
        "after which it starts, 'polynomial', 'exponential' or 'schedule_free'."
    )
