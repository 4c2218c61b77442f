"""Were the data scaled over all rows before they were split?"""

import numpy as np
import scipy.sparse as sp

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable
from sgdkit.governance.context import AuditContext
from sgdkit.governance.tabular import numeric_columns

__all__ = ("scaling_before_split",)

_EXACT = 1e-9


@check(
    "scaling.before_split",
    "feature_scaling_review",
    threshold="columns are not centred to zero and scaled alike, to nine digits, over training and test rows",
    why="A pipeline cannot leak the test rows' mean, but a table that was scaled beforehand already has.",
    method="Mean and standard deviation of each numeric column over training and test rows together.",
    needs=("X_train",),
)
def scaling_before_split(context: AuditContext) -> Finding:
    """Look for the signature of scaling over all rows."""
    if context.X_train is None:
        return absent("X_train was not given, so the rows could not be put together again.")
    if sp.issparse(context.X_train):
        return not_applicable("Sparse data are not centred.")
    _, train = numeric_columns(context.X_train)
    _, test = numeric_columns(context.X_test)
    rows = np.concatenate([train, test])
    if rows.shape[1] < 2:
        return not_applicable("Fewer than two numeric columns.")
    spread = rows.std(axis=0)
    varied = spread > 0.0
    if varied.sum() < 2:
        return not_applicable("Fewer than two numeric columns vary.")
    centred = np.abs(rows.mean(axis=0)[varied]) <= _EXACT * spread[varied]
    typical = float(np.median(spread[varied]))
    alike = np.abs(spread[varied] - typical) <= _EXACT * typical
    share = float(np.mean(centred & alike))
    words = "as scaling before the split leaves them" if share > 0.5 else "so they were not scaled beforehand"
    return measured(
        f"{share:.0%} of the numeric columns are centred and scaled alike over all rows, {words}.",
        passed=share <= 0.5,
        share_of_columns=share,
        n_columns=int(varied.sum()),
    )
