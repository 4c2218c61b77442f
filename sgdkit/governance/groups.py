"""Gaps between groups, with the null that says which gaps chance alone produces."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sgdkit.extras import import_extra

__all__ = ("GroupGap", "measure_gap")

MIN_GROUP = 10
_MAX_DRAWS = 999
_MIN_DRAWS = 199
_MAX_WORK = 2_000_000


@dataclass(frozen=True, slots=True)
class GroupGap:
    """Largest difference of a mean between groups.

    Attributes
    ----------
    by_group : dict of str to float
        Mean per group.
    counts : dict of str to int
        Rows per group, small ones included.
    gap : float
        Largest minus smallest mean among groups of at least 10 rows.
    p_value : float
        Share of permutations of the group labels with a gap at least as large.
    detectable_gap : float
        95 % quantile of the gap under permutation; smaller true gaps would usually stay unseen.
    n_permutations : int
        Permutations drawn.
    """

    by_group: dict[str, float]
    counts: dict[str, int]
    gap: float
    p_value: float
    detectable_gap: float
    n_permutations: int


def measure_gap(
    values: npt.NDArray[np.float64], groups: npt.NDArray[Any], generator: np.random.Generator
) -> GroupGap | None:
    """Measure the gap of a mean between groups.

    Parameters
    ----------
    values : ndarray of shape (n_samples,)
        What is averaged, such as 1 for a selected row.
    groups : ndarray of shape (n_samples,)
        Group label of each row.
    generator : numpy.random.Generator
        Draws the permutations.

    Returns
    -------
    GroupGap or None
        None when fewer than two groups have at least 10 rows.

    Notes
    -----
    Means come from fairlearn's ``MetricFrame``. A bootstrap interval of a largest-minus-smallest gap
    excludes zero even for random groups, because such a gap is never negative; so a permutation test
    decides instead.
    """
    labels, codes, counts = np.unique(groups, return_inverse=True, return_counts=True)
    large = counts >= MIN_GROUP
    all_counts = dict(zip(labels.tolist(), counts.tolist(), strict=True))
    if large.sum() < 2:
        return None
    rows = large[codes]
    values, codes = values[rows], codes[rows]
    metrics = import_extra("fairlearn.metrics", "fairness", "Comparing groups")
    frame = metrics.MetricFrame(metrics=_mean, y_true=values, y_pred=values, sensitive_features=labels[codes])
    by_group = {str(name): float(value) for name, value in frame.by_group.items()}
    gap = float(frame.difference(method="between_groups"))
    _, codes = np.unique(codes, return_inverse=True)
    sizes = np.bincount(codes)
    null = _null_gaps(values, codes, sizes, generator)
    n_draws = null.size
    # The observed order counts as one permutation, so the p-value is never zero.
    p_value = (1.0 + float(np.sum(null >= gap - 1e-12))) / (1.0 + n_draws)
    return GroupGap(by_group, all_counts, gap, p_value, float(np.quantile(null, 0.95)), n_draws)


def _null_gaps(
    values: npt.NDArray[np.float64],
    codes: npt.NDArray[Any],
    sizes: npt.NDArray[Any],
    generator: np.random.Generator,
) -> npt.NDArray[np.float64]:
    """Gaps under permutations of the group labels."""
    if np.isin(values, (0.0, 1.0)).all():  # how many ones fall into each group has a known distribution
        ones = generator.multivariate_hypergeometric(sizes, int(values.sum()), _MAX_DRAWS)
        return np.asarray(np.ptp(ones / sizes, axis=1))
    null = np.empty(int(min(_MAX_DRAWS, max(_MIN_DRAWS, _MAX_WORK // values.size))))
    for draw in range(null.size):
        null[draw] = np.ptp(np.bincount(codes, weights=generator.permutation(values)) / sizes)
    return null


def _mean(y_true: Any, y_pred: Any) -> float:
    return float(np.mean(y_pred))
