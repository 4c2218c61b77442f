"""Do training and test rows come from one distribution?"""

import numpy as np
import scipy.sparse as sp
from scipy.stats import ks_2samp

from sgdkit.governance.checks.base import Finding, absent, check, measured, ramp
from sgdkit.governance.context import AuditContext
from sgdkit.governance.tabular import evenly_spaced, numeric_columns

__all__ = ("data_drift",)

_MAX_ROWS = 3000
_MAX_COLUMNS = 256


@check(
    "data.train_test_drift",
    "data_documentation",
    threshold="no numeric column differs by more than 0.1 at the 1 % level over all columns",
    why="A test on rows from elsewhere measures something, but not what the training data prepared for.",
    method="Two-sample Kolmogorov-Smirnov test per numeric column, Bonferroni-corrected.",
    needs=("X_train",),
)
def data_drift(context: AuditContext) -> Finding:
    """Measure the largest difference between a training and a test column."""
    if context.X_train is None:
        return absent("X_train was not given, so train and test rows could not be compared.")
    if sp.issparse(context.X_train):
        return absent("Columns of sparse data are not compared.")
    names, train = numeric_columns(context.X_train, evenly_spaced(context.X_train.shape[0], _MAX_ROWS))
    _, test = numeric_columns(context.X_test, evenly_spaced(context.X_test.shape[0], _MAX_ROWS))
    if not names or len(names) > _MAX_COLUMNS:
        return absent(f"{len(names)} numeric columns; between 1 and {_MAX_COLUMNS} are compared.")
    results = [_compare(train[:, j], test[:, j]) for j in range(len(names))]
    significant = [(d, name) for (d, p), name in zip(results, names, strict=True) if p * len(names) < 0.01]
    worst, column = max(significant, default=(0.0, ""))
    found = f"{column!r} differs most, by {worst:.2f}" if column else "no column differs beyond chance"
    return measured(
        f"Train and test rows: {found}.",
        passed=worst <= 0.1,
        value=ramp(worst, good=0.1, bad=0.5),
        uncertainty="1 % level over all columns",
        largest_distance=worst,
        n_columns=len(names),
    )


def _compare(train: np.ndarray, test: np.ndarray) -> tuple[float, float]:
    train, test = train[np.isfinite(train)], test[np.isfinite(test)]
    if not train.size or not test.size:
        return 0.0, 1.0
    result = ks_2samp(train, test, method="asymp")
    return float(result.statistic), float(result.pvalue)
