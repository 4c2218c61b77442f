"""How much of the training data is missing?"""

from sgdkit.governance.checks.base import Finding, absent, check, measured, ramp
from sgdkit.governance.checks.data_lineage import NO_LINEAGE
from sgdkit.governance.context import AuditContext

__all__ = ("data_missing",)


@check(
    "data.missing_values",
    "data_documentation",
    threshold="no column misses more than half of its values",
    why="A column that is mostly imputed says more about the imputer than about the world.",
    method="Counts NaN, NaT and None per column where GovernanceReport stands.",
)
def data_missing(context: AuditContext) -> Finding:
    """Measure missing values."""
    lineage = context.lineage
    if lineage is None:
        return absent(NO_LINEAGE)
    worst = lineage.worst_missing_share
    return measured(
        f"{lineage.n_missing:,} missing cells; the worst column misses {worst:.1%}.",
        passed=worst <= 0.5,
        value=ramp(worst, good=0.5, bad=1.0),
        n_missing=lineage.n_missing,
        worst_column_share=worst,
    )
