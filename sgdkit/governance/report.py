"""GovernanceReport: a transformer that records the data's lineage and changes nothing."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import Tags, check_array
from sklearn.utils.validation import (
    check_consistent_length,
    check_is_fitted,
    validate_data,
)

from sgdkit.governance.evidence.data import Lineage, trace_lineage
from sgdkit.governance.evidence.rows import RowHasher
from sgdkit.governance.statements import parse_statements
from sgdkit.governance.tabular import is_frame

__all__ = ("GovernanceReport", "untraced")

_traced: ContextVar[bool] = ContextVar("traced", default=True)


@contextmanager
def untraced() -> Iterator[None]:
    """Within it a fit leaves no lineage: an experiment of an audit trains on rows that are on record."""
    token = _traced.set(False)
    try:
        yield
    finally:
        _traced.reset(token)


class GovernanceReport(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Record what data trained a model, and pass them through unchanged.

    Put it anywhere in a pipeline. At ``fit`` it records the content fingerprint, schema, missing values,
    duplicates, class balance and conditioning of what reaches it. Rows are not kept: for finding training
    rows among test rows it holds salted 64-bit digests, in memory only; they are dropped when the
    transformer is copied or pickled.

    Parameters
    ----------
    name : str or None, default=None
        Name of this place in the record; ``"data"`` when None.
    statements : dict or None, default=None
        What people state about the run, by dimension, travelling with the pipeline: a text, or a dict
        with ``text`` and optionally ``author, reviewer, date, expires, artefact_hash, data_fingerprint,
        model_hash``. Statements are graded as such and never count as measurements.

    Attributes
    ----------
    lineage_ : Lineage
        What was recorded.
    n_features_in_ : int
        Number of columns seen during `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where they are strings.

    See Also
    --------
    sgdkit.governance.audit : Joins the lineage with the training trace and with measured checks.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sgdkit.governance import GovernanceReport
    >>> X, y = load_iris(return_X_y=True)
    >>> model = make_pipeline(GovernanceReport(), StandardScaler(), LogisticRegression()).fit(X, y)
    >>> lineage = model[0].lineage_
    >>> lineage.n_rows, lineage.n_duplicate_rows
    (150, 1)
    """

    def __init__(self, name: str | None = None, statements: dict[str, Any] | None = None) -> None:
        self.name = name
        self.statements = statements

    def fit(self, X: Any, y: Any = None) -> Self:
        """Record the lineage of `X` and `y`.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
            Numbers or strings, missing values allowed.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Target.

        Returns
        -------
        GovernanceReport
            Itself.
        """
        parse_statements(self.statements)
        X = self._accept(X, reset=True)
        if y is not None:
            check_consistent_length(X, y)
        if not _traced.get():
            return self
        hasher = RowHasher(secrets.token_bytes(16))
        self.lineage_: Lineage
        self.lineage_, digests = trace_lineage(X, y, hasher=hasher, name=self.name or "data")
        self._hasher = hasher
        self._digests = digests
        return self

    def transform(self, X: Any) -> Any:
        """Return `X` itself.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
            As many columns, of the same names, as in `fit`.

        Returns
        -------
        X : same object
            Lists are returned as arrays.
        """
        check_is_fitted(self)
        return self._accept(X, reset=False)

    def seen_in_training(self, X: Any) -> npt.NDArray[np.bool_] | None:
        """Which rows equal a row seen during `fit`; None when the digests are gone.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
            Rows as they reach this place of the pipeline.

        Returns
        -------
        ndarray of bool, shape (n_samples,), or None
            None after a copy or unpickling, which drop the digests on purpose.
        """
        X = self._accept(X, reset=False)
        if getattr(self, "_hasher", None) is None:
            return None
        return np.isin(self._hasher.digests(X), self._digests)

    def row_digests(self, X: Any) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]] | None:
        """Salted digests of the rows seen during `fit` and of the rows of `X`; None when they are gone.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
            Rows as they reach this place of the pipeline.

        Returns
        -------
        tuple of ndarray of uint64, or None
            None after a copy or unpickling, which drop the digests on purpose.
        """
        X = self._accept(X, reset=False)
        if getattr(self, "_hasher", None) is None:
            return None
        return self._digests, self._hasher.digests(X)

    def _accept(self, X: Any, *, reset: bool) -> Any:
        """`X` itself when it is a table already, otherwise an array; refuses what is no table."""
        if hasattr(X, "__cuda_array_interface__"):
            # scikit-learn's checks would try to bring it to the host; only its shape is looked at here.
            if len(X.shape) != 2 or 0 in X.shape:
                raise ValueError(
                    f"Expected a 2D array with at least one row and one column, got shape {tuple(X.shape)}."
                )
        elif not is_frame(X):
            # The checks of every scikit-learn estimator, without conversion and without a scan for NaN.
            checked = check_array(X, dtype=None, accept_sparse=True, ensure_all_finite=False, estimator=self)
            X = X if hasattr(X, "dtype") else checked
        elif X.shape[0] == 0 or X.shape[1] == 0:
            raise ValueError(
                f"Found array with {X.shape[0]} sample(s) and {X.shape[1]} feature(s) while a "
                f"minimum of 1 is required by {type(self).__name__}."
            )
        validate_data(self, X, reset=reset, skip_check_array=True)
        return X

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())
        state.pop("_hasher", None)
        state.pop("_digests", None)
        return state

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        if tags.transformer_tags is not None:
            tags.transformer_tags.preserves_dtype = ["float64", "float32", "int64", "int32"]
        return tags
