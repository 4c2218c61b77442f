"""Are the groups large enough to be compared?"""

import numpy as np

from sgdkit.governance.checks.base import Finding, absent, check, measured
from sgdkit.governance.context import AuditContext

__all__ = ("NO_GROUPS", "fairness_counts")

_MIN_ROWS = 30
NO_GROUPS = "No sensitive attribute was supplied, so nothing could be compared between groups."


@check(
    "fairness.group_counts",
    "fairness_review",
    threshold=f"every group has at least {_MIN_ROWS} test rows",
    why="Rates of small groups are mostly noise, and a gap between them can be neither shown nor ruled out.",
    method="Counts test rows per group of each sensitive attribute.",
    needs=("sensitive_features",),
)
def fairness_counts(context: AuditContext) -> Finding:
    """Measure the size of the smallest group."""
    if not context.sensitive_features:
        return absent(NO_GROUPS)
    counts = {}
    for name, column in context.sensitive_features.items():
        labels, sizes = np.unique(column, return_counts=True)
        counts[name] = dict(zip(labels.tolist(), sizes.tolist(), strict=True))
    smallest = min(size for sizes in counts.values() for size in sizes.values())
    return measured(
        f"The smallest group has {smallest:,} test rows.",
        passed=smallest >= _MIN_ROWS,
        value=smallest / _MIN_ROWS,
        counts=counts,
    )
