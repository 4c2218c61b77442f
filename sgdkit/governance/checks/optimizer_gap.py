"""How far from the optimum can the model be?"""

import math

from sgdkit.governance.checks.base import Finding, absent, check, measured, ramp
from sgdkit.governance.context import AuditContext

__all__ = ("optimizer_gap",)


@check(
    "optimizer.optimality_gap",
    "optimizer_documentation",
    threshold="a proved gap of at most 1 % of the objective",
    why="A certificate bounds what a better optimizer could still gain, whatever stopped the run.",
    method="The duality gap that the estimator proved on its training rows (optimality_gap_), as a share of "
    "its objective.",
)
def optimizer_gap(context: AuditContext) -> Finding:
    """Measure the proved distance of the objective from its least value."""
    gap = getattr(context.final, "optimality_gap_", math.nan)
    loss = context.trace.loss
    if not (isinstance(gap, float) and math.isfinite(gap) and loss):
        return absent(f"{type(context.final).__name__} proves no distance from the optimum.")
    share = gap / max(abs(float(loss[-1])), 1e-300)
    return measured(
        f"The objective is proved to be within {share:.2g} of itself of the least there is.",
        passed=share <= 0.01,
        value=ramp(share, good=0.01, bad=0.1),
        gap=gap,
        share=share,
    )
