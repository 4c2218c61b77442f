"""Does the model hold where rows of one kind become more frequent?"""

import numpy as np
import scipy.sparse as sp
from scipy.stats import norm

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable, ramp
from sgdkit.governance.context import AuditContext
from sgdkit.governance.tabular import column_names, columns

__all__ = ("robustness_shift",)

_LIMIT = 0.1
_LEVEL = 0.01
_MAX_COLUMNS = 40


@check(
    "robustness.covariate_shift",
    "robustness_review",
    threshold=f"accuracy or R² falls by at most {_LIMIT}, or by what chance explains at the "
    f"{_LEVEL:.0%} level "
    "over all shifts",
    why="In use the mix of cases differs from the test set's, and then the average is another.",
    method="Weights the test rows by exp(z) and exp(-z) of one continuous column at a time, which moves its "
    f"mean by about one standard deviation; up to {_MAX_COLUMNS} columns. Bonferroni-corrected.",
)
def robustness_shift(context: AuditContext) -> Finding:
    """Measure the largest loss of quality under reweighted rows."""
    if context.task == "other":
        return absent("No common scale is known for this kind of model.")
    if sp.issparse(context.X_test):
        return not_applicable("Columns of sparse data are not reweighted.")
    losses, names = context.test_losses, column_names(context.X_test)
    found = []
    for j, (_, _, values) in enumerate(columns(context.X_test)):
        if values.dtype.kind not in "iuf" or np.unique(values[:2000]).size <= 10:
            continue
        z = np.nan_to_num(np.asarray(values, dtype=np.float64), nan=np.nan, posinf=np.nan, neginf=np.nan)
        spread = np.nanstd(z)
        if not spread > 0.0:
            continue
        z = np.clip(np.nan_to_num((z - np.nanmean(z)) / spread), -3.0, 3.0)
        for sign in (1.0, -1.0):
            weights = np.exp(sign * z)
            weights /= weights.sum()
            shifted = float(weights @ losses)
            error = float(np.sqrt(np.square(weights - 1.0 / losses.size) @ np.square(losses - shifted)))
            found.append((shifted - float(losses.mean()), error, names[j], sign))
        if len(found) >= 2 * _MAX_COLUMNS:
            break
    if not found:
        return not_applicable("No feature is continuous.")
    critical = float(norm.isf(_LEVEL / len(found)))
    failing = [one for one in found if one[0] > _LIMIT and one[0] > critical * one[1]]
    drop, error, name, sign = max(failing or found)
    return measured(
        f"With {'high' if sign > 0 else 'low'} values of {name!r} more frequent, quality falls by {drop:.3f} "
        f"(standard error {error:.3f}).",
        passed=not failing,
        value=ramp(drop, good=_LIMIT, bad=0.4) if failing else 1.0,
        uncertainty=f"standard error {error:.3g}",
        drop=drop,
        column=name,
        direction="up" if sign > 0 else "down",
        n_shifts=len(found),
    )
