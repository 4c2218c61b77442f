"""Does the model hang on a single feature?"""

import numpy as np

from sgdkit.governance.checks.base import Finding, absent, check, measured, ramp
from sgdkit.governance.context import AuditContext
from sgdkit.governance.perturb import with_columns_fixed
from sgdkit.governance.tabular import column_names, evenly_spaced, take_rows

__all__ = ("robustness_dropout",)

_MAX_COLUMNS = 40
_MAX_ROWS = 2000


@check(
    "robustness.feature_dropout",
    "robustness_review",
    threshold="no single feature costs more than 0.2 of accuracy or R²",
    why="A feature that alone carries the result is a shortcut until shown otherwise, and a single point of "
    "failure.",
    method=f"Holds one feature at a time at its median or most frequent value; {_MAX_COLUMNS} evenly spaced "
    "features, and rows, where there are more than 40 and 2,000.",
)
def robustness_dropout(context: AuditContext) -> Finding:
    """Measure the largest loss of quality from losing one feature."""
    if context.task == "other":
        return absent("No common scale is known for this kind of model.")
    names = column_names(context.X_test)
    chosen = np.unique(np.linspace(0, len(names) - 1, min(len(names), _MAX_COLUMNS)).astype(int)).tolist()
    # Columns are fixed one after the other, so that many rows would be copied many times.
    rows = evenly_spaced(len(context.y_test), _MAX_ROWS)
    X, y = take_rows(context.X_test, rows), context.y_test[rows]
    whole = context.quality(y, context.predictions[rows])
    drops = []
    for j in chosen:
        predictions = context.predict(with_columns_fixed(X, [j]))
        drops.append(whole - context.quality(y, predictions))
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
