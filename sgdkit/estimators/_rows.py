"""Rows as training takes them: validated, encoded, weighted."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sgdkit.estimators._inputs import check_rows
from sgdkit.exceptions import InvalidParameterError

__all__ = ("TrainingRows", "given_validation", "hold_out")


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

    def relative_weight(self) -> np.ndarray | None:
        """Return the weights, of which only the proportions count, times the factors."""
        if self.weight is None:
            return self.factor
        relative = self.weight / self.weight.mean()
        return relative if self.factor is None else relative * self.factor


def given_validation(estimator: Any, X_val: Any, y_val: Any, **columns: Any) -> dict[str, Any] | None:
    """Return the keyword arguments for ``score`` on the caller's validation rows, or None.

    Raises
    ------
    InvalidParameterError
        If only one of `X_val` and `y_val` is given.
    """
    if X_val is None and y_val is None:
        return None
    if X_val is None or y_val is None:
        raise InvalidParameterError("X_val and y_val must be given together.")
    return {"X": check_rows(estimator, X_val), "y": y_val} | columns


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
