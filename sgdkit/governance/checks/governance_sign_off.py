"""Has the sign-off the form of one?"""

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable
from sgdkit.governance.context import AuditContext

__all__ = ("governance_sign_off",)


@check(
    "governance.sign_off",
    "governance_review",
    threshold="a reviewer other than the author, a date, and the hash of this model, before the day it "
    "expires",
    why="What was approved must be this model, by someone who did not make it; whether the judgement is "
    "right, no "
    "measurement can tell.",
    method="Compares author and reviewer, and the hash that the statement names with the model's. Without a "
    "sign-off nothing is tested, unless the declaration says that the materiality is high.",
)
def governance_sign_off(context: AuditContext) -> Finding:
    """Measure the form of the sign-off."""
    statement = context.statements.get("governance_review")
    material = context.materiality
    if statement is None or not statement.reviewer:
        if material == "high":
            return measured(
                "The materiality is declared to be high, and nobody signed off.",
                passed=False,
                materiality=material,
            )
        if statement is None:
            return absent("Nobody signed off on the model.")
        return not_applicable("The statement on governance names no reviewer, so it is no sign-off.")
    model = context.parameters_hash[0]
    wrong = []
    if not statement.author or statement.author == statement.reviewer:
        wrong.append("the reviewer is not known to be another person than the author")
    if not statement.date:
        wrong.append("it has no date")
    if model not in (statement.model_hash, statement.artefact_hash):
        wrong.append("it does not name this model's hash")
    if statement.expires and statement.expires < context.today:
        wrong.append(f"it expired on {statement.expires}")
    return measured(
        f"The sign-off is not one: {'; '.join(wrong)}." if wrong else "The sign-off names this model.",
        passed=not wrong,
        value=1.0 - len(wrong) / 4.0,
        faults=wrong,
        materiality=material,
    )
