"""How steep the objective is at most: its largest second derivative, in scaled variables.

A step along the gradient is stable up to twice the inverse of that. Bounds from the norms of rows are 30 to
1,000 times too timid, because few rows point the same way; a power iteration finds the number itself.
"""

from typing import Any

import numpy as np
import scipy.sparse as sp

__all__ = ("column_spreads", "column_square_sums", "steepness")

PRODUCTS = 30


def column_square_sums(X: Any, weight: np.ndarray, center: np.ndarray | None) -> np.ndarray:
    """Return the weighted sum of the squares of each (centred) column of a CSR matrix, zeros included."""
    per_entry = np.repeat(weight, np.diff(X.indptr))
    values = X.data.astype(np.float64)
    if center is None:
        return np.bincount(X.indices, per_entry * np.square(values), X.shape[1])
    square = np.bincount(X.indices, per_entry * np.square(values - center[X.indices]), X.shape[1])
    absent = weight.sum() - np.bincount(X.indices, per_entry, X.shape[1])
    return square + center**2 * np.maximum(absent, 0.0)


def column_spreads(X: Any, weight: np.ndarray, center: np.ndarray | None) -> np.ndarray:
    """Return the root mean square of each (centred) column; zero for an empty one.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_rows, n_features)
        Rows on the host, float64 if dense.
    weight : ndarray of shape (n_rows,)
        Row weights with sum 1.
    center : ndarray of shape (n_features,) or None
        What is subtracted from the rows.

    Returns
    -------
    ndarray of shape (n_features,)
    """
    if sp.issparse(X):
        return np.sqrt(column_square_sums(X, weight, center))
    return np.sqrt(weight @ np.square(X if center is None else X - center))


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
