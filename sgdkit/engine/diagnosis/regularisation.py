"""Regularisation: too little of it."""

import numpy as np

from sgdkit.engine.diagnosis.finding import Finding
from sgdkit.engine.diagnosis.run import Run

__all__ = ("overfitting",)

LEAST_LOSS = 0.03


def overfitting(run: Run) -> Finding | None:
    """A validation score that falls back from its peak while the objective goes on falling."""
    scores, objective = run.history["validation_score"], run.objective
    if run.n_epochs < 8 or not np.isfinite(scores).all():
        return None
    # Means of five epochs: the best of many noisy scores is always better than the last.
    means = np.convolve(scores, np.full(5, 0.2), mode="valid")
    top, end = int(means.argmax()), float(means[-1])
    peak = top + 2
    lost = float(means[top]) - end
    noise = float(np.median(np.abs(np.diff(scores))))
    far = objective[peak] - objective[-1] >= 0.01 * (objective[0] - objective[-1])
    if not far or lost < max(LEAST_LOSS, 3.0 * noise):
        return None
    return Finding(
        "overfitting",
        "info" if run.early_stopping else "warning",
        f"The validation score peaked at {means[top]:.3g} around epoch {run.epoch(peak)} and fell to "
        f"{end:.3g}, while the objective fell from {objective[peak]:.3g} to {objective[-1]:.3g}.",
        f"The weights of the peak were kept; a larger alpha (now {run.alpha:g}) may do better."
        if run.early_stopping
        else f"Raise alpha (now {run.alpha:g}), use early_stopping=True, or bring more rows or fewer "
        "columns.",
    )
