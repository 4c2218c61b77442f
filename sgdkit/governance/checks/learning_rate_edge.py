"""Did the search for a learning rate reach far enough?"""

from sgdkit.governance.checks.base import Finding, check, not_applicable
from sgdkit.governance.checks.learning_rate_origin import LEARNING_RATE_NAMES
from sgdkit.governance.checks.search_edge import judge_edge
from sgdkit.governance.context import AuditContext

__all__ = ("learning_rate_edge",)


@check(
    "learning_rate.search_edge",
    "learning_rate_rationale",
    threshold="the best rate is neither the smallest nor the largest tried",
    why="A best value at the edge says that better ones may lie beyond it.",
    method="Reads best_params_ and the candidates of the search.",
    needs=("search",),
)
def learning_rate_edge(context: AuditContext) -> Finding:
    """Measure whether the best rate lies at the edge of the search."""
    searched = context.fitted.searched(*LEARNING_RATE_NAMES)
    if not searched:
        return not_applicable("The learning rate was not searched.")
    return judge_edge(context, searched, "learning rate")
