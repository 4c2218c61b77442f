"""Did training diverge?"""

import numpy as np

from sgdkit.governance.checks.base import Finding, absent, check, measured
from sgdkit.governance.context import AuditContext

__all__ = ("optimizer_divergence",)


@check(
    "optimizer.divergence",
    "optimizer_documentation",
    threshold="finite coefficients and predictions; the recorded objective is finite and did not grow",
    why="A diverged run can end without any warning.",
    method="Looks at the learned coefficients, the test predictions and the objective's trace.",
)
def optimizer_divergence(context: AuditContext) -> Finding:
    """Look for signs of divergence."""
    found = []
    coefficients = getattr(context.final, "coef_", None)
    if coefficients is not None and not np.all(np.isfinite(np.asarray(coefficients, dtype=np.float64))):
        found.append("coefficients are not finite")
    if context.predictions.dtype.kind == "f" and not np.all(np.isfinite(context.predictions)):
        found.append("predictions are not finite")
    loss = np.asarray(context.trace.loss, dtype=np.float64)
    # train_score_ of boosted trees rises by design where it is a score.
    if context.trace.source != "train_score_" and loss.size:
        if not np.all(np.isfinite(loss)):
            found.append("the objective became non-finite")
        elif loss[-1] > loss[0] + 1e-12 + 1e-6 * abs(loss[0]):
            found.append(f"the objective grew from {loss[0]:.4g} to {loss[-1]:.4g}")
    if not found and coefficients is None and not loss.size:
        return absent("Neither coefficients nor a trace of the objective can be seen.")
    return measured(
        f"Diverged: {'; '.join(found)}." if found else "No sign of divergence.",
        passed=not found,
        first_objective=float(loss[0]) if loss.size else None,
        last_objective=float(loss[-1]) if loss.size else None,
    )
