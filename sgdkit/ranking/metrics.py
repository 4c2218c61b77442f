"""Ranking metrics by query."""

from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.metrics import ndcg_score
from sklearn.utils import column_or_1d

from sgdkit.exceptions import InvalidParameterError
from sgdkit.ranking.groups import check_qid, contiguous_queries

__all__ = ("grouped_ndcg_score",)


def grouped_ndcg_score(
    y_true: Any, y_score: Any, *, qid: Any = None, k: int | None = 10, sample_weight: Any = None
) -> float:
    r"""Return the mean NDCG at k over the queries.

    .. math::
        \mathrm{DCG}@k = \sum_{r=1}^{k} \frac{2^{y_{(r)}} - 1}{\log_2(r + 1)}, \qquad
        \mathrm{NDCG}@k = \mathrm{DCG}@k / \max \mathrm{DCG}@k

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Grades, zero or positive.
    y_score : array-like of shape (n_samples,)
        Scores; greater ranks higher. Ties are averaged over all their orders.
    qid : array-like of shape (n_samples,), default=None
        Query of each row, in any order; None means one query.
    k : int or None, default=10
        Depth; None means the whole list.
    sample_weight : array-like of shape (n_samples,), default=None
        A query counts with the mean weight of its rows; rows of weight 0 are left out.

    Returns
    -------
    float
        In [0, 1]. A query without any positive grade counts 1, as in LightGBM: no order of it is
        better than another. The gain is exponential, as in LightGBM and XGBoost.

    Raises
    ------
    InvalidParameterError
        For negative grades or an unfitting `qid`.

    References
    ----------
    Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", 2002; Burges et
    al., 2005 (exponential gain).

    Examples
    --------
    >>> from sgdkit.ranking import grouped_ndcg_score
    >>> grouped_ndcg_score([1, 0, 0, 2], [0.3, 0.1, 0.9, 0.8], qid=["a", "a", "b", "b"], k=1)
    0.5
    """
    y_true = column_or_1d(y_true).astype(np.float64)
    y_score = column_or_1d(
        y_score.get() if hasattr(y_score, "device") and hasattr(y_score, "get") else y_score
    )
    if (y_true < 0.0).any():
        raise InvalidParameterError(
            f"y_true holds negative grades, the least {y_true.min():g}; NDCG needs grades of zero or more."
        )
    qid = check_qid(qid, y_true.shape[0])
    weight = np.ones(y_true.shape[0]) if sample_weight is None else np.asarray(sample_weight, np.float64)
    kept = weight > 0.0
    y_true, y_score, qid, weight = y_true[kept], y_score[kept], qid[kept], weight[kept]
    order, edges = contiguous_queries(qid)
    if order is not None:
        y_true, y_score, weight = y_true[order], y_score[order], weight[order]
    gain = np.exp2(y_true) - 1.0
    scores = np.ones(edges.shape[0] - 1)
    importance = np.empty(edges.shape[0] - 1)
    for q, (start, stop) in enumerate(pairwise(edges)):
        importance[q] = weight[start:stop].mean()
        if stop - start > 1 and gain[start:stop].any():
            scores[q] = ndcg_score(gain[None, start:stop], y_score[None, start:stop], k=k)
    return float(np.average(scores, weights=importance))
