"""Is any class neglected?"""

import numpy as np
from scipy.stats import binomtest

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable, ramp
from sgdkit.governance.context import AuditContext

__all__ = ("objective_recall",)

_LEVEL = 0.01


@check(
    "objective.class_recall",
    "objective_documentation",
    threshold="each class is recognised at least half as often as rows are on average, or the shortfall is "
    f"within what chance explains at the {_LEVEL:.0%} level over all classes",
    why="A loss that counts rows can give up a rare class and still look good.",
    method="Recall of each class on the test rows against half of the accuracy; one-sided binomial tests, "
    "Bonferroni-corrected.",
)
def objective_recall(context: AuditContext) -> Finding:
    """Measure the recall of the class that is recognised worst."""
    if not context.is_classifier:
        return not_applicable("The task has no classes.")
    labels, counts = np.unique(context.y_test, return_counts=True)
    if labels.size < 2:
        return absent("The test rows hold a single class.")
    half = context.test_quality / 2.0
    found = []
    for label, count in zip(labels.tolist(), counts.tolist(), strict=True):
        hits = int(np.sum(context.predictions[context.y_test == label] == label))
        p_value = binomtest(hits, count, half, alternative="less").pvalue if half > 0.0 else 1.0
        found.append((hits / count, min(1.0, float(p_value) * labels.size), str(label), count))
    recall, p_value, label, count = min(found)
    failed = [name for share, p, name, _ in found if share < half and p < _LEVEL]
    return measured(
        f"The class {label!r} is recognised least: {recall:.1%} of its {count:,} test rows; "
        f"{context.test_quality:.1%} of all rows are recognised.",
        passed=not failed,
        value=1.0 if not failed else ramp(half - recall, good=0.0, bad=max(half, 1e-9)),
        uncertainty=f"p = {p_value:.3g}",
        worst_class=label,
        worst_recall=recall,
        accuracy=context.test_quality,
        n_neglected=len(failed),
        rarest_recall=next(r for r, _, name, _ in found if name == str(labels[counts.argmin()])),
    )
