"""Rank statistics between columns and targets: what one column alone can tell."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, rankdata

__all__ = ("associations", "auc", "auc_p_value")

_MAX_CLASSES = 30


def associations(
    values: npt.NDArray[np.float64], y: npt.NDArray[Any], classes: npt.NDArray[Any] | None
) -> npt.NDArray[np.float64]:
    """Spearman correlation of each column with the target.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        Numbers; missing ones take the median's place.
    y : ndarray of shape (n_rows,)
        Numbers, or labels.
    classes : ndarray or None
        Labels to set against the rest, one column each (the first of two, at most 30 of more); None for a
        target of numbers.

    Returns
    -------
    ndarray of shape (n_columns, n_targets)
        In [-1, 1]; 0 for a column or target that does not vary.
    """
    if classes is None:
        targets = np.asarray(y, dtype=np.float64)[:, None]
    else:
        labels = classes[1:] if classes.size == 2 else classes[:_MAX_CLASSES]
        targets = (np.asarray(y)[:, None] == labels).astype(np.float64)
    return _centred_ranks(values).T @ _centred_ranks(targets)


def _centred_ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Ranks of each column, centred and scaled to length one."""
    bad = ~np.isfinite(values)
    if bad.any():
        middle = np.nanmedian(np.where(bad, np.nan, values), axis=0)
        values = np.where(bad, np.where(np.isfinite(middle), middle, 0.0), values)
    ranks = np.asarray(rankdata(np.ascontiguousarray(values.T), axis=1), dtype=np.float64).T
    ranks -= ranks.mean(axis=0)
    length = np.sqrt(np.square(ranks).sum(axis=0))
    return ranks / np.where(length > 0.0, length, 1.0)


def auc(scores: npt.NDArray[np.float64], positive: npt.NDArray[np.bool_]) -> float:
    """Area under the ROC curve of scores, ties counted half; 0.5 where a class is missing."""
    n_positive = int(positive.sum())
    n_negative = positive.size - n_positive
    if not n_positive or not n_negative:
        return 0.5
    ranks = rankdata(scores)
    above = float(ranks[positive].sum()) - n_positive * (n_positive + 1) / 2.0
    return above / (n_positive * n_negative)


def auc_p_value(value: float, n_positive: int, n_negative: int) -> float:
    """One-sided p-value of an AUC under scores that know nothing (normal approximation)."""
    if not n_positive or not n_negative:
        return 1.0
    error = np.sqrt((n_positive + n_negative + 1) / (12.0 * n_positive * n_negative))
    return float(norm.sf((value - 0.5) / error))
