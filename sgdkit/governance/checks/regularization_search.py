"""Was the strength of the regularisation chosen by comparison?"""

from sgdkit.governance.checks.base import Finding, absent, check, not_applicable
from sgdkit.governance.checks.regularization_recorded import REGULARIZATION_NAMES
from sgdkit.governance.checks.search_edge import judge_edge
from sgdkit.governance.context import AuditContext

__all__ = ("regularization_search",)


@check(
    "regularization.search",
    "regularization_review",
    threshold="the best strength is neither the smallest nor the largest tried",
    why="A strength that was never compared is a guess; one at the edge of the search may be too.",
    method="Reads best_params_ and the candidates of the search.",
    needs=("search",),
)
def regularization_search(context: AuditContext) -> Finding:
    """Measure whether the strength was searched far enough."""
    if not any(name in context.params for name in REGULARIZATION_NAMES):
        return not_applicable("The estimator has no strength to search.")
    searched = context.fitted.searched(*REGULARIZATION_NAMES)
    if not searched:
        return absent("The strength of the regularisation was not searched.")
    return judge_edge(context, searched, "strength")
