"""Is the objective that was minimised on record?"""

from sgdkit.governance.checks.base import Finding, absent, check, recorded
from sgdkit.governance.context import AuditContext

__all__ = ("objective_recorded",)

_NAMES = ("loss", "criterion", "objective", "penalty", "alpha", "C")


@check(
    "objective.recorded",
    "objective_documentation",
    why="A score means nothing before it is known what was minimised.",
    method="Reads objective_, or the parameters that name the loss and the penalty.",
)
def objective_recorded(context: AuditContext) -> Finding:
    """Record the objective of the final estimator."""
    formula = getattr(context.final, "objective_", None)
    if isinstance(formula, str) and formula:
        return recorded(f"The objective is on record: {formula}.", objective=formula)
    named = {name: context.params[name] for name in _NAMES if context.params.get(name) is not None}
    if not named:
        return absent(f"{type(context.final).__name__} names neither a loss nor an objective.")
    words = ", ".join(f"{name}={value}" for name, value in named.items())
    return recorded(f"The parameters name the objective: {words}.", value=0.5, parameters=named)
