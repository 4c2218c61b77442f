"""What people state about each dimension, and whether it still holds."""

from sgdkit.governance.checks.base import Check, Finding, absent
from sgdkit.governance.context import AuditContext
from sgdkit.governance.grading import Grade
from sgdkit.governance.items import Tier
from sgdkit.governance.scoring import DIMENSIONS
from sgdkit.governance.statements import Statement

__all__ = ("PROMPTS", "statement_checks")

PROMPTS = {
    "objective_documentation": "task and intended use, the cost of each error, who is affected",
    "data_documentation": "source, collection, consent or licence, how labels were made, known gaps",
    "feature_scaling_review": "why features are scaled as they are, and how units are kept in use",
    "optimizer_documentation": "why this optimizer",
    "learning_rate_rationale": "the reason for the learning rate",
    "validation_discipline": "that the test rows never steered a choice and mirror the use",
    "regularization_review": "the trade-off that was accepted",
    "robustness_review": "which shifts are plausible in use",
    "fairness_review": "which groups, harms and metric were considered, and why",
    "reproducibility": "an independent rerun by a named person",
    "traceability": "where the model is in use and who released it",
    "governance_review": "approval, residual risk, oversight and monitoring",
    "communication_clarity": "that a named audience read and understood the report",
}
"""What a statement on each dimension should say."""


def statement_checks() -> tuple[Check, ...]:
    """One check per dimension that asks for a person's statement."""
    return tuple(_statement_check(name) for name in DIMENSIONS)


def _statement_check(dimension: str) -> Check:
    def ask(context: AuditContext) -> Finding:
        statement = context.statements.get(dimension)
        if statement is None:
            return absent(f"Nobody stated {PROMPTS[dimension]}.")
        if statement.expires and statement.expires < context.today:
            return absent(f"The statement lapsed on {statement.expires}.")
        if lapsed := _lapsed(statement, context):
            return absent(lapsed)
        grade = Grade.ATTESTED if statement.is_attested else Grade.DECLARED
        figures = {"reviewer": statement.reviewer} if statement.reviewer else {}
        return Finding(grade, 1.0, None, statement.text, figures, statement=statement)

    return Check(
        id=f"statement.{dimension}",
        dimension=dimension,
        function=ask,
        tier=Tier.FREE,
        threshold="",
        why="Some things no measurement can know.",
        method=f"Asks for {PROMPTS[dimension]}. Attested when a reviewer other than the author signed a "
        "named hash; lapses when it expires or the hash changes.",
    )


def _lapsed(statement: Statement, context: AuditContext) -> str:
    """Why a statement does not speak about this model and its data; empty where it does."""
    model = context.parameters_hash[0]
    data = None if context.lineage is None else context.lineage.fingerprint
    if statement.artefact_hash and statement.artefact_hash not in (model, data):
        return "The statement speaks about another model or other data, so it lapsed."
    if statement.model_hash and statement.model_hash != model:
        return (
            f"The statement speaks about the model {statement.model_hash[:19]}…, so it lapsed for this one."
        )
    if statement.data_fingerprint and statement.data_fingerprint != data:
        if data is None:
            return "The statement names its data, and this model's data left no fingerprint to compare."
        return f"The statement speaks about the data {statement.data_fingerprint[:19]}…, so it lapsed."
    return ""
