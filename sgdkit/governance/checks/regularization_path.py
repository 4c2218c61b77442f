"""Would another strength of the penalty have done better?"""

import numpy as np

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable, ramp
from sgdkit.governance.context import AuditContext
from sgdkit.governance.items import Tier

__all__ = ("regularization_path",)

_FACTORS = (0.01, 0.1, 1.0, 10.0, 100.0)
_NAMES = ("alpha", "C", "l2_regularization", "reg_lambda")


@check(
    "regularization.path",
    "regularization_review",
    threshold="no other strength on the path is better by more than two standard errors, or 0.01",
    why="The strength is a choice between fitting the rows and fitting their noise; the path shows what was "
    "given up for it.",
    method="Trains at 0.01 to 100 times the strength on two thirds of at most 5,000 training rows and "
    "judges on "
    "the last third (accuracy or R²). The test rows take no part.",
    tier=Tier.SLOW,
    needs=("X_train",),
)
def regularization_path(context: AuditContext) -> Finding:
    """Measure the result along the path of the penalty."""
    if context.task == "other":
        return absent("No common scale is known for this kind of model.")
    name = next((n for n in _NAMES if _is_strength(context.params.get(n))), None)
    if name is None:
        return not_applicable("The estimator has no strength to vary.")
    if context.X_train is None:
        return absent("X_train was not given, so no other strength could be tried.")
    rows = context.generator("regularization.path").permutation(context.train_sample)
    learn, judge = np.sort(rows[: 2 * len(rows) // 3]), np.sort(rows[2 * len(rows) // 3 :])
    prefix = f"{context.fitted.final_name}__" if context.fitted.is_pipeline else ""
    losses = {}
    for factor in _FACTORS:
        strength = context.params[name] * factor
        model = context.refit(learn, params={f"{prefix}{name}": strength})
        losses[factor] = context.losses_on_train(model, judge)
    quality = {factor: 1.0 - float(loss.mean()) for factor, loss in losses.items()}
    best = max(quality, key=lambda factor: quality[factor])
    difference = losses[1.0] - losses[best]
    error = float(difference.std() / np.sqrt(difference.size))
    gain, limit = float(difference.mean()), max(0.01, 2.0 * error)
    return measured(
        f"At the chosen {name} the result is {quality[1.0]:.3f}; the best of the path is "
        f"{quality[best]:.3f}, at "
        f"{best:g} times the strength.",
        passed=gain <= limit,
        value=ramp(gain, good=limit, bad=limit + 0.2),
        uncertainty=f"standard error {error:.3g}",
        strength=name,
        path={f"{context.params[name] * factor:.3g}": quality[factor] for factor in _FACTORS},
        best_at_edge=best in (_FACTORS[0], _FACTORS[-1]),
        gain=gain,
    )


def _is_strength(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
