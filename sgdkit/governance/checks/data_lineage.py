"""Is it on record what data trained the model?"""

from sgdkit.governance.checks.base import Finding, absent, check, recorded
from sgdkit.governance.context import AuditContext

__all__ = ("NO_LINEAGE", "data_lineage")

NO_LINEAGE = "No GovernanceReport in the pipeline and no X_train, so the training data left no trace."


@check(
    "data.lineage",
    "data_documentation",
    why="Without a fingerprint nobody can tell later which data a model was trained on.",
    method="Content fingerprint, shape and schema, from GovernanceReport or from X_train.",
)
def data_lineage(context: AuditContext) -> Finding:
    """Record fingerprint, shape and schema of the training data."""
    lineage = context.lineage
    if lineage is None:
        return absent(NO_LINEAGE)
    return recorded(
        f"{lineage.n_rows:,} rows and {lineage.n_columns:,} columns with fingerprint "
        f"{lineage.fingerprint[:19]}…; {lineage.n_duplicate_rows:,} duplicate rows.",
        n_rows=lineage.n_rows,
        n_columns=lineage.n_columns,
        n_duplicate_rows=lineage.n_duplicate_rows,
        n_constant_columns=lineage.n_constant_columns,
    )
