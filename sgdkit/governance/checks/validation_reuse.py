"""How often were these test rows used before?"""

from sgdkit.governance.checks.base import Finding, absent, check, measured, ramp
from sgdkit.governance.context import AuditContext

__all__ = ("validation_reuse",)

_LIMIT = 5


@check(
    "validation.test_reuse",
    "validation_discipline",
    threshold=f"at most {_LIMIT} other models were audited on the same test rows",
    why="Each look at the test rows can steer a choice, and then they are validation rows.",
    method="Counts the models with other learned parameters in the ledger whose audit names the same test "
    "rows by their fingerprint. Looks that bypass the ledger leave no trace.",
    needs=("store",),
)
def validation_reuse(context: AuditContext) -> Finding:
    """Measure how many other models were audited on the same test rows."""
    if context.ledger is None:
        return absent("No store was given, so earlier uses of the test rows are not known.")
    ours = context.parameters_hash[0]
    others = set()
    for entry in context.ledger.entries():
        subject = entry.content.get("subject") if entry.kind == "audit" else None
        if isinstance(subject, dict) and subject.get("test_fingerprint") == context.test_fingerprint:
            others.add(subject.get("parameters_hash"))
    others.discard(ours)
    return measured(
        f"{len(others):,} other models were audited on these test rows before.",
        passed=len(others) <= _LIMIT,
        value=ramp(len(others), good=_LIMIT, bad=10 * _LIMIT),
        n_other_models=len(others),
    )
