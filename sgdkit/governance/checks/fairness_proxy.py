"""Can the model's features tell which group a row belongs to?"""

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from sgdkit.governance.association import auc, auc_p_value
from sgdkit.governance.checks.base import Finding, absent, check, measured, ramp
from sgdkit.governance.checks.fairness_counts import NO_GROUPS
from sgdkit.governance.context import AuditContext
from sgdkit.governance.groups import MIN_GROUP
from sgdkit.governance.refit import silent_fit
from sgdkit.governance.tabular import on_host, take_rows

__all__ = ("fairness_proxy",)

_LIMIT = 0.75
_LEVEL = 0.01
_ROWS = 3000
_MAX_COLUMNS = 2000


@check(
    "fairness.proxy",
    "fairness_review",
    threshold=f"AUC at most {_LIMIT}, or within what chance explains at the {_LEVEL:.0%} level over all "
    "groups",
    why="Leaving an attribute out does not keep it out: where the other columns tell it, the model can "
    "act on "
    "it all the same.",
    method=f"A logistic regression on up to {_ROWS:,} test rows as the estimator receives them learns on one "
    "half to tell each group of at least 20 rows from the rest; its AUC on the other half.",
    needs=("sensitive_features",),
)
def fairness_proxy(context: AuditContext) -> Finding:
    """Measure how well the features predict the sensitive attribute."""
    if not context.sensitive_features:
        return absent(NO_GROUPS)
    generator = context.generator("fairness.proxy")
    rows = generator.permutation(len(context.y_test))[:_ROWS]
    X = on_host(context.fitted.before(-1, take_rows(context.X_test, rows)))
    if X.shape[1] > _MAX_COLUMNS:
        return absent(f"{X.shape[1]:,} columns; at most {_MAX_COLUMNS:,} are used to predict the group.")
    X = StandardScaler(with_mean=not sp.issparse(X)).fit_transform(X)
    half = rows.size // 2
    found = []
    for name, column in context.sensitive_features.items():
        column = column[rows]
        labels, counts = np.unique(column, return_counts=True)
        labels = labels[counts >= 2 * MIN_GROUP]
        for label in labels[1:] if labels.size == 2 else labels:
            inside = column == label
            learn, judge = inside[:half], inside[half:]
            if min(learn.sum(), judge.sum(), (~learn).sum(), (~judge).sum()) < 5:
                continue
            model = silent_fit(LogisticRegression(C=0.1, max_iter=200), X[:half], learn, {})
            area = auc(model.decision_function(X[half:]), judge)
            p_value = auc_p_value(area, int(judge.sum()), int((~judge).sum()))
            found.append((area, p_value, name, str(label)))
    if not found:
        return absent("No group is large enough to be told from the rest.")
    area, p_value, name, label = max(found)
    p_value = min(1.0, p_value * len(found))
    passed = not (area > _LIMIT and p_value < _LEVEL)
    return measured(
        f"The features tell the group {label!r} of {name!r} with an AUC of {area:.3f} (p = {p_value:.3g}).",
        passed=passed,
        value=1.0 if passed else ramp(area, good=_LIMIT, bad=1.0),
        uncertainty=f"p = {p_value:.3g}",
        auc=area,
        attribute=name,
        group=label,
        n_groups=len(found),
        n_rows=int(rows.size),
    )
