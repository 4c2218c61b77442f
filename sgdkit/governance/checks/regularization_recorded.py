"""Is it on record how the model was regularised?"""

from sgdkit.governance.checks.base import Finding, absent, check, recorded
from sgdkit.governance.context import AuditContext

__all__ = ("REGULARIZATION_NAMES", "regularization_recorded")

REGULARIZATION_NAMES = (
    "penalty",
    "alpha",
    "C",
    "l1_ratio",
    "l2_regularization",
    "reg_alpha",
    "reg_lambda",
    "weight_decay",
    "ccp_alpha",
    "max_depth",
    "max_leaf_nodes",
    "min_samples_leaf",
)


@check(
    "regularization.recorded",
    "regularization_review",
    why="The trade-off between fit and simplicity is a decision; it has to be visible.",
    method="Reads the parameters that limit complexity.",
)
def regularization_recorded(context: AuditContext) -> Finding:
    """Record the parameters that limit complexity."""
    present = {name: context.params[name] for name in REGULARIZATION_NAMES if name in context.params}
    if not present:
        return absent(f"{type(context.final).__name__} has no parameter that limits its complexity.")
    words = ", ".join(f"{name}={value}" for name, value in present.items())
    return recorded(f"Complexity is limited by {words}.", **present)
