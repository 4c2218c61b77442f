"""From an estimator's parameters to checked parts."""

from typing import Any

import numpy as np

from sgdkit.backends.select import BACKENDS
from sgdkit.estimators._batches import check_sampling
from sgdkit.estimators._params import check_choice, check_number
from sgdkit.exceptions import InvalidParameterError, UnsupportedCombinationError
from sgdkit.losses.base import Loss
from sgdkit.optimizers.adagrad import AdaGrad
from sgdkit.optimizers.base import UpdateRule
from sgdkit.penalties import PENALTIES, Penalty, resolve_penalty
from sgdkit.plugin.registry import default_registry
from sgdkit.schedules.base import Schedule
from sgdkit.schedules.constant import Constant
from sgdkit.schedules.growing_batch import GrowingBatch

__all__ = ("check_parameters", "loss_for", "penalty_of", "rule_of", "schedule_of")


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
    check_choice(model, "penalty", PENALTIES)
    check_choice(model, "backend", BACKENDS)
    if isinstance(model.batch_size, GrowingBatch):
        model.batch_size.check()
    elif model.batch_size != "auto":
        check_number(model, "batch_size", 1, integer=True)
    check_sampling(model)
    for flag in ("shuffle", "early_stopping", "warm_start", "positive"):
        check_choice(model, flag, (True, False))


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


def rule_of(model: Any) -> UpdateRule:
    """Return the update rule; ``"auto"`` is Adagrad."""
    if isinstance(model.optimizer, str) and model.optimizer == "auto":
        return AdaGrad()
    rule: UpdateRule = default_registry().resolve("optimizer", model.optimizer, UpdateRule)
    return rule


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


def penalty_of(model: Any, rule: UpdateRule) -> Penalty:
    """Return the penalty's strengths, refusing ``l1`` where the rule has no proximal step."""
    penalty = resolve_penalty(model.penalty, float(model.alpha), float(model.l1_ratio))
    if penalty.l1 > 0.0 and not rule.has_proximal_step:
        table = default_registry().table("optimizer")
        able = [name for name, kind in table.items() if kind().has_proximal_step]
        raise UnsupportedCombinationError(
            f"penalty={model.penalty!r} needs an optimizer with a proximal step, and {rule.name!r} has none. "
            f"Use one of {', '.join(map(repr, able))}, or penalty='l2'."
        )
    return penalty
