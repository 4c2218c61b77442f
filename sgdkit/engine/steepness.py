"""How steep the objective is at most: its largest second derivative, in scaled variables.

A step along the gradient is stable up to twice the inverse of that. Bounds from the norms of rows are 30 to
1,000 times too timid, because few rows point the same way; a power iteration finds the number itself.
"""

from typing import Any

import numpy as np
import scipy.sparse as sp

__all__ = ("column_spreads", "column_square_sums", "steepness")

PRODUCTS = 30


def column_square_sums(X: Any, weight: np.ndarray, center: np.ndarray | None, power: int = 2) -> np.ndarray:
    """Return the weighted sum of the squares of each (centred) column of a CSR matrix, zeros included.

    Another even `power` sums that one.
    """
    per_entry = np.repeat(weight, np.diff(X.indptr))
    values = X.data.astype(np.float64)
    if center is None:
        return np.bincount(X.indices, per_entry * values**power, X.shape[1])
    total = np.bincount(X.indices, per_entry * (values - center[X.indices]) ** power, X.shape[1])
    absent = weight.sum() - np.bincount(X.indices, per_entry, X.shape[1])
    # What rounding leaves of a full column, times the power of a large centre, would be the most of it.
    absent[np.bincount(X.indices, minlength=X.shape[1]) == X.shape[0]] = 0.0
    return total + center**power * np.maximum(absent, 0.0)


def column_spreads(
    X: Any, weight: np.ndarray, center: np.ndarray | None, batch_size: float = float("inf")
) -> np.ndarray:
    r"""Return the root mean square of each (centred) column as batches meet it; zero for an empty one.

    .. math:: \sqrt{m_2 + m_4 / (m_2 B)}, \qquad m_k = \sum_i a_i (x_i - c)^k

    A step along the gradient of a batch of `B` rows shrinks the mean square of an error in one column while
    it is below twice the inverse of that square. Of a column of zeros and rare ones, of frequency `p`, it is
    the root of about ``p + 1 / B``: in a batch that holds one, it is never rarer than one of `B`.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_rows, n_features)
        Rows on the host, float64 if dense.
    weight : ndarray of shape (n_rows,)
        Row weights with sum 1.
    center : ndarray of shape (n_features,) or None
        What is subtracted from the rows.
    batch_size : float, default=inf
        Rows in a batch; infinite for the plain root mean square.

    Returns
    -------
    ndarray of shape (n_features,)
    """
    if sp.issparse(X):
        square, fourth = (column_square_sums(X, weight, center, power) for power in (2, 4))
    else:
        squares = np.square(X if center is None else X - center)
        square, fourth = weight @ squares, weight @ np.square(squares)
    return np.sqrt(square + fourth / np.where(square > 0.0, square, 1.0) / batch_size)


def steepness(
    X: Any, weight: np.ndarray, center: np.ndarray | None, scale: np.ndarray, free: float, l2: float
) -> float:
    r"""Return the largest eigenvalue of the Hessian of a loss of curvature 1, by a power iteration.

    .. math:: \lambda_{\max}\Big(\sum_i a_i \tilde x_i \tilde x_i^\top
        + \operatorname{diag}(l_2 / s^2, 0)\Big), \qquad \tilde x_i = ((x_i - c) / s,\ f)

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_rows, n_features)
        Rows on the host.
    weight : ndarray of shape (n_rows,)
        Row weights `a` with sum 1.
    center : ndarray of shape (n_features,) or None
        What is subtracted from the rows; never formed.
    scale : ndarray of shape (n_features,)
        Units `s` of the columns.
    free : float
        1.0 with an intercept, else 0.0: the last entry `f` of a row.
    l2 : float
        Strength of the penalty, over the curvature of the loss.

    Returns
    -------
    float
        Positive; from below, by less than a tenth in practice after 30 products.
    """
    v, b = np.random.default_rng(0).standard_normal(X.shape[1]), free
    found = 0.0
    for _ in range(PRODUCTS):
        size = float(v @ v + b * b) ** 0.5
        if size == 0.0:
            break
        v, b = v / size, b / size
        u = v / scale
        z = X @ u + b * free
        if center is not None:
            z -= center @ u
        r = weight * z
        back = X.T @ r
        if center is not None:
            back -= center * r.sum()
        v, b = back / scale + l2 / scale**2 * v, free * float(r.sum())
        found = float(v @ v + b * b) ** 0.5
    return found if found > 0.0 else 1.0
