"""Is the chain of records whole?"""

from sgdkit.exceptions import LedgerError
from sgdkit.governance.checks.base import Finding, absent, check, measured
from sgdkit.governance.context import AuditContext

__all__ = ("traceability_chain",)


@check(
    "traceability.record_chain",
    "traceability",
    threshold="no entry was changed, removed, inserted or reordered",
    why="A record that could have been edited proves nothing about the day it was written.",
    method="Recomputes every hash and signature of the store that this record goes to, before it is added.",
    needs=("store",),
)
def traceability_chain(context: AuditContext) -> Finding:
    """Measure whether the chain of the store verifies."""
    if context.ledger is None:
        return absent("No store was given, so this record is not part of a chain.")
    try:
        found = context.ledger.verify()
    except LedgerError as error:
        return measured(f"The store cannot be read: {error}", passed=False)
    return measured(
        f"Of {found.n_entries:,} entries none was changed or reordered."
        if found.ok
        else f"{len(found.problems)} problems in the store; the first: {found.problems[0]}",
        passed=found.ok,
        n_entries=found.n_entries,
        n_problems=len(found.problems),
    )
