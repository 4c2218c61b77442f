"""Does a column know more about the training targets than about those of the test rows?"""

import numpy as np
import scipy.sparse as sp

from sgdkit.governance.association import associations
from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable, ramp
from sgdkit.governance.context import AuditContext
from sgdkit.governance.tabular import evenly_spaced, numeric_columns

__all__ = ("validation_target_leak",)

_LIMIT = 0.2
_Z = 4.0
_MAX_COLUMNS = 256
_MAX_ROWS = 5000
_BLOCKS = 5


@check(
    "validation.target_leak",
    "validation_discipline",
    threshold=f"no numeric column's rank correlation with the target is {_LIMIT} and {_Z:.0f} standard "
    "errors "
    "lower on test rows than in every fifth of the training rows",
    why="A column made from the targets of the training rows (target encoding without folds) explains those "
    "rows and no others, and the model comes to trust it. What changes within the training rows as well is "
    "drift and no leak.",
    method="Spearman correlation with the target (with each class against the rest) of each numeric "
    "column, on up "
    "to 5,000 test rows and in consecutive fifths of up to 5,000 training rows; the fifth nearest to "
    "the test "
    "rows counts. Four standard errors are exceeded by chance less than once in 30,000 columns.",
    needs=("X_train",),
)
def validation_target_leak(context: AuditContext) -> Finding:
    """Measure the largest loss of association from training to test rows."""
    if context.task == "other":
        return absent("The association with this kind of target is not known.")
    if context.X_train is None:
        return absent("X_train was not given, so columns could not be compared.")
    if sp.issparse(context.X_train):
        return not_applicable("Columns of sparse data are not compared.")
    rows, test_rows = (evenly_spaced(X.shape[0], _MAX_ROWS) for X in (context.X_train, context.X_test))
    names, train = numeric_columns(context.X_train, rows)
    _, test = numeric_columns(context.X_test, test_rows)
    if not names or len(names) > _MAX_COLUMNS:
        return absent(f"{len(names)} numeric columns; between 1 and {_MAX_COLUMNS} are compared.")
    if np.ndim(context.y_test) > 1:
        return absent("The target has several columns.")
    target = np.asarray(context.y_train)[rows]
    classes = np.unique(target) if context.is_classifier else None
    theirs = associations(test, context.y_test[test_rows], classes)
    blocks = np.array_split(np.arange(len(train)), _BLOCKS)
    ours = np.stack([associations(train[block], target[block], classes) for block in blocks])
    # The sign counts: a correlation that turned round is as lost as one that is gone. A fifth in which it
    # turned round already leaves nothing to lose.
    sign = np.sign(ours.mean(axis=0))
    lost = (sign * ours).min(axis=0) - sign * theirs
    error = np.sqrt(1.0 / max(1, len(blocks[-1]) - 3) + 1.0 / max(1, len(test) - 3))
    per_column = lost.max(axis=1)
    worst = int(np.argmax(per_column))
    drop = float(per_column[worst])
    passed = not (drop > _LIMIT and drop > _Z * error)
    return measured(
        f"The correlation of {names[worst]!r} with the target falls most from training to test rows, by "
        f"{drop:.2f} (standard error {error:.2f}).",
        passed=passed,
        value=1.0 if passed else ramp(drop, good=_LIMIT, bad=1.0),
        uncertainty=f"standard error {error:.3g}",
        column=names[worst],
        drop=drop,
        n_columns=len(names),
    )
