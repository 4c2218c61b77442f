"""The automatic rate of linear rules rises while that pays, and an epoch that went wrong is taken back.

The rate that follows from the largest second derivative is the right one where the loss curves as much as its
bound says. A logistic loss that is nearly fitted curves far less, and then a higher rate is safe; nothing
known before training tells how much higher.
"""

from typing import Any

import numpy as np

from sgdkit.backends.base import Backend, Problem, TrainState
from sgdkit.engine.rates import batches_root

__all__ = ("LOWER", "limit", "rises", "stiffened")

# An epoch that still brings so much of the objective doubles the rate; one that costs so much is made again
# at a quarter, which the rate then does not pass. Chosen on the tuning sets.
FALL, LOSS, LOWER, RAISE = 0.03, 0.3, 0.25, 2.0


def limit(state: TrainState) -> float:
    """Return the objective above which an epoch at the automatic rate has gone wrong."""
    return state.best_objective + LOSS * abs(state.best_objective)


def rises(state: TrainState, objective: float) -> bool:
    """Double the rate of `state` if the epoch that just ended says so; return whether it does."""
    helps = np.isfinite(state.best_objective) and (
        objective < state.best_objective - FALL * abs(state.best_objective)
    )
    if not helps or RAISE * state.damping > state.ceiling:
        return False
    state.damping *= RAISE
    return True


def stiffened(problem: Problem, backend: Backend, state: TrainState, rate: float) -> Any:
    """Return the slots of a rule whose weights follow from the rate, which starts at the present weights.

    Its stiffness starts at the inverse of a step of another linear rule: from nothing, first steps would be
    as many times as long as the root of the batches in an epoch.
    """
    slots = np.zeros(state.slots.shape, backend.to_host(state.w).dtype)
    slots[problem.rule.slots.index(problem.rule.stiffness)] = batches_root(
        problem.X.shape[0], problem.batch_size
    ) / (problem.common_rate * rate)
    return backend.from_host(slots)
