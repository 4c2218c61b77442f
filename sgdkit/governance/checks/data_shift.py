"""Can training rows be told from test rows?"""

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from sgdkit.governance.association import auc, auc_p_value
from sgdkit.governance.checks.base import Finding, absent, check, measured, ramp
from sgdkit.governance.context import AuditContext
from sgdkit.governance.refit import silent_fit
from sgdkit.governance.tabular import numeric_columns

__all__ = ("data_shift",)

_ROWS = 2000
_MAX_COLUMNS = 256
_LEVEL = 0.01
_LIMIT = 0.6


@check(
    "data.two_sample_auc",
    "data_documentation",
    threshold=f"AUC at most {_LIMIT}, or within what chance explains at the {_LEVEL:.0%} level",
    why="Shifts of several columns together escape tests of one column at a time.",
    method=f"A logistic regression on up to {_ROWS:,} training and {_ROWS:,} test rows (numeric columns and "
    "their squares) learns on one half to tell them apart; its AUC on the other half is compared with "
    "that of "
    "scores that know nothing.",
    needs=("X_train",),
)
def data_shift(context: AuditContext) -> Finding:
    """Measure how well training and test rows can be told apart."""
    if context.X_train is None:
        return absent("X_train was not given, so train and test rows could not be compared.")
    if sp.issparse(context.X_train):
        return absent("Columns of sparse data are not compared.")
    generator = context.generator("data.two_sample_auc")
    parts = []
    for X in (context.X_train, context.X_test):
        n = X.shape[0]
        parts.append(numeric_columns(X, generator.permutation(n)[:_ROWS])[1])
    values = np.concatenate(parts)
    if not 1 <= values.shape[1] <= _MAX_COLUMNS:
        return absent(f"{values.shape[1]} numeric columns; between 1 and {_MAX_COLUMNS} are compared.")
    side = np.repeat([False, True], [len(part) for part in parts])
    if min(len(part) for part in parts) < 20:
        return absent("Fewer than 20 rows on one side.")
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    values = StandardScaler().fit_transform(values)
    values = np.hstack([values, np.square(values)])
    order = generator.permutation(len(values))
    learn, judge = order[::2], order[1::2]
    if side[learn].all() or not side[learn].any():
        return absent("Too few rows on one side.")
    judge_model = silent_fit(LogisticRegression(C=0.1, max_iter=200), values[learn], side[learn], {})
    value = auc(judge_model.decision_function(values[judge]), side[judge])
    n_test = int(side[judge].sum())
    p_value = auc_p_value(value, n_test, judge.size - n_test)
    passed = not (value > _LIMIT and p_value < _LEVEL)
    return measured(
        f"Training and test rows are told apart with an AUC of {value:.3f} (p = {p_value:.3g}).",
        passed=passed,
        value=1.0 if passed else ramp(value, good=_LIMIT, bad=1.0),
        uncertainty=f"p = {p_value:.3g}",
        auc=value,
        p_value=p_value,
        n_rows=len(values),
    )
