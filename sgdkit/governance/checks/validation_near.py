"""Are test rows almost equal to training rows?"""

import numpy as np
import scipy.sparse as sp

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable
from sgdkit.governance.checks.validation_duplicates import LEVEL
from sgdkit.governance.context import AuditContext
from sgdkit.governance.evidence.rows import RowHasher
from sgdkit.governance.items import Tier
from sgdkit.governance.tabular import columns, numeric_columns
from sgdkit.governance.twins import judge_overlap, near_twins

__all__ = ("validation_near",)

_TOLERANCE = 0.01
_MAX_ROWS = 50_000
_MIN_CONTINUOUS = 2


@check(
    "validation.near_duplicates",
    "validation_discipline",
    threshold=f"no more than random splits of the same rows give, at the {LEVEL:.0%} level",
    why="A row that was jittered, rounded or measured twice is as little of a test as an exact copy.",
    method=f"Twins differ by at most {_TOLERANCE} of the spread in every numeric column and in no other; the "
    "null splits the same rows at random.",
    tier=Tier.REFIT,
    needs=("X_train",),
)
def validation_near(context: AuditContext) -> Finding:
    """Measure the share of test rows with a near twin among the training rows."""
    if context.X_train is None:
        return absent("X_train was not given, so near twins could not be looked for.")
    if sp.issparse(context.X_train):
        return not_applicable("Rows of sparse data are compared exactly only.")
    n_train, n_test = context.X_train.shape[0], context.X_test.shape[0]
    if n_train + n_test > _MAX_ROWS:
        return absent(f"{n_train + n_test:,} rows; near twins are looked for among at most {_MAX_ROWS:,}.")
    values = np.concatenate([numeric_columns(X)[1] for X in (context.X_train, context.X_test)])
    continuous = np.array([np.unique(column[:2000]).size > 20 for column in values.T], dtype=np.bool_)
    if continuous.sum() < _MIN_CONTINUOUS:
        return not_applicable("Fewer than two columns are continuous, so every row has near twins.")
    spread = np.nanstd(values, axis=0)
    values = values / np.where(spread > 0.0, spread, 1.0)
    values[~np.isfinite(values)] = -1e6  # a missing value is near a missing value, and near nothing else
    groups = near_twins(values, _other_columns(context), _TOLERANCE)
    if groups is None:
        return absent("Rows lie so close together that near twins tell nothing.")
    is_test = np.repeat([False, True], [n_train, n_test])
    found = judge_overlap(groups, is_test, context.generator("validation.near_duplicates"))
    return measured(
        f"{found.n_seen:,} of {n_test:,} test rows ({found.n_seen / n_test:.1%}) nearly equal a "
        "training row; "
        f"{found.expected / n_test:.1%} are expected of a random split.",
        passed=found.p_value >= LEVEL,
        uncertainty=f"p = {found.p_value:.3g}",
        n_seen=found.n_seen,
        n_test=n_test,
        expected_share=found.expected / n_test,
        p_value=found.p_value,
        tolerance=_TOLERANCE,
    )


def _other_columns(context: AuditContext) -> np.ndarray:
    """A digest of the columns that are no numbers, for training rows and then test rows."""
    hasher = RowHasher(b"near twins")
    parts = []
    for X in (context.X_train, context.X_test):
        others = [v for _, _, v in columns(X) if v.dtype.kind not in "biuf"]
        total = np.zeros(X.shape[0], dtype=np.uint64)
        for position, one in enumerate(others):
            text = np.empty((X.shape[0], 1), dtype=object)
            text[:, 0] = one
            total += hasher.digests(text) * np.uint64(2 * position + 1)
        parts.append(total)
    return np.concatenate(parts)
