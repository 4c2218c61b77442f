"""Are test rows among the training rows?"""

from typing import Any

import numpy as np

from sgdkit.governance.checks.base import Finding, absent, check, measured
from sgdkit.governance.context import AuditContext
from sgdkit.governance.evidence.rows import RowHasher
from sgdkit.governance.twins import judge_overlap

__all__ = ("LEVEL", "row_digests", "validation_duplicates")

LEVEL = 0.01


@check(
    "validation.duplicates",
    "validation_discipline",
    threshold=f"no more than random splits of the same rows give, at the {LEVEL:.0%} level",
    why="A model is not tested by rows it has seen. Clean data can hold duplicates of their own, which a "
    "random split divides too: those are reported, and only what chance does not explain fails.",
    method="Compares salted 64-bit digests of whole rows; the null splits the same rows at random, "
    "199 to 999 times.",
)
def validation_duplicates(context: AuditContext) -> Finding:
    """Measure the share of test rows that equal a training row."""
    digests = row_digests(context)
    if digests is None:
        return absent(
            "Training rows cannot be compared: no GovernanceReport that is still in memory, and no X_train."
        )
    train, test = digests
    is_test = np.repeat([False, True], [len(train), len(test)])
    found = judge_overlap(np.concatenate([train, test]), is_test, context.generator("validation.duplicates"))
    n_test = len(test)
    return measured(
        f"{found.n_seen:,} of {n_test:,} test rows ({found.n_seen / n_test:.1%}) equal a training row; "
        f"{found.expected / n_test:.1%} are expected from duplicates that random splits divide.",
        passed=found.p_value >= LEVEL,
        uncertainty=f"p = {found.p_value:.3g}",
        n_seen=found.n_seen,
        n_test=n_test,
        expected_share=found.expected / n_test,
        p_value=found.p_value,
    )


def row_digests(context: AuditContext) -> tuple[np.ndarray, np.ndarray] | None:
    """Digests of training and test rows under one salt; None when they cannot be had."""
    report = context.fitted.report
    if report is not None:
        index: Any = context.fitted.report_index
        digests = report.row_digests(context.fitted.before(index, context.X_test))
        if digests is not None:
            return digests
    if context.X_train is None:
        return None
    hasher = RowHasher(b"train and test")
    return hasher.digests(context.X_train), hasher.digests(context.X_test)
