"""Do the folds of a search keep entities whole, and the future out?"""

import numpy as np
from sklearn.model_selection import check_cv

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable
from sgdkit.governance.context import AuditContext

__all__ = ("validation_search_folds",)


@check(
    "validation.search_folds",
    "validation_discipline",
    threshold="in no fold does an entity stand on both sides, or a training row come after the first "
    "test row",
    why="A search that chooses on leaking folds chooses what leaks best, whatever the final split is like.",
    method="Draws the search's folds again with its own splitter and compares the declared entities and "
    "times; a splitter without a seed is read once, as it comes.",
    needs=("X_train", "search"),
)
def validation_search_folds(context: AuditContext) -> Finding:
    """Measure how many folds of the search leak entities or time."""
    search = context.fitted.search
    if search is None:
        return not_applicable("No fitted search was given.")
    if context.groups is None and context.times is None:
        return absent("Neither entities nor times were named for the rows.")
    if context.X_train is None:
        return absent("X_train was not given, so the folds could not be drawn again.")
    groups = None if context.groups is None else context.groups[0]
    splitter = check_cv(search.cv, context.y_train, classifier=context.is_classifier)
    n_folds = n_groups = n_times = 0
    for train, test in splitter.split(context.X_train, context.y_train, groups):
        n_folds += 1
        if groups is not None:
            n_groups += bool(np.isin(groups[test], groups[train]).any())
        if context.times is not None:
            n_times += bool((context.times[0][train] > np.sort(context.times[0][test])[0]).any())
    bad = max(n_groups, n_times)
    return measured(
        f"Of {n_folds} folds, {n_groups} divide an entity and {n_times} train on the time after their test "
        "rows began.",
        passed=not bad,
        value=1.0 - bad / max(1, n_folds),
        n_folds=n_folds,
        n_folds_with_shared_entities=n_groups,
        n_folds_with_future_rows=n_times,
    )
