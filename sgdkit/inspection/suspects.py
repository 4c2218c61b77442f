"""Rows whose target contradicts the model most."""

from typing import Any

import numpy as np

from sgdkit.exceptions import InvalidParameterError
from sgdkit.inspection.fitted import coefficients, on_host, rows_of

__all__ = ("suspect_rows",)


def suspect_rows(model: Any, X: Any, y: Any, *, top: int = 20) -> np.ndarray:
    r"""Return the rows whose target contradicts the model most: candidates for wrong labels.

    Parameters
    ----------
    model : LinearRegressor, LogisticClassifier or HingeClassifier
        Fitted.
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Rows, those of the fit or, better, others.
    y : array-like of shape (n_samples,)
        Their targets.
    top : int, default=20
        How many to return at most.

    Returns
    -------
    ndarray of shape (n_suspects,), dtype int64
        Indices into X, the worst first.

    Raises
    ------
    InvalidParameterError
        For `top` below 1, a `y` of another length, or labels the model does not know.

    Notes
    -----
    For classifiers these are the rows with the greatest loss: the margin, the raw prediction of a row's own
    class minus the best of the others, is least; only rows that are predicted wrongly count. For regressors
    they are the rows whose residual is more than five robust standard deviations (1.4826 times the median
    absolute residual) from the median. A suspect is a row to look at, not a wrong one: a minority that the
    model serves badly looks the same.

    References
    ----------
    Northcutt, Jiang and Chuang, "Confident learning", JAIR 2021 (margins as evidence of wrong labels).

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sgdkit import LogisticClassifier
    >>> from sgdkit.inspection import suspect_rows
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> y[100] = 1 - y[100]
    >>> model = LogisticClassifier(alpha=1e-2, random_state=0).fit(X, y)
    >>> 100 in suspect_rows(model, X, y, top=10)
    True
    """
    if isinstance(top, bool) or not isinstance(top, int | np.integer) or top < 1:
        raise InvalidParameterError(f"top={top!r}: must be a whole number, at least 1.")
    coef, intercept = coefficients(model)
    rows, target = rows_of(model, X), np.asarray(on_host(y))
    if target.shape != (rows.shape[0],):
        raise InvalidParameterError(f"y has shape {target.shape}, but X has {rows.shape[0]} rows.")
    raw = np.asarray(rows @ coef.T) + intercept
    if not hasattr(model, "classes_"):
        residual = np.asarray(target, dtype=np.float64) - raw[:, 0]
        away = np.abs(residual - np.median(residual))
        suspicion = away - 5.0 * 1.4826 * np.median(away)
    else:
        if (unknown := np.setdiff1d(target, model.classes_)).size:
            raise InvalidParameterError(
                f"y holds the label(s) {unknown.tolist()!r}, not among the classes "
                f"{model.classes_.tolist()!r}."
            )
        raw = np.hstack([0.0 * raw, raw]) if raw.shape[1] == 1 else raw
        own = np.searchsorted(model.classes_, target)[:, None]
        others = raw.copy()
        np.put_along_axis(others, own, -np.inf, axis=1)
        suspicion = others.max(axis=1) - np.take_along_axis(raw, own, axis=1)[:, 0]
    worst = np.argsort(-suspicion, kind="stable")[:top]
    return worst[suspicion[worst] > 0.0].astype(np.int64)
