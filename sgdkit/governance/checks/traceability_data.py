"""Are the training rows at hand the ones the model was trained on?"""

from typing import Any

from sgdkit.governance.checks.base import Finding, absent, check, measured, recorded
from sgdkit.governance.checks.data_lineage import NO_LINEAGE
from sgdkit.governance.context import AuditContext
from sgdkit.governance.evidence.fingerprint import fingerprint
from sgdkit.governance.tabular import on_host

__all__ = ("traceability_data",)


@check(
    "traceability.training_data",
    "traceability",
    threshold="the fingerprint of X_train equals the recorded one",
    why="A model is tied to its data only if anyone who holds both can see that they belong together.",
    method="Sends X_train to the place where GovernanceReport stands and compares content fingerprints. "
    "Without X_train the recorded fingerprint alone counts.",
)
def traceability_data(context: AuditContext) -> Finding:
    """Compare the training rows with the recorded fingerprint."""
    lineage = context.lineage
    if lineage is None:
        return absent(NO_LINEAGE)
    if context.fitted.report is None or context.X_train is None:
        return recorded(f"The data's fingerprint is on record: {lineage.fingerprint[:19]}….")
    index: Any = context.fitted.report_index
    seen = fingerprint(on_host(context.fitted.before(index, context.X_train)))
    same = seen == lineage.fingerprint
    return measured(
        "X_train is the recorded training data." if same else "X_train is not what the model was trained on.",
        passed=same,
        recorded=lineage.fingerprint,
        given=seen,
    )
