"""The rate: too high, or too low."""

import numpy as np

from sgdkit.engine.diagnosis.finding import Finding
from sgdkit.engine.diagnosis.run import Run

__all__ = ("diverging", "oscillating", "rate_too_small")


def diverging(run: Run) -> Finding | None:
    """Training that left the minimum behind, or met a value that is not finite."""
    objective, n = run.objective, run.n_epochs
    advice = (
        f"Lower learning_rate={run.learning_rate!r}, scale the features, clip gradients (clip_norm), or use "
        "learning_rate='auto'."
    )
    if run.stop_reason == "not_finite":
        return Finding(
            "diverging", "severe", f"The objective was not finite after {n} epoch(s) that were.", advice
        )
    if n == 0:
        return None
    least = int(objective.argmin())
    bound = max(objective[0], run.constant or 0.0)
    risen = n >= 3 and objective[-1] > 2.0 * abs(bound) and objective[-1] > objective[least]
    if not (run.stop_reason == "diverged" or risen):
        return None
    reference = "" if run.constant is None else f" (a model without features has {run.constant:.3g})"
    return Finding(
        "diverging",
        "severe",
        f"The objective rose from {objective[least]:.3g} in epoch {run.epoch(least)} to {objective[-1]:.3g} "
        f"in epoch {run.epoch(-1)}{reference}.",
        advice,
    )


def oscillating(run: Run) -> Finding | None:
    """An objective that goes up and down by much without getting anywhere."""
    half = run.objective[run.n_epochs // 2 :]
    if len(half) < 6 or run.stop_reason == "not_finite":
        return None
    moves = np.diff(half)
    turns = int(np.sum(moves[1:] * moves[:-1] < 0.0))
    level = float(np.median(np.abs(half)))
    size = float(np.median(np.abs(moves)))
    if (
        turns < 0.5 * (len(moves) - 1)
        or size < 0.02 * level
        or size < 2.0 * abs(half[-1] - half[0]) / len(half)
    ):
        return None
    return Finding(
        "oscillating",
        "warning",
        f"From epoch {run.epoch(run.n_epochs // 2)} on the objective turned {turns} times in {len(half)} "
        f"epochs, by about {100.0 * size / max(level, 1e-300):.2g} % each time.",
        "Lower the rate or let it fall (a schedule such as 'cosine'), make batches larger, or average "
        "(average='polynomial').",
    )


def rate_too_small(run: Run) -> Finding | None:
    """An objective that falls evenly from first to last, with a gradient as large as at the start."""
    objective, n = run.objective, run.n_epochs
    if run.automatic or n < 9 or run.stop_reason in ("not_finite", "diverged"):
        return None
    third = n // 3
    first, last = objective[0] - objective[third], objective[-1 - third] - objective[-1]
    norms = run.history["gradient_norm"]
    steady = np.mean(np.diff(objective) < 0.0) >= 0.9
    if not (steady and first > 0.0 and last > 0.5 * first and norms[-1] > 0.5 * norms[0]):
        return None
    fall = 1.0 - objective[-1] / objective[0] if objective[0] else 0.0
    return Finding(
        "rate_too_small",
        "warning",
        f"The objective fell by {100.0 * fall:.2g} % in {n} epochs, in the last third {last / first:.2g} "
        f"times as much as in the first; the gradient is {norms[-1] / norms[0]:.2g} of that in epoch "
        f"{run.epoch(0)}.",
        f"Raise learning_rate={run.learning_rate!r} (sgdkit.inspection.lr_range_test suggests one), or "
        "use learning_rate='auto'.",
    )
