"""What a training curve says went wrong, and what to do: one small function a finding.

To add one, write a function from `Run` to `Finding` or None in the file of its subject, and name it in
`CHECKS`, which follows the order in which to look: data, rate, batches, gradients, optimizer and schedule,
regularisation, capacity.
"""

import numpy as np

from sgdkit.engine.diagnosis.batches import spikes
from sgdkit.engine.diagnosis.capacity import underfitting
from sgdkit.engine.diagnosis.columns import badly_scaled_columns, ill_conditioned
from sgdkit.engine.diagnosis.finding import Finding
from sgdkit.engine.diagnosis.gradients import exploding_gradients, vanishing_gradients
from sgdkit.engine.diagnosis.progress import plateau, unfinished
from sgdkit.engine.diagnosis.rate import diverging, oscillating, rate_too_small
from sgdkit.engine.diagnosis.regularisation import overfitting
from sgdkit.engine.diagnosis.run import Run

__all__ = ("CHECKS", "Finding", "Run", "diagnose")

CHECKS = (
    badly_scaled_columns,
    ill_conditioned,
    diverging,
    oscillating,
    rate_too_small,
    spikes,
    vanishing_gradients,
    exploding_gradients,
    plateau,
    unfinished,
    overfitting,
    underfitting,
)


def diagnose(run: Run) -> list[Finding]:
    """Return what the checks find, in the order in which to look.

    Parameters
    ----------
    run : Run
        What is known of a training run.
    """
    with np.errstate(all="ignore"):  # runs that diverged end near the largest number there is
        return [finding for check in CHECKS if (finding := check(run)) is not None]
