"""Are test rows among the training rows?"""

from typing import Any

import numpy as np
from scipy.stats import binomtest

from sgdkit.governance.checks.base import Finding, absent, check, measured
from sgdkit.governance.context import AuditContext
from sgdkit.governance.evidence.rows import RowHasher

__all__ = ("validation_duplicates",)

_LEVEL = 0.01


@check(
    "validation.duplicates",
    "validation_discipline",
    threshold=f"no more than duplicates inside the training rows explain, at the {_LEVEL:.0%} level",
    why="A model is not tested by rows it has seen. Clean data can hold duplicates of their own, so the "
    "training rows say how many to expect.",
    method="Compares salted 64-bit digests of whole rows; a one-sided binomial test against the share of "
    "training rows that have a twin.",
)
def validation_duplicates(context: AuditContext) -> Finding:
    """Measure the share of test rows that equal a training row."""
    seen = _seen(context)
    lineage = context.lineage
    if seen is None or lineage is None:
        return absent(
            "Training rows cannot be compared: no GovernanceReport that is still in memory, and no X_train."
        )
    n_seen, n_test = int(seen.sum()), len(seen)
    expected = lineage.n_rows_with_twin / lineage.n_rows
    # One pseudo-row keeps the null above zero: a single chance twin is no proof of a leak.
    null = min(1.0, (lineage.n_rows_with_twin + 1) / lineage.n_rows)
    p_value = float(binomtest(n_seen, n_test, null, alternative="greater").pvalue) if n_seen else 1.0
    return measured(
        f"{n_seen:,} of {n_test:,} test rows ({n_seen / n_test:.1%}) equal a training row; "
        f"{expected:.1%} are expected from duplicates within the training rows.",
        passed=p_value >= _LEVEL,
        uncertainty=f"p = {p_value:.3g}",
        n_seen=n_seen,
        n_test=n_test,
        expected_share=expected,
        p_value=p_value,
    )


def _seen(context: AuditContext) -> np.ndarray | None:
    report = context.fitted.report
    if report is not None:
        index: Any = context.fitted.report_index
        seen = report.seen_in_training(context.fitted.before(index, context.X_test))
        if seen is not None:
            return np.asarray(seen)
    if context.X_train is None:
        return None
    hasher = RowHasher(b"train and test")
    return np.isin(hasher.digests(context.X_test), hasher.digests(context.X_train))
