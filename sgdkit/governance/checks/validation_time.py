"""Do training rows come from the time after the test rows began?"""

import numpy as np

from sgdkit.governance.checks.base import Finding, absent, check, measured
from sgdkit.governance.context import AuditContext

__all__ = ("validation_time",)


@check(
    "validation.time_order",
    "validation_discipline",
    threshold="no training row is later than the first test row",
    why="A model in use never sees the future; one that was trained on it is tested on what it half knows.",
    method="Compares the declared time of each training row with the earliest test row.",
    needs=("times",),
)
def validation_time(context: AuditContext) -> Finding:
    """Measure the share of training rows that are later than the first test row."""
    if context.times is None:
        return absent("No time was given for the rows (times), so their order is not known.")
    train, test = context.times
    late = train > np.sort(test)[0]
    return measured(
        f"{int(late.sum()):,} of {late.size:,} training rows ({late.mean():.1%}) are later than the "
        "first test "
        "row.",
        passed=not late.any(),
        value=1.0 - float(late.mean()),
        n_late=int(late.sum()),
        share_of_train_rows=float(late.mean()),
    )
