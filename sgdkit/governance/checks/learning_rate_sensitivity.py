"""Would another learning rate have reached a lower objective?"""

from typing import Any

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable, ramp
from sgdkit.governance.checks.learning_rate_origin import LEARNING_RATE_NAMES
from sgdkit.governance.context import AuditContext
from sgdkit.governance.evidence.linear_objective import linear_objective
from sgdkit.governance.items import Tier

__all__ = ("learning_rate_sensitivity",)

_FACTORS = (1.0 / 3.0, 3.0)
_LIMIT = 0.05


@check(
    "learning_rate.sensitivity",
    "learning_rate_rationale",
    threshold=f"a third and three times the rate reach an objective lower by at most {_LIMIT:.0%} of the "
    "progress made",
    why="A rate for which a neighbour does clearly better was not the right one.",
    method="Trains again at a third and at three times the rate, everything else equal, and compares the "
    "training objective.",
    tier=Tier.REFIT,
    needs=("X_train",),
)
def learning_rate_sensitivity(context: AuditContext) -> Finding:
    """Measure the objective at neighbouring rates."""
    names = [n for n in LEARNING_RATE_NAMES if _is_rate(context.params.get(n))]
    schedule = context.params.get("learning_rate")
    if not names or (names[0] == "eta0" and schedule == "optimal"):
        return not_applicable("The estimator has no learning rate of its own to vary.")
    found = context.objective
    if isinstance(found, str):
        return absent(f"{found}.")
    objective, W, b = found
    ours, _, _ = objective.value_and_gradient(W, b)
    start, _, _ = objective.value_and_gradient(W * 0.0, objective.constant())
    prefix = f"{context.fitted.final_name}__" if context.fitted.is_pipeline else ""
    values = {}
    for factor in _FACTORS:
        rate = context.params[names[0]] * factor
        try:
            final = _final(context.refit(params={f"{prefix}{names[0]}": rate}))
        except (ValueError, FloatingPointError):
            continue
        other = linear_objective(final, objective.X, context.y_train, {})
        if not isinstance(other, str):
            values[f"{rate:.3g}"] = objective.value_and_gradient(*other[1:])[0]
    if not values:
        return absent("Training did not end at any other rate.")
    best = min(values, key=lambda rate: values[rate])
    progress = max(abs(start - min(ours, values[best])), 1e-300)
    gain = (ours - values[best]) / progress
    return measured(
        f"The objective is {ours:.5g} at the rate {context.params[names[0]]:.3g} and {values[best]:.5g} at "
        f"{best}.",
        passed=gain <= _LIMIT,
        value=ramp(gain, good=_LIMIT, bad=0.5),
        objective=ours,
        others=values,
        gain=gain,
    )


def _is_rate(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0


def _final(model: Any) -> Any:
    return model[-1] if hasattr(model, "named_steps") else model
