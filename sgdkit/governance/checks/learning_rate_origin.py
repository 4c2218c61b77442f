"""Where did the learning rate come from?"""

from sgdkit.governance.checks.base import Finding, check, not_applicable, recorded
from sgdkit.governance.context import AuditContext

__all__ = ("LEARNING_RATE_NAMES", "learning_rate_origin")

LEARNING_RATE_NAMES = ("learning_rate_init", "eta0", "learning_rate", "rate0", "lr")
_DERIVED = frozenset({"auto", "optimal"})


@check(
    "learning_rate.origin",
    "learning_rate_rationale",
    why="A rate that was searched or derived from the data has a reason; a default that was kept has none.",
    method="Searched or derived counts 1, set by the caller 0.5, the library's default 0.25.",
)
def learning_rate_origin(context: AuditContext) -> Finding:
    """Record whether the rate was searched, derived, set or left alone."""
    searched = context.fitted.searched(*LEARNING_RATE_NAMES)
    if searched:
        return recorded("The learning rate was searched.", origin="searched", searched=sorted(searched))
    part = next((part for part in context.components if part["kind"] == "learning_rate"), {})
    if part.get("name") == "own_steps":
        return recorded("The solver finds the length of each step by itself.", origin="derived")
    if part.get("params", {}).get("rate0") in _DERIVED:
        return recorded(
            f"The learning rate is derived from the data, and follows the schedule {part['name']!r}.",
            origin="derived",
            schedule=part["name"],
        )
    present = {name: context.params[name] for name in LEARNING_RATE_NAMES if name in context.params}
    if any(isinstance(value, str) and value in _DERIVED for value in present.values()):
        return recorded("The learning rate is derived from the data.", origin="derived", **present)
    if not present:
        solver = context.params.get("solver")
        if solver is None:
            return not_applicable(f"{type(context.final).__name__} has no learning rate.")
        return recorded(
            f"The solver {solver!r} chooses its own step lengths.", origin="derived", solver=solver
        )
    name, value = next(iter(present.items()))
    if context.default_params.get(name) == value:
        return recorded(f"{name}={value} is the library's default.", value=0.25, origin="default", **present)
    return recorded(f"{name}={value} was set by the caller.", value=0.5, origin="caller", **present)
