"""Rows as training takes them: validated, encoded, weighted."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sgdkit.backends.select import is_cupy
from sgdkit.estimators._faults import fault_of
from sgdkit.estimators._inputs import check_rows
from sgdkit.exceptions import InvalidParameterError

__all__ = ("TrainingRows", "given_validation", "hold_out", "in_units_of_the_mean")


@dataclass(slots=True)
class TrainingRows:
    """Validated and encoded rows, and what validation during training needs.

    Attributes
    ----------
    X : ndarray or CSR matrix of shape (n_rows, n_features)
        Rows of positive weight.
    y : ndarray of shape (n_rows,) or (n_rows, n_targets)
        Encoded targets.
    weight : ndarray of shape (n_rows,) or None
        Row weights, class weights included.
    n_outputs : int
        Raw predictions a row.
    edges : ndarray of shape (n_queries + 1,) or None
        Borders of the queries.
    validation : dict or None
        Keyword arguments for ``score``.
    labels : ndarray of shape (n_rows,)
        Targets as the user gave them, for callbacks.
    metadata : dict, default={}
        What `score` takes beside `X` and `labels`, for callbacks.
    factor : ndarray of shape (n_rows,) or None, default=None
        Factors on the rows' losses that do not count in the sum of the weights (exposures).
    class_counts : ndarray of shape (n_classes,) or None, default=None
        Weight of the rows of each class, in a stream those of earlier calls included.
    """

    X: Any
    y: np.ndarray
    weight: np.ndarray | None
    n_outputs: int
    edges: np.ndarray | None
    validation: dict[str, Any] | None
    labels: np.ndarray
    metadata: dict[str, Any] = field(default_factory=dict)
    factor: np.ndarray | None = None
    class_counts: np.ndarray | None = None

    def relative_weight(self) -> np.ndarray | None:
        """Return the weights, of which only the proportions count, times the factors."""
        return in_units_of_the_mean(self, None)[0]


def given_validation(estimator: Any, X_val: Any, y_val: Any, **columns: Any) -> dict[str, Any] | None:
    """Return the keyword arguments for ``score`` on the caller's validation rows, or None.

    Raises
    ------
    InvalidParameterError
        If only one of `X_val` and `y_val` is given, or they cannot be scored.
    """
    if X_val is None and y_val is None:
        return None
    if X_val is None or y_val is None:
        raise InvalidParameterError("X_val and y_val must be given together.")
    X_val = check_rows(estimator, X_val)
    n_rows, n_targets = X_val.shape[0], len(y_val)
    if n_rows != n_targets:
        raise InvalidParameterError(
            f"X_val has {n_rows:,} rows but y_val has {n_targets:,}; give one for each."
        )
    classes = getattr(estimator, "classes_", None)
    if not is_cupy(y_val):
        if sentence := fault_of("y_val", y_val, numeric=classes is None):
            raise InvalidParameterError(sentence)
        if classes is not None and (unseen := np.setdiff1d(np.asarray(y_val), classes)).size:
            raise InvalidParameterError(
                f"y_val holds the label(s) {unseen.tolist()!r}, which y does not have; drop those rows."
            )
    return {"X": X_val, "y": y_val} | columns


def hold_out(
    kept: np.ndarray, held: np.ndarray, X: Any, weight: np.ndarray | None, **columns: np.ndarray
) -> tuple[Any, np.ndarray | None, dict[str, np.ndarray], dict[str, Any]]:
    """Return the kept rows (X, weight, columns), and the held ones as arguments for ``score``."""
    kept, held = np.sort(kept), np.sort(held)
    validation = {"X": X[held]} | {name: column[held] for name, column in columns.items()}
    if weight is not None:
        validation["sample_weight"] = weight[held]
        weight = weight[kept]
    return X[kept], weight, {name: column[kept] for name, column in columns.items()}, validation


def in_units_of_the_mean(
    rows: TrainingRows, seen: tuple[float, int] | None
) -> tuple[np.ndarray | None, tuple[float, int]]:
    """Return the row weights over the mean weight so far, times the factors, and what that mean is made of.

    Only the proportions of weights count, in a stream those of all its rows: a chunk of heavy rows
    counts more than a chunk of light ones.

    Parameters
    ----------
    rows : TrainingRows
        Rows and their weights.
    seen : (float, int) or None
        Weight and number of the rows of earlier calls; None where there were none.

    Returns
    -------
    weight : ndarray of shape (n_rows,) or None
        None where all are 1.
    seen : (float, int)
        The same with these rows.
    """
    n = rows.X.shape[0]
    own = float(n) if rows.weight is None else float(rows.weight.sum())
    total, count = (own, n) if seen is None else (seen[0] + own, seen[1] + n)
    mean = total / count
    weight = None
    if rows.weight is not None:
        weight = rows.weight / mean
    elif mean != 1.0:
        weight = np.full(n, 1.0 / mean)
    if rows.factor is not None:
        weight = rows.factor if weight is None else weight * rows.factor
    return weight, (total, count)
