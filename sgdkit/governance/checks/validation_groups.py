"""Does an entity stand on both sides of the split?"""

import numpy as np

from sgdkit.governance.checks.base import Finding, absent, check, measured
from sgdkit.governance.context import AuditContext

__all__ = ("validation_groups",)


@check(
    "validation.group_overlap",
    "validation_discipline",
    threshold="no entity of a test row has a training row",
    why="Rows of one person, household or machine resemble each other, so a model that saw some of them is "
    "not tested by the others.",
    method="Compares the declared entity of each training row with those of the test rows.",
    needs=("groups",),
)
def validation_groups(context: AuditContext) -> Finding:
    """Measure the share of test rows whose entity was trained on."""
    if context.groups is None:
        return absent("No entity was named for the rows (groups), so overlap between entities is not known.")
    train, test = context.groups
    seen = np.isin(test, train)
    n_entities = int(np.unique(test[seen]).size)
    return measured(
        f"{n_entities:,} of {np.unique(test).size:,} entities of the test rows are in the training rows, "
        f"with {seen.mean():.1%} of the test rows.",
        passed=not seen.any(),
        value=1.0 - float(seen.mean()),
        n_shared=n_entities,
        share_of_test_rows=float(seen.mean()),
    )
