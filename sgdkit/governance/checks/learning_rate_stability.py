"""Did the objective fall steadily?"""

import numpy as np

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable, ramp
from sgdkit.governance.context import AuditContext

__all__ = ("learning_rate_stability",)


@check(
    "learning_rate.stability",
    "learning_rate_rationale",
    threshold="rises make up at most 10 % of all movement of the objective",
    why="A rate that is too large shows as an objective that jumps instead of falling.",
    method="Sum of rises over sum of absolute changes of the recorded objective, epoch to epoch.",
)
def learning_rate_stability(context: AuditContext) -> Finding:
    """Measure how much of the objective's movement was upwards."""
    loss = np.asarray(context.trace.loss, dtype=np.float64)
    if context.trace.source == "train_score_" or loss.size < 2:
        if context.trace.converged and loss.size == 1:
            return not_applicable("The first iteration ended at the optimum.")
        return absent("The estimator keeps no trace of its objective.")
    if not np.all(np.isfinite(loss)):
        return measured("The objective became non-finite.", passed=False)
    steps = np.diff(loss)
    movement = float(np.abs(steps).sum())
    rises = float(steps[steps > 0.0].sum())
    share = rises / movement if movement > 0.0 else 0.0
    return measured(
        f"Rises make up {share:.1%} of the objective's movement over {context.trace.n_epochs:,} epochs.",
        passed=share <= 0.10,
        value=ramp(share, good=0.10, bad=0.50),
        share_of_rises=share,
        n_epochs=context.trace.n_epochs,
    )
