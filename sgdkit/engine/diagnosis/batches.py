"""Batches: single ones that throw the weights off."""

import numpy as np

from sgdkit.engine.diagnosis.finding import Finding
from sgdkit.engine.diagnosis.run import Run

__all__ = ("CALM", "LEAST_JUMP", "jumps", "spikes")

CALM = 5
LEAST_JUMP = 0.1  # as a share of the objective before


def jumps(objective: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """Tell of each epoch whether it jumped up out of a calm curve, without a rise of the rate.

    Parameters
    ----------
    objective, rates : ndarray of shape (n_epochs,)
        At least `CALM` + 2 epochs.

    Returns
    -------
    ndarray of shape (n_epochs - CALM - 1,)
        Beginning with the epoch after the first `CALM` + 1.
    """
    moves = np.diff(objective)
    before = np.lib.stride_tricks.sliding_window_view(np.abs(moves), CALM)[:-1].max(axis=1)
    after = moves[CALM:]
    high = (after > 10.0 * before) & (after > LEAST_JUMP * np.abs(objective[CALM:-1]))
    return high & (rates[CALM + 1 :] <= rates[CALM:-1])


def spikes(run: Run) -> Finding | None:
    """Epochs that jump up out of a calm curve, without a rise of the rate."""
    objective, rates = run.objective, run.history["learning_rate"]
    if run.n_epochs < 10 or run.stop_reason == "not_finite":
        return None
    moves = np.diff(objective)
    where = np.flatnonzero(jumps(objective, rates)) + CALM
    if not 0 < len(where) <= 0.1 * run.n_epochs:
        return None
    worst = int(where[np.argmax(moves[where])])
    found = run.culprits.get(run.epoch(worst + 1))
    cause = ""
    if found is not None:
        cause = (
            f" The longest step was that of batch {found['batch']} of {found['n_batches']} in epoch "
            f"{found['epoch']}, {found['length']:.3g} times the median, on the training rows "
            f"{', '.join(map(str, found['rows']))}{', ...' if len(found['rows']) == 8 else ''}."
        )
    return Finding(
        "spikes",
        "warning",
        f"The objective jumped {len(where)} time(s), most in epoch {run.epoch(worst + 1)}, from "
        f"{objective[worst]:.3g} to {objective[worst + 1]:.3g}, after {CALM} epochs that changed it by at "
        f"most {np.abs(moves[worst - CALM : worst]).max():.2g}.{cause}",
        "Look for outliers and wrong targets (sgdkit.inspection.suspect_rows), clip gradients (clip_norm), "
        "or make batches larger.",
    )
