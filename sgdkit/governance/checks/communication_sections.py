"""Has every section of the report something to say?"""

from sgdkit.governance.checks.base import Finding, check, measured
from sgdkit.governance.context import AuditContext

__all__ = ("communication_sections",)


@check(
    "communication.sections",
    "communication_clarity",
    threshold="no section is empty",
    why="A reader takes an empty section for nothing to report.",
    method="Counts the report's sections that evidence or a statement fills.",
)
def communication_sections(context: AuditContext) -> Finding:
    """Measure how many sections of the report are filled."""
    filled = {
        "intended use": "objective_documentation" in context.statements,
        "data lineage": context.lineage is not None,
        "components": bool(context.components),
        "training trace": bool(context.trace.loss) or context.trace.n_iter is not None,
        "groups": bool(context.sensitive_features) or "fairness_review" in context.statements,
        "review": "governance_review" in context.statements,
    }
    empty = [name for name, present in filled.items() if not present]
    return measured(
        f"Empty sections: {', '.join(empty)}." if empty else "Every section of the report is filled.",
        passed=not empty,
        value=1.0 - len(empty) / len(filled),
        empty=empty,
    )
