"""Do outcomes and errors differ between groups?"""

from collections.abc import Mapping

import numpy as np

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable, ramp
from sgdkit.governance.checks.fairness_counts import NO_GROUPS
from sgdkit.governance.context import AuditContext
from sgdkit.governance.groups import GroupGap, measure_gap

__all__ = ("GAP_METHOD", "GAP_THRESHOLD", "fairness_error_gap", "fairness_outcome_gap", "judge_gaps")

_LIMIT = 0.1
_LEVEL = 0.05
GAP_THRESHOLD = (
    f"gap at most {_LIMIT}, or not distinguishable from chance at the {_LEVEL:.0%} level over all attributes"
)
GAP_METHOD = (
    "fairlearn's MetricFrame for the means, groups of at least 10 rows; the null permutes group labels. "
    "A gap that the test could not see counts half."
)


@check(
    "fairness.outcome_gap",
    "fairness_review",
    threshold=GAP_THRESHOLD,
    why="Groups that are selected at different rates are affected differently.",
    method="Selection rate of the second class, or the mean prediction in standard deviations of the target. "
    + GAP_METHOD,
    needs=("sensitive_features",),
)
def fairness_outcome_gap(context: AuditContext) -> Finding:
    """Measure the gap in outcomes between groups."""
    if not context.sensitive_features:
        return absent(NO_GROUPS)
    if context.is_classifier:
        classes = np.asarray(context.model.classes_)
        if classes.size != 2:
            return not_applicable("Selection rates are defined for two classes.")
        return judge_gaps(context, (context.predictions == classes[1]).astype(np.float64), "selection rate")
    if context.is_regressor:
        return judge_gaps(context, _in_spreads(context, context.predictions), "mean prediction")
    return absent("No outcome is known for this kind of model.")


@check(
    "fairness.error_gap",
    "fairness_review",
    threshold=GAP_THRESHOLD,
    why="A model that errs more often for one group serves it worse, whatever its overall figure.",
    method="Accuracy, or mean absolute error in standard deviations of the target. " + GAP_METHOD,
    needs=("sensitive_features",),
)
def fairness_error_gap(context: AuditContext) -> Finding:
    """Measure the gap in errors between groups."""
    if not context.sensitive_features:
        return absent(NO_GROUPS)
    if context.is_classifier:
        return judge_gaps(context, (context.predictions == context.y_test).astype(np.float64), "accuracy")
    if context.is_regressor:
        errors = np.abs(context.predictions - context.y_test)
        return judge_gaps(context, _in_spreads(context, errors), "absolute error")
    return absent("No error is known for this kind of model.")


def _in_spreads(context: AuditContext, values: np.ndarray) -> np.ndarray:
    spread = float(np.std(context.y_test.astype(np.float64)))
    return np.asarray(values, dtype=np.float64) / (spread or 1.0)


def judge_gaps(
    context: AuditContext,
    values: np.ndarray,
    metric: str,
    rows: np.ndarray | None = None,
    columns: Mapping[str, np.ndarray] | None = None,
) -> Finding:
    """Judge the gap of a mean between the groups of every attribute.

    Parameters
    ----------
    context : AuditContext
        Holds the attributes, and the seed.
    values : ndarray of shape (n_samples,)
        What is averaged.
    metric : str
        Its name.
    rows : ndarray of bool, default=None
        The test rows that count; all when None.
    columns : mapping of str to ndarray, default=None
        Groups other than the context's sensitive attributes.

    Returns
    -------
    Finding
    """
    gaps: dict[str, GroupGap] = {}
    generator = context.generator(f"fairness.{metric}")
    for name, groups in (context.sensitive_features if columns is None else columns).items():
        gap = measure_gap(
            values if rows is None else values[rows], groups if rows is None else groups[rows], generator
        )
        if gap is not None:
            gaps[name] = gap
    if not gaps:
        return absent("Fewer than two groups have at least 10 test rows.")
    level = _LEVEL / len(gaps)  # several attributes are several chances to be wrong

    def unfair(gap: GroupGap) -> bool:
        return gap.gap > _LIMIT and gap.p_value < level

    def value(gap: GroupGap) -> float:
        if unfair(gap):
            return ramp(gap.gap, good=_LIMIT, bad=4.0 * _LIMIT)
        return 1.0 if gap.detectable_gap <= 2.0 * _LIMIT else 0.5

    name = min(gaps, key=lambda key: (value(gaps[key]), -gaps[key].gap))
    worst = gaps[name]
    return measured(
        f"{metric.capitalize()} differs by {worst.gap:.3f} between groups of {name!r} "
        f"(p = {worst.p_value:.3g}; gaps under {worst.detectable_gap:.3f} could not be seen).",
        passed=not any(unfair(gap) for gap in gaps.values()),
        value=value(worst),
        uncertainty=f"permutation p = {worst.p_value:.3g}",
        metric=metric,
        attributes={
            key: {
                "by_group": gap.by_group,
                "counts": gap.counts,
                "gap": gap.gap,
                "p_value": gap.p_value,
                "detectable_gap": gap.detectable_gap,
                "n_permutations": gap.n_permutations,
            }
            for key, gap in gaps.items()
        },
    )
