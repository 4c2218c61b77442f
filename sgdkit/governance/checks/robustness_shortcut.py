"""Does a single column give the answer away?"""

import numpy as np
import scipy.sparse as sp

from sgdkit.governance.association import auc
from sgdkit.governance.checks.base import Finding, absent, check, measured, ramp
from sgdkit.governance.context import AuditContext
from sgdkit.governance.tabular import evenly_spaced, numeric_columns

__all__ = ("robustness_shortcut",)

_LIMIT = 0.99
_MAX_COLUMNS = 1000
_MAX_ROWS = 2000


@check(
    "robustness.single_feature",
    "robustness_review",
    threshold=f"no numeric column alone ranks a class, or the target, with an AUC above {_LIMIT}",
    why="A column that alone gives the answer is more often made from it than found in the world: a copy of "
    "the target, a trace of how the data were collected, something known only afterwards.",
    method="AUC of each numeric column of the test rows, in either direction, for each class against "
    "the rest "
    "(at most 30 classes), or for targets above their median.",
)
def robustness_shortcut(context: AuditContext) -> Finding:
    """Measure the best result that a single column reaches."""
    if context.task == "other" or np.ndim(context.y_test) > 1:
        return absent("The target is not a single column of classes or numbers.")
    if sp.issparse(context.X_test):
        return absent("Columns of sparse data are not ranked.")
    rows = evenly_spaced(len(context.y_test), _MAX_ROWS)
    names, values = numeric_columns(context.X_test, rows)
    if not names or len(names) > _MAX_COLUMNS:
        return absent(f"{len(names)} numeric columns; between 1 and {_MAX_COLUMNS} are ranked.")
    y = np.asarray(context.y_test)[rows]
    if context.is_classifier:
        labels = np.unique(y)
        targets = [y == label for label in (labels[1:] if labels.size == 2 else labels[:30])]
    else:
        targets = [y > np.median(y)]
    targets = [target for target in targets if 5 <= target.sum() <= target.size - 5]
    if not targets:
        return absent("Every class is too rare, or too frequent, to be ranked.")
    values = np.where(np.isfinite(values), values, 0.0)
    best, column = max(
        (max(area, 1.0 - area), name)
        for target in targets
        for name, one in zip(names, values.T, strict=True)
        for area in (auc(one, target),)
    )
    return measured(
        f"The column {column!r} alone ranks the target with an AUC of {best:.3f}.",
        passed=best <= _LIMIT,
        value=ramp(best, good=0.95, bad=1.0) if best > _LIMIT else 1.0,
        uncertainty=f"{rows.size:,} rows",
        auc=best,
        column=column,
        n_columns=len(names),
    )
