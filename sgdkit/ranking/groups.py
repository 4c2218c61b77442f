"""Query ids: checked, and turned into contiguous groups of rows."""

from typing import Any

import numpy as np
from sklearn.utils import column_or_1d

from sgdkit.exceptions import InvalidParameterError

__all__ = ("check_qid", "contiguous_queries")


def check_qid(qid: Any, n_rows: int) -> np.ndarray:
    """Return query ids as a 1-D array; None becomes one query.

    Raises
    ------
    InvalidParameterError
        If the length is not `n_rows` or an id is NaN.
    """
    if qid is None:
        return np.zeros(n_rows, dtype=np.int64)
    qid = column_or_1d(qid.get() if hasattr(qid, "get") and hasattr(qid, "device") else qid)
    if qid.shape[0] != n_rows:
        raise InvalidParameterError(
            f"qid has {qid.shape[0]} entries but X has {n_rows} rows; give one id a row."
        )
    missing = (
        np.isnan(qid).any() if qid.dtype.kind == "f" else qid.dtype == object and any(q is None for q in qid)
    )
    if missing:
        raise InvalidParameterError("qid contains NaN or None; every row must belong to a query.")
    return qid


def contiguous_queries(qid: np.ndarray) -> tuple[np.ndarray | None, np.ndarray]:
    """Return the order that brings each query together, and where each query then starts.

    Parameters
    ----------
    qid : ndarray of shape (n_rows,)
        Query ids.

    Returns
    -------
    order : ndarray of shape (n_rows,) or None
        Row order, stable within a query; None where the rows are already together.
    edges : ndarray of shape (n_queries + 1,), dtype int64
        Query `q` is the rows ``edges[q]`` to ``edges[q + 1]``.
    """
    starts = np.flatnonzero(np.concatenate([[True], qid[1:] != qid[:-1]]))
    order = None
    if np.unique(qid).shape[0] != starts.shape[0]:
        order = np.argsort(qid, kind="stable")
        ordered = qid[order]
        starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    return order, np.append(starts, qid.shape[0]).astype(np.int64)
