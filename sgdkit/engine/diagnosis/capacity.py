"""Capacity: a model that says hardly more than a constant."""

from sgdkit.engine.diagnosis.finding import Finding
from sgdkit.engine.diagnosis.run import Run

__all__ = ("underfitting",)

SHARE = 0.98


def underfitting(run: Run) -> Finding | None:
    """An objective barely below that of the best constant prediction."""
    if run.constant is None or run.constant <= 0.0 or (run.n_epochs < 2 and not run.converged):
        return None
    least = float(run.objective.min())
    if least < SHARE * run.constant or run.stop_reason in ("not_finite", "diverged"):
        return None
    return Finding(
        "underfitting",
        "warning",
        f"The least objective is {least:.4g}, and that of a model without features {run.constant:.4g}.",
        f"Look at the rate first, then lower alpha (now {run.alpha:g}); if that changes nothing, the "
        "columns say little about the target in a linear way.",
    )
