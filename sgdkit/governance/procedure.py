"""Procedure: the whole way from raw rows to a model, for the experiment that exposes what leaks into it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.validation import check_consistent_length

from sgdkit.exceptions import InvalidParameterError

__all__ = ("Procedure",)


@dataclass(frozen=True, slots=True)
class Procedure:
    """How a model came out of all rows, held-out ones included.

    A pipeline that is fitted on training rows cannot see the others, so what leaks does so before it:
    in a table that was scaled, imputed, encoded or selected as a whole. Given the whole way, an audit
    replaces the held-out rows by noise, trains again and looks whether anything learned changed.

    Parameters
    ----------
    train : callable
        ``train(X, y, rows)`` returns a fitted model. It gets all rows, and the positions of those that
        may be learned from. It must be repeatable: seed what is random.
    X : array, sparse matrix or data frame of shape (n_samples, n_features)
        All rows, before anything was done to them.
    y : array-like of shape (n_samples,)
        Their target.
    rows : array-like of int or of bool
        The training rows: positions, or one flag for each row.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from sgdkit.governance import Procedure
    >>> def train(X, y, rows):
    ...     X = (X - X.mean(axis=0)) / X.std(axis=0)  # over all rows: this is the leak
    ...     return Ridge().fit(X[rows], y[rows])
    >>> X = np.random.default_rng(0).normal(size=(60, 3))
    >>> Procedure(train, X, X[:, 0], np.arange(40)).held_out.size
    20
    """

    train: Callable[[Any, Any, Any], Any]
    X: Any
    y: Any
    rows: Any

    def __post_init__(self) -> None:
        X = self.X if hasattr(self.X, "shape") else np.asarray(self.X)
        y, rows = np.asarray(self.y), np.asarray(self.rows)
        check_consistent_length(X, y)
        if rows.dtype.kind == "b" and rows.shape == (len(y),):
            rows = np.flatnonzero(rows)
        if rows.ndim != 1 or rows.dtype.kind not in "iu" or not 0 < np.unique(rows).size < len(y):
            raise InvalidParameterError(
                "rows must name the training rows by position or by one flag for each row, and leave some "
                f"of the {len(y)} rows out."
            )
        for name, value in (("X", X), ("y", y), ("rows", rows)):
            object.__setattr__(self, name, value)

    @property
    def held_out(self) -> np.ndarray:
        """Positions of the rows that must not be learned from."""
        return np.setdiff1d(np.arange(len(self.y)), self.rows)
