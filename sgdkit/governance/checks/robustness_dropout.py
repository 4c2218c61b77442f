"""Does the model hang on a single feature?"""

import numpy as np

from sgdkit.governance.checks.base import Finding, absent, check, measured, ramp
from sgdkit.governance.context import AuditContext
from sgdkit.governance.perturb import with_column_fixed
from sgdkit.governance.tabular import column_names

__all__ = ("robustness_dropout",)

_MAX_COLUMNS = 40


@check(
    "robustness.feature_dropout",
    "robustness_review",
    threshold="no single feature costs more than 0.2 of accuracy or R²",
    why="A feature that alone carries the result is a shortcut until shown otherwise, and a single point of "
    "failure.",
    method=f"Holds one feature at a time at its median or most frequent value; {_MAX_COLUMNS} evenly spaced "
    "features where there are more.",
)
def robustness_dropout(context: AuditContext) -> Finding:
    """Measure the largest loss of quality from losing one feature."""
    if context.task == "other":
        return absent("No common scale is known for this kind of model.")
    names = column_names(context.X_test)
    chosen = np.unique(np.linspace(0, len(names) - 1, min(len(names), _MAX_COLUMNS)).astype(int)).tolist()
    drops = []
    for j in chosen:
        predictions = context.predict(with_column_fixed(context.X_test, j))
        drops.append(context.test_quality - context.quality(context.y_test, predictions))
    worst = float(np.max(drops))
    name = names[chosen[int(np.argmax(drops))]]
    return measured(
        f"Without {name!r}, the feature that matters most of {len(chosen)}, quality falls by {worst:.3f}.",
        passed=worst <= 0.2,
        value=ramp(worst, good=0.2, bad=0.6),
        largest_drop=worst,
        feature=name,
        n_features_tried=len(chosen),
    )
