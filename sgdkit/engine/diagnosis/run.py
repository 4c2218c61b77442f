"""What the checks look at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ("Run",)


@dataclass(frozen=True)
class Run:
    """A training run as its history and some facts tell it.

    Attributes
    ----------
    history : mapping of str to ndarray of shape (n_epochs,)
        The training curve.
    stop_reason : str
        Why it ended.
    learning_rate : object
        The estimator's parameter, for messages.
    automatic : bool
        Whether the rate of each feature was derived from the data.
    alpha : float
        Strength of the penalty.
    tol : float or None
        As in the estimator.
    early_stopping : bool
        Whether the best epoch was kept.
    constant : float or None
        Objective of the best constant prediction; None where there is none.
    columns : Columns or None
        Facts about a sample of the columns.
    culprits : mapping of int to mapping, default={}
        Batches behind jumps, by epoch; see `sgdkit.engine.culprits.Watch`.
    """

    history: Mapping[str, np.ndarray]
    stop_reason: str
    learning_rate: Any
    automatic: bool
    alpha: float
    tol: float | None
    early_stopping: bool
    constant: float | None = None
    columns: Any = None
    culprits: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def objective(self) -> np.ndarray:
        """Objective of each epoch."""
        return self.history["objective"]

    @property
    def n_epochs(self) -> int:
        """Epochs in the history."""
        return len(self.objective)

    @property
    def converged(self) -> bool:
        """Whether a stopping rule ended the run."""
        return self.stop_reason in ("converged", "early_stopping")

    def epoch(self, index: int) -> int:
        """Return the number of the epoch in a row of the history."""
        return int(self.history["epoch"][index])
