"""Do two optimizers agree?"""

from typing import Any

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable, ramp
from sgdkit.governance.context import AuditContext
from sgdkit.governance.items import Tier

__all__ = ("optimizer_agreement",)

_STEPS = 1000
_OTHERS = {
    "optimizer": ("lbfgs", "newton", "coordinate_descent", "interior_point"),
    "solver": ("lbfgs", "newton-cholesky", "saga", "svd", "cholesky"),
}


@check(
    "optimizer.agreement",
    "optimizer_documentation",
    threshold="outputs on test rows differ by at most 5 % of their spread",
    why="An optimum belongs to the objective, not to the way it was found; two ways that part have not "
    "found it.",
    method="Trains the model again on the same rows with the first other optimizer or solver that accepts "
    f"the problem ({', '.join(_OTHERS['optimizer'])}; {', '.join(_OTHERS['solver'])}) and compares decision "
    "values or predictions.",
    tier=Tier.REFIT,
    needs=("X_train",),
)
def optimizer_agreement(context: AuditContext) -> Finding:
    """Measure the distance between the answers of two optimizers."""
    name = next((name for name in _OTHERS if name in context.params), None)
    if name is None:
        return not_applicable(f"{type(context.final).__name__} has one way to train.")
    if context.X_train is None:
        return absent("X_train was not given, so no other optimizer could be tried.")
    now = str(getattr(context.final, f"{name}_", context.params[name]))
    prefix = f"{context.fitted.final_name}__" if context.fitted.is_pipeline else ""
    for other in _OTHERS[name]:
        if other == now or now.startswith(f"{other}-"):
            continue
        changes: dict[str, Any] = {f"{prefix}{name}": other}
        if isinstance(context.params.get("max_iter"), int):  # another way may need more steps to arrive
            changes[f"{prefix}max_iter"] = max(_STEPS, context.params["max_iter"])
        model = _try(context, changes)
        if model is None:
            continue
        share = context.distance(model, context.model)
        return measured(
            f"With {other} instead of {now}, outputs move by {share:.2%} of their spread.",
            passed=share <= 0.05,
            value=ramp(share, good=0.05, bad=0.5),
            optimizer=now,
            other=other,
            relative_change=share,
        )
    return absent(f"No other {name} accepts this problem.")


def _try(context: AuditContext, params: dict[str, Any]) -> Any:
    try:
        model = context.refit(params=params)
    except (ValueError, TypeError):  # the solver refuses the loss or the penalty
        return None
    final = model[-1] if hasattr(model, "named_steps") else model
    return None if getattr(final, "converged_", True) is False else model
