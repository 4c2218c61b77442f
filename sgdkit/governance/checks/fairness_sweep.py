"""Does the gap in outcomes hang on the threshold?"""

import numpy as np

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable, ramp
from sgdkit.governance.checks.fairness_counts import NO_GROUPS
from sgdkit.governance.context import AuditContext
from sgdkit.governance.groups import MIN_GROUP

__all__ = ("fairness_sweep",)

_THRESHOLDS = np.linspace(0.1, 0.9, 9)
_LIMIT = 0.1
_LEVEL = 0.05
_DRAWS = 199


@check(
    "fairness.threshold_sweep",
    "fairness_review",
    threshold=f"gap at most {_LIMIT} at every threshold, or not distinguishable from chance at the "
    f"{_LEVEL:.0%} level over all thresholds and attributes",
    why="A gap that is small at one threshold can be large at the one that is used tomorrow.",
    method="Largest difference of selection rates between groups of at least 10 rows, at nine thresholds on "
    f"the probability of the second class; the null permutes the rows' groups {_DRAWS} times and keeps the "
    "largest gap.",
    needs=("sensitive_features",),
)
def fairness_sweep(context: AuditContext) -> Finding:
    """Measure the largest gap in outcomes over thresholds."""
    if not context.sensitive_features:
        return absent(NO_GROUPS)
    if not context.is_classifier or len(context.model.classes_) != 2:
        return not_applicable("Thresholds apply to two classes.")
    if context.probabilities is None:
        return absent("The classifier gives no probabilities.")
    bins = np.searchsorted(_THRESHOLDS, context.probabilities[:, 1], side="right")
    generator = context.generator("fairness.threshold_sweep")
    found = []
    for name, column in context.sensitive_features.items():
        _, codes, counts = np.unique(column, return_inverse=True, return_counts=True)
        kept = counts[codes] >= MIN_GROUP
        _, codes = np.unique(codes[kept], return_inverse=True)
        if codes.size == 0 or codes.max() == 0:
            continue
        gaps = _gaps(bins[kept], codes)
        null = [_gaps(bins[kept], generator.permutation(codes)).max() for _ in range(_DRAWS)]
        p_value = (1.0 + float(np.sum(np.array(null) >= gaps.max()))) / (1.0 + _DRAWS)
        found.append((float(gaps.max()), p_value, name, float(_THRESHOLDS[gaps.argmax()])))
    if not found:
        return absent("Fewer than two groups have at least 10 test rows.")
    level = _LEVEL / len(found)
    failing = [one for one in found if one[0] > _LIMIT and one[1] < level]
    gap, p_value, name, threshold = max(failing or found)
    return measured(
        f"Between groups of {name!r} the selection rate differs most at the threshold {threshold:.1f}, by "
        f"{gap:.3f} (p = {p_value:.3g}).",
        passed=not failing,
        value=ramp(gap, good=_LIMIT, bad=4.0 * _LIMIT) if failing else 1.0,
        uncertainty=f"permutation p = {p_value:.3g}",
        gap=gap,
        threshold=threshold,
        attribute=name,
        p_value=p_value,
    )


def _gaps(bins: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Largest difference between groups at each threshold, from the bin of each row's probability."""
    width = _THRESHOLDS.size + 1
    table = np.bincount(codes * width + bins, minlength=(int(codes.max()) + 1) * width).reshape(-1, width)
    above = table.sum(axis=1, keepdims=True) - np.cumsum(table, axis=1)[:, :-1]
    rates = above / table.sum(axis=1, keepdims=True)
    return np.asarray(rates.max(axis=0) - rates.min(axis=0))
