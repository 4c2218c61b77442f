"""Do identical rows carry different labels?"""

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable, ramp
from sgdkit.governance.checks.data_lineage import NO_LINEAGE
from sgdkit.governance.context import AuditContext

__all__ = ("data_conflicts",)


@check(
    "data.conflicting_labels",
    "data_documentation",
    threshold="at most 1 % of the rows have an identical twin with another label",
    why="Contradicting labels bound what any model can reach, and often show a labelling fault.",
    method="Groups training rows by a 64-bit digest and compares the labels inside each group.",
)
def data_conflicts(context: AuditContext) -> Finding:
    """Measure the share of rows with contradicting labels."""
    lineage = context.lineage
    if lineage is None:
        return absent(NO_LINEAGE)
    if lineage.n_conflicting_rows is None:
        return not_applicable("The target is not a single column of classes.")
    share = lineage.n_conflicting_rows / lineage.n_rows
    return measured(
        f"{lineage.n_conflicting_rows:,} rows ({share:.2%}) have a twin with another label.",
        passed=share <= 0.01,
        value=ramp(share, good=0.01, bad=0.10),
        n_conflicting_rows=lineage.n_conflicting_rows,
        share=share,
    )
