"""Figures about predictions, for each task, beside those of a model without features."""

from typing import Any

import numpy as np
from sklearn import metrics
from sklearn.dummy import DummyClassifier, DummyRegressor

from sgdkit.ranking import grouped_ndcg_score
from sgdkit.runs.rows import Rows

__all__ = ("baseline", "measure")


def measure(model: Any, rows: Rows) -> dict[str, float]:
    """Return the metrics of a fitted model on some rows; the first is the one that the audit compares.

    Parameters
    ----------
    model : pipeline
        Fitted.
    rows : Rows
        Rows with their target; their weights count.

    Returns
    -------
    dict of str to float
        ``r2, rmse, mae`` for a regression; ``accuracy, balanced_accuracy`` and, with probabilities,
        ``roc_auc`` (two classes) and ``log_loss`` for classes; ``ndcg_at_10, ndcg_at_5`` for a ranking.
    """
    y, weight = rows.target.y, rows.weights
    predicted = model.predict(rows.X)
    if rows.target.task == "ranking":
        return {
            f"ndcg_at_{k}": grouped_ndcg_score(y, predicted, qid=rows.queries, k=k, sample_weight=weight)
            for k in (10, 5)
        }
    if rows.target.task == "regression":
        return {
            "r2": float(metrics.r2_score(y, predicted, sample_weight=weight)),
            "rmse": float(metrics.root_mean_squared_error(y, predicted, sample_weight=weight)),
            "mae": float(metrics.mean_absolute_error(y, predicted, sample_weight=weight)),
        }
    found = {
        "accuracy": float(metrics.accuracy_score(y, predicted, sample_weight=weight)),
        "balanced_accuracy": float(metrics.balanced_accuracy_score(y, predicted, sample_weight=weight)),
    }
    several = len(np.unique(y)) > 1  # otherwise no pair of classes can be ordered
    if len(model.classes_) == 2 and several:
        constant = isinstance(model, DummyClassifier)
        raw = np.zeros(len(y)) if constant else model.decision_function(rows.X)
        found["roc_auc"] = float(metrics.roc_auc_score(y, raw, sample_weight=weight))
    if hasattr(model, "predict_proba"):
        found["log_loss"] = float(
            metrics.log_loss(y, model.predict_proba(rows.X), labels=model.classes_, sample_weight=weight)
        )
    return found


def baseline(train: Rows, test: Rows) -> dict[str, float]:
    """Return the metrics on the test rows of the best constant; nothing for a ranking, which has none."""
    if train.target.task == "ranking":
        return {}
    kind = DummyRegressor() if train.target.task == "regression" else DummyClassifier(strategy="prior")
    return measure(kind.fit(train.X, train.target.y, sample_weight=train.weights), test)
