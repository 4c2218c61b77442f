"""Are those who belong to two groups at once served like others?"""

from itertools import combinations

import numpy as np

from sgdkit.governance.checks.base import Finding, absent, check, not_applicable
from sgdkit.governance.checks.fairness_counts import NO_GROUPS
from sgdkit.governance.checks.fairness_gaps import GAP_METHOD, GAP_THRESHOLD, judge_gaps
from sgdkit.governance.context import AuditContext

__all__ = ("fairness_intersections",)


@check(
    "fairness.intersections",
    "fairness_review",
    threshold=GAP_THRESHOLD,
    why="Two attributes can each look even while their combination is not.",
    method="Accuracy, or mean absolute error in standard deviations of the target, in every combination "
    "of two "
    "attributes. " + GAP_METHOD,
    needs=("sensitive_features",),
)
def fairness_intersections(context: AuditContext) -> Finding:
    """Measure the gap in errors between combinations of groups."""
    if not context.sensitive_features:
        return absent(NO_GROUPS)
    if len(context.sensitive_features) < 2:
        return not_applicable("One attribute has no combinations.")
    if context.task == "other":
        return absent("No error is known for this kind of model.")
    crossed = {
        f"{a} x {b}": np.char.add(np.char.add(left, " x "), right)
        for (a, left), (b, right) in combinations(context.sensitive_features.items(), 2)
    }
    if context.is_classifier:
        return judge_gaps(context, 1.0 - context.test_losses, "accuracy in combinations", columns=crossed)
    spread = float(np.std(context.y_test.astype(np.float64))) or 1.0
    errors = np.abs(context.predictions - context.y_test) / spread
    return judge_gaps(context, errors, "absolute error in combinations", columns=crossed)
