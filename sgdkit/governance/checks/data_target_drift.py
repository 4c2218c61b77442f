"""Do the targets of training and test rows come from one distribution?"""

import numpy as np
from scipy.stats import chi2_contingency, ks_2samp

from sgdkit.governance.checks.base import Finding, absent, check, measured, ramp
from sgdkit.governance.context import AuditContext

__all__ = ("data_target_drift",)

_LEVEL = 0.01
_LIMIT = 0.1


@check(
    "data.target_drift",
    "data_documentation",
    threshold=f"distance at most {_LIMIT}, or within what chance explains at the {_LEVEL:.0%} level",
    why="A test set with other targets than the training rows answers another question.",
    method="Total variation distance of the class shares with a chi-squared test, or the Kolmogorov-Smirnov "
    "distance of numbers with its test.",
    needs=("X_train",),
)
def data_target_drift(context: AuditContext) -> Finding:
    """Measure the distance between training and test targets."""
    if context.y_train is None:
        return absent("y_train was not given.")
    train, test = np.asarray(context.y_train), np.asarray(context.y_test)
    if train.ndim > 1:
        return absent("The target has several columns.")
    if context.is_classifier:
        labels, codes = np.unique(np.concatenate([train, test]), return_inverse=True)
        table = np.stack(
            [np.bincount(part, minlength=labels.size) for part in (codes[: len(train)], codes[len(train) :])]
        )
        shares = table / table.sum(axis=1, keepdims=True)
        distance = float(np.abs(shares[0] - shares[1]).sum() / 2.0)
        p_value = float(chi2_contingency(table).pvalue) if labels.size > 1 else 1.0
    else:
        found = ks_2samp(train.astype(np.float64), test.astype(np.float64), method="asymp")
        distance, p_value = float(found.statistic), float(found.pvalue)
    passed = not (distance > _LIMIT and p_value < _LEVEL)
    return measured(
        f"Targets of training and test rows lie {distance:.3f} apart (p = {p_value:.3g}).",
        passed=passed,
        value=1.0 if passed else ramp(distance, good=_LIMIT, bad=0.5),
        uncertainty=f"p = {p_value:.3g}",
        distance=distance,
        p_value=p_value,
    )
