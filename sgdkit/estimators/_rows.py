"""Rows as training takes them: validated, encoded, weighted."""

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ("TrainingRows",)


@dataclass(slots=True)
class TrainingRows:
    """Validated and encoded rows, and what validation during training needs.

    Attributes
    ----------
    X : ndarray or CSR matrix of shape (n_rows, n_features)
        Rows of positive weight.
    y : ndarray of shape (n_rows,)
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
    """

    X: Any
    y: np.ndarray
    weight: np.ndarray | None
    n_outputs: int
    edges: np.ndarray | None
    validation: dict[str, Any] | None
    labels: np.ndarray
