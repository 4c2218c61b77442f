"""Are errors of one kind, or probabilities, further off for one group?"""

import numpy as np

from sgdkit.governance.checks.base import Finding, absent, check, not_applicable
from sgdkit.governance.checks.fairness_counts import NO_GROUPS
from sgdkit.governance.checks.fairness_gaps import GAP_METHOD, GAP_THRESHOLD, judge_gaps
from sgdkit.governance.context import AuditContext

__all__ = ("fairness_calibration", "fairness_false_positives", "fairness_true_positives")


@check(
    "fairness.true_positive_gap",
    "fairness_review",
    threshold=GAP_THRESHOLD,
    why="Who deserves the better outcome should have the same chance to get it, whatever the group.",
    method="Recall of the second class. " + GAP_METHOD,
    needs=("sensitive_features",),
)
def fairness_true_positives(context: AuditContext) -> Finding:
    """Measure the gap in true positive rates between groups."""
    return _rate(context, positive=True)


@check(
    "fairness.false_positive_gap",
    "fairness_review",
    threshold=GAP_THRESHOLD,
    why="A false alarm costs someone, and should not cost one group more often.",
    method="Share of the first class that is taken for the second. " + GAP_METHOD,
    needs=("sensitive_features",),
)
def fairness_false_positives(context: AuditContext) -> Finding:
    """Measure the gap in false positive rates between groups."""
    return _rate(context, positive=False)


@check(
    "fairness.calibration_gap",
    "fairness_review",
    threshold=GAP_THRESHOLD,
    why="A probability of one half should mean one half for every group.",
    method="What happened minus the predicted probability of the second class. " + GAP_METHOD,
    needs=("sensitive_features",),
)
def fairness_calibration(context: AuditContext) -> Finding:
    """Measure the gap in calibration between groups."""
    if not context.sensitive_features:
        return absent(NO_GROUPS)
    if not _is_binary(context):
        return not_applicable("Probabilities are compared for two classes.")
    if context.probabilities is None:
        return absent("The classifier gives no probabilities.")
    happened = (context.y_test == context.model.classes_[1]).astype(np.float64)
    return judge_gaps(context, happened - context.probabilities[:, 1], "calibration")


def _rate(context: AuditContext, *, positive: bool) -> Finding:
    if not context.sensitive_features:
        return absent(NO_GROUPS)
    if not _is_binary(context):
        return not_applicable("Rates of errors are defined for two classes.")
    classes = np.asarray(context.model.classes_)
    rows = (context.y_test == classes[1]) == positive
    if not rows.any():
        return absent("The test rows hold a single class.")
    name = "true positive rate" if positive else "false positive rate"
    return judge_gaps(context, (context.predictions == classes[1]).astype(np.float64), name, rows)


def _is_binary(context: AuditContext) -> bool:
    return context.is_classifier and len(context.model.classes_) == 2
