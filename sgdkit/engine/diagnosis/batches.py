"""Batches: single ones that throw the weights off."""

import numpy as np

from sgdkit.engine.diagnosis.finding import Finding
from sgdkit.engine.diagnosis.run import Run

__all__ = ("spikes",)

CALM = 5


def spikes(run: Run) -> Finding | None:
    """Epochs that jump up out of a calm curve, without a rise of the rate."""
    objective, rates = run.objective, run.history["learning_rate"]
    if run.n_epochs < 10 or run.stop_reason == "not_finite":
        return None
    moves = np.diff(objective)
    before = np.lib.stride_tricks.sliding_window_view(np.abs(moves), CALM)[:-1].max(axis=1)
    after = moves[CALM:]
    jumps = (after > 10.0 * before) & (after > 0.1 * np.abs(objective[CALM:-1]))
    where = np.flatnonzero(jumps & (rates[CALM + 1 :] <= rates[CALM:-1])) + CALM
    if not 0 < len(where) <= 0.1 * run.n_epochs:
        return None
    worst = int(where[np.argmax(moves[where])])
    return Finding(
        "spikes",
        "warning",
        f"The objective jumped {len(where)} time(s), most in epoch {run.epoch(worst + 1)}, from "
        f"{objective[worst]:.3g} to {objective[worst + 1]:.3g}, after {CALM} epochs that changed it by at "
        f"most {np.abs(moves[worst - CALM : worst]).max():.2g}.",
        "Look for outliers and wrong targets (sgdkit.inspection.suspect_rows), clip gradients (clip_norm), "
        "or make batches larger.",
    )
