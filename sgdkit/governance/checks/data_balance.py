"""Is every class present often enough to be learned?"""

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable
from sgdkit.governance.checks.data_lineage import NO_LINEAGE
from sgdkit.governance.context import AuditContext

__all__ = ("data_balance",)

_MIN_ROWS = 30


@check(
    "data.class_balance",
    "data_documentation",
    threshold=f"every class has at least {_MIN_ROWS} training rows",
    why="Below some thirty rows neither training nor any test says much about a class.",
    method="Counts the labels where GovernanceReport stands.",
)
def data_balance(context: AuditContext) -> Finding:
    """Measure the rarest class."""
    if not context.is_classifier:
        return not_applicable("The task has no classes.")
    lineage = context.lineage
    if lineage is None:
        return absent(NO_LINEAGE)
    if lineage.target is None or not lineage.target.classes:
        return absent("The labels were not recorded where GovernanceReport stands.")
    label, count = lineage.target.classes[-1]
    return measured(
        f"The rarest class, {label!r}, has {count:,} of {lineage.n_rows:,} rows "
        f"({count / lineage.n_rows:.1%}).",
        passed=count >= _MIN_ROWS,
        value=count / _MIN_ROWS,
        smallest_count=count,
        smallest_share=count / lineage.n_rows,
        n_classes=lineage.target.n_classes,
    )
