"""Do columns carry anything?"""

from sgdkit.governance.checks.base import Finding, absent, check, measured
from sgdkit.governance.checks.data_lineage import NO_LINEAGE
from sgdkit.governance.context import AuditContext

__all__ = ("data_constant",)


@check(
    "data.constant_columns",
    "data_documentation",
    threshold="at most one column in ten holds a single value",
    why="A column without values of its own is a column that was lost on the way, or never filled.",
    method="Counts columns of the training rows with one value, where GovernanceReport stands.",
)
def data_constant(context: AuditContext) -> Finding:
    """Measure the share of constant columns."""
    lineage = context.lineage
    if lineage is None:
        return absent(NO_LINEAGE)
    share = lineage.n_constant_columns / max(1, lineage.n_columns)
    return measured(
        f"{lineage.n_constant_columns:,} of {lineage.n_columns:,} columns hold a single value.",
        passed=share <= 0.1,
        value=1.0 - share,
        n_constant_columns=lineage.n_constant_columns,
        share=share,
    )
