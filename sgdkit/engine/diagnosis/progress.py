"""Optimizer and schedule: epochs that bring nothing, and a run that was cut short."""

import numpy as np

from sgdkit.engine.diagnosis.finding import Finding
from sgdkit.engine.diagnosis.run import Run

__all__ = ("plateau", "unfinished")


def plateau(run: Run) -> Finding | None:
    """A long stretch without progress that was not the end."""
    best, n = np.minimum.accumulate(run.objective), run.n_epochs
    if n < 15 or run.stop_reason in ("not_finite", "diverged"):
        return None
    fall = best[0] - best[-1]
    length = max(10, n // 4)
    still = best[:-length] - best[length:] < 1e-3 * fall
    if fall <= 0.0 or not still.any():
        return None
    first = int(np.argmax(still))
    later = best[first] - best[-1]
    if later > 0.05 * fall:
        last = int(np.flatnonzero(best[first] - best > 1e-2 * fall)[0])
        return Finding(
            "plateau",
            "warning",
            f"The objective stood at {best[first]:.3g} from epoch {run.epoch(first)} to "
            f"{run.epoch(last - 1)} and fell to {best[-1]:.3g} afterwards.",
            "Raise the rate early on (a shorter warm-up, 'auto'), or use momentum or Adam.",
        )
    if run.converged:
        return None
    return Finding(
        "plateau",
        "info",
        f"From epoch {run.epoch(first)} on, {n - first} of {n} epochs brought less than 0.1 % of the fall.",
        "Set tol to stop earlier, or let the rate fall ('reduce_on_plateau') to go lower.",
    )


def unfinished(run: Run) -> Finding | None:
    """A run that reached max_iter while its objective still changed."""
    n, objective = run.n_epochs, run.objective
    if run.stop_reason != "max_iter" or run.tol is None or n < 2:
        return None
    back = min(10, n - 1)
    before = objective[-1 - back]
    change = abs(1.0 - objective[-1] / before) if before else 0.0
    return Finding(
        "unfinished",
        "warning",
        f"max_iter ended the run in epoch {run.epoch(-1)}; the objective changed by {100.0 * change:.2g} % "
        f"over the last {back} epochs.",
        "Raise max_iter, or tol if this is close enough.",
    )
