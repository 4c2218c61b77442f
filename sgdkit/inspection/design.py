"""Rows in standardised columns: every product a Newton step needs, well conditioned, in float64.

Standard errors are quotients of small differences. In raw columns, a year beside an income loses most
digits before the first step; in columns of mean 0 and size 1 nothing is lost, and a column that depends
on others shows, whatever its unit.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.linalg import lapack

from sgdkit.exceptions import InvalidParameterError

__all__ = ("Design",)

BLOCK_ROWS = 4096
# A Hessian of 5,000 columns takes 200 MB and a minute.
MOST_COLUMNS = 5_000
# Share of a column's square that its regression on the others must leave.
INDEPENDENT = 1e-10


class Design:
    """A design matrix with an intercept column first, whose columns are centred and scaled.

    Sparse columns are scaled only: centring would fill them.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_rows, n_features)
        Rows.
    weight : ndarray of shape (n_rows,)
        Weight of each row.
    fit_intercept : bool
        Whether there is an intercept column.

    Attributes
    ----------
    n_columns : int
        Features, plus one for the intercept.
    scale : ndarray of shape (n_columns,)
        Size of each column, 1 for the intercept.
    to_natural : ndarray of shape (n_columns, n_columns)
        Turns standardised coefficients into those of the raw columns.
    """

    def __init__(self, X: Any, weight: np.ndarray, fit_intercept: bool):
        d = X.shape[1]
        self._X = X
        self._first = int(fit_intercept)
        self.n_columns = d + self._first
        if self.n_columns > MOST_COLUMNS:
            raise InvalidParameterError(
                f"X has {d} columns, and standard errors need a square matrix of that size; at most "
                f"{MOST_COLUMNS} are taken. Select columns and fit again."
            )
        self._mean = np.zeros(d)
        share = weight / weight.sum()
        if sp.issparse(X):
            size = np.sqrt(np.asarray(X.multiply(X).T @ share, dtype=np.float64).ravel())
        else:
            if fit_intercept:
                self._mean = sum((share[rows] @ block for rows, block in self._raw_blocks()), self._mean)
            centred = ((rows, block - self._mean) for rows, block in self._raw_blocks())
            size = np.sqrt(sum((share[rows] @ (block * block) for rows, block in centred), np.zeros(d)))
            size[size <= 1e-13 * np.abs(self._mean)] = 0.0  # constant: what is left is rounding
        self._constant = size == 0.0
        self.scale = np.append(np.ones(self._first), np.where(self._constant, 1.0, size))
        self.to_natural = np.diag(1.0 / self.scale)
        if fit_intercept:
            self.to_natural[0, 1:] = -self._mean / self.scale[1:]

    def _raw_blocks(self) -> Iterator[tuple[slice, Any]]:
        for start in range(0, self._X.shape[0], BLOCK_ROWS):
            rows = slice(start, start + BLOCK_ROWS)
            yield rows, self._X[rows].astype(np.float64)

    def _blocks(self) -> Iterator[tuple[slice, Any]]:
        scale = self.scale[self._first :]
        for rows, block in self._raw_blocks():
            ones = np.ones((block.shape[0], self._first))
            if sp.issparse(block):
                yield rows, sp.csr_array(sp.hstack([sp.csr_array(ones), block.multiply(1.0 / scale)]))
            else:
                centred = np.where(self._constant, 0.0, (block - self._mean) / scale)
                yield rows, np.hstack([ones, centred])

    def times(self, theta: np.ndarray) -> np.ndarray:
        """Return ``Z @ theta`` for the standardised columns Z."""
        return np.concatenate([Z @ theta for _, Z in self._blocks()])

    def summed(self, v: np.ndarray) -> np.ndarray:
        """Return ``Z.T @ v``."""
        return sum((Z.T @ v[rows] for rows, Z in self._blocks()), np.zeros(self.n_columns))

    def gram(self, v: np.ndarray) -> np.ndarray:
        """Return ``Z.T @ diag(v) @ Z``, dense."""
        total = np.zeros((self.n_columns, self.n_columns))
        for rows, Z in self._blocks():
            if sp.issparse(Z):
                total += (Z.T @ Z.multiply(v[rows, None])).toarray()
            else:
                total += Z.T @ (Z * v[rows, None])
        return total

    def dependent(self, weight: np.ndarray) -> np.ndarray:
        """Return the positions of columns that are linear combinations of columns before them.

        By Cholesky factorisation with pivots of the correlations, so that "before" means in the
        order of the pivots.
        """
        gram = self.gram(weight)
        size = np.sqrt(np.diag(gram))
        size[size == 0.0] = 1.0
        _, pivots, rank, _ = lapack.dpstrf(gram / np.outer(size, size), tol=INDEPENDENT)
        return np.sort(pivots[rank:] - 1)
