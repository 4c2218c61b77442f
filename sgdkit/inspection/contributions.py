"""What each feature adds to a raw prediction."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from sgdkit.exceptions import InvalidParameterError
from sgdkit.extras import import_extra
from sgdkit.inspection.fitted import coefficients, names_of, outputs_of, rows_of

__all__ = ("Explanation", "explain")


@dataclass(frozen=True, eq=False)
class Explanation:
    """Contributions that add up to raw predictions; `sgdkit.inspection.explain` makes it.

    Attributes
    ----------
    contributions : ndarray or CSR matrix, or tuple of CSR matrices
        Of shape (n_samples, n_features); with several outputs an array of shape (n_samples,
        n_features, n_outputs), or for sparse rows one matrix an output.
    base : float or ndarray of shape (n_outputs,)
        Raw prediction of the baseline.
    names : tuple of str
        Names of the features.
    outputs : tuple
        Classes, where there is one raw prediction for each; otherwise empty.
    index : object
        Labels of the rows, where X had some; otherwise None.
    """

    contributions: Any
    base: Any
    names: tuple[str, ...]
    outputs: tuple[Any, ...] = ()
    index: Any = None

    def raw_prediction(self) -> np.ndarray:
        """Return base plus contributions: the raw prediction of each row.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
        """
        if isinstance(self.contributions, tuple):
            sums = [np.asarray(part.sum(axis=1)).ravel() for part in self.contributions]
            return self.base + np.column_stack(sums)
        total = self.contributions.sum(axis=1)
        return self.base + (np.asarray(total).ravel() if sp.issparse(self.contributions) else total)

    def to_frame(self) -> Any:
        """Return one row a sample as a pandas DataFrame.

        Returns
        -------
        DataFrame
            One column a feature; with several outputs one a class and feature.

        Raises
        ------
        ImportError
            Without pandas.
        """
        pandas = import_extra("pandas", "inspect", "A data frame")
        if isinstance(self.contributions, tuple) or sp.issparse(self.contributions):
            sparse_frame = pandas.DataFrame.sparse.from_spmatrix
            parts = self.contributions if self.outputs else (self.contributions,)
            frames = [sparse_frame(part, index=self.index, columns=list(self.names)) for part in parts]
        else:
            parts = np.moveaxis(self.contributions, 2, 0) if self.outputs else (self.contributions,)
            frames = [pandas.DataFrame(part, index=self.index, columns=list(self.names)) for part in parts]
        return pandas.concat(frames, axis=1, keys=self.outputs) if self.outputs else frames[0]


def explain(model: Any, X: Any, *, background: Any = None) -> Explanation:
    r"""Return what each feature adds to the raw prediction of each row.

    The raw prediction of a linear model is a sum already; this splits it:
    :math:`x w + b = (b + m w) + \sum_j (x_j - m_j) w_j`, where `m` is the baseline. The first bracket is
    `base`, the terms of the sum are the contributions.

    Parameters
    ----------
    model : LinearRegressor, LogisticClassifier, HingeClassifier or LinearRanker
        Fitted.
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Rows to explain.
    background : array-like or sparse matrix of shape (n_rows, n_features), default=None
        Rows whose column means are the baseline: contributions then say how a row differs from the
        average one. None is a baseline of zeros.

    Returns
    -------
    Explanation
        Contributions in the dtype of the prediction; sparse for sparse X without background.

    Raises
    ------
    ValueError
        For rows with other features than the model was fitted with.

    Notes
    -----
    With independent features and the training rows as background these are the Shapley values of the
    raw prediction; with features that go together, part of an effect may stand beside its neighbour's
    name. The sum is the raw prediction either way. For log loss it is a log-odds.

    References
    ----------
    Lundberg and Lee, "A unified approach to interpreting model predictions", NeurIPS 2017, corollary 1.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sgdkit import LinearRegressor
    >>> from sgdkit.inspection import explain
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = LinearRegressor(random_state=0).fit(X, y)
    >>> explanation = explain(model, X[:3], background=X)
    >>> explanation.contributions.shape
    (3, 10)
    >>> bool(abs(explanation.raw_prediction() - model.predict(X[:3])).max() < 1e-9)
    True
    """
    coef, intercept = coefficients(model)
    rows = rows_of(model, X)
    baseline = np.zeros(coef.shape[1], dtype=coef.dtype)
    if background is not None:
        given = rows_of(model, background)
        if given.shape[0] == 0:
            raise InvalidParameterError("background has no rows; pass at least one, or None.")
        baseline = np.asarray(given.mean(axis=0)).ravel()
    outputs = outputs_of(model)
    contributions: Any
    if not sp.issparse(rows):
        contributions = (rows - baseline)[:, :, None] * coef.T[None, :, :]
        contributions = contributions if outputs else contributions[:, :, 0]
    else:
        parts = [sp.csr_array(rows.multiply(w)) for w in coef]
        if background is not None:
            parts = [part.toarray() - baseline * w for part, w in zip(parts, coef, strict=True)]
            contributions = np.stack(parts, axis=2) if outputs else parts[0]
        else:
            contributions = tuple(parts) if outputs else parts[0]
    base = intercept + coef @ baseline
    index = X.index if hasattr(X, "iloc") else None
    return Explanation(contributions, base if outputs else base[0], names_of(model), outputs, index)
