"""Is the learning rate below the bound that the curvature sets?"""

import numpy as np

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable
from sgdkit.governance.context import AuditContext

__all__ = ("learning_rate_curvature", "rate_of")

_BOUND = 2.0
_PLAIN = frozenset({"sgd", "gd"})
_SCHEDULES = frozenset({"constant", "invscaling", "adaptive"})


@check(
    "learning_rate.curvature_bound",
    "learning_rate_rationale",
    threshold=f"rate times largest curvature at most {_BOUND:.0f}",
    why="Plain gradient descent with a rate above two over the curvature moves away from the optimum. The "
    "bound is necessary, not sufficient: noise of small batches may ask for less.",
    method="Highest rate of the run, times the largest eigenvalue that the objective's second derivative "
    "can have on the training rows (columns centred; a bound of 1, 1/4 and 1/2 on the curvature of "
    "squares, log loss and softmax).",
    needs=("X_train",),
)
def learning_rate_curvature(context: AuditContext) -> Finding:
    """Measure the product of rate and curvature."""
    rate = rate_of(context)
    if isinstance(rate, str):
        return not_applicable(f"{rate}.")
    found = context.objective
    if isinstance(found, str):
        return absent(f"{found}.")
    curvature = found[0].largest_curvature()
    product = rate * curvature
    return measured(
        f"The rate {rate:.3g} times the curvature {curvature:.3g} is {product:.3g}.",
        passed=product <= _BOUND,
        value=min(1.0, _BOUND / product) if product > 0.0 else 1.0,
        rate=rate,
        curvature=curvature,
        product=product,
        bound_on_rate=_BOUND / curvature if curvature > 0.0 else None,
    )


def rate_of(context: AuditContext) -> float | str:
    """Highest rate of plain gradient descent, or, in words, why there is none."""
    by_kind = {entry["kind"]: entry for entry in context.components}
    optimizer = by_kind.get("optimizer", {}).get("name")
    params = context.params
    if optimizer is not None:
        if optimizer not in _PLAIN:
            return f"The optimizer {optimizer!r} does not step along the plain gradient"
        rates = by_kind.get("learning_rate", {}).get("rates", {})
        rate = rates.get("highest", params.get("learning_rate"))
        if isinstance(rate, (int, float)) and np.isfinite(rate):
            return float(rate)
        return "The solver finds the length of each step by itself"
    if type(context.final).__name__ in ("SGDClassifier", "SGDRegressor"):
        if params["learning_rate"] in _SCHEDULES:
            return float(params["eta0"])
        return f"The schedule {params['learning_rate']!r} names no rate"
    return f"{type(context.final).__name__} takes no plain gradient steps"
