"""Preconditioners for conjugate gradients: by the diagonal, then by the rows that curve most."""

from typing import Any

import numpy as np
import scipy.sparse as sp

from sgdkit.solvers.cholesky import CholeskyFactor
from sgdkit.solvers.design import Design
from sgdkit.solvers.objective import Objective

__all__ = ("Diagonal", "HeaviestRows")

# Rows whose matrix is factored; for k outputs this over the root of k, which needs the same memory.
MOST_ROWS = 2000
_TINY = 1e-300


class Diagonal:
    """Divides by the diagonal of the Hessian.

    Parameters
    ----------
    objective : Objective
        The problem.
    curved : ndarray of shape (n, n_outputs)
        Weight times second derivative of each row.
    own : ndarray of shape (d,), default=None
        Curvature of each coefficient besides `l2`; None if there is none.
    """

    def __init__(self, objective: Objective, curved: np.ndarray, own: np.ndarray | None = None):
        whole = objective.design.square_sums(curved) + objective.l2
        self.weights = np.maximum(whole, 1e-12 * max(float(whole.max()), _TINY))
        if own is not None:
            self.weights += own[:, None]
        total = curved.sum(axis=0) if objective.intercept else np.zeros(curved.shape[1])
        self.intercepts = np.maximum(total, 1e-12 * max(float(curved.sum()), _TINY))

    def __call__(self, r: np.ndarray, rb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return an approximate solution for a right-hand side."""
        return r / self.weights, rb / self.intercepts


class HeaviestRows:
    r"""Takes the rows with the largest curvature as they are, and the others by their diagonal.

    .. math:: P = D + A_s^\top Q_s A_s, \qquad
        P^{-1} = D^{-1} - D^{-1} A_s^\top (Q_s^{-1} + A_s D^{-1} A_s^\top)^{-1} A_s D^{-1}

    Where `alpha` is small, most rows are far from the boundary and curve next to nothing, and squared
    hinges have no curvature at all beyond the margin: a few rows then are the Hessian.

    Parameters
    ----------
    objective, curved, own
        As for `Diagonal`.
    chosen : ndarray of shape (n_chosen,), default=None
        The rows to take, in order; None for the `MOST_ROWS` that curve most.

    References
    ----------
    Woodbury, "Inverting modified matrices", 1950.
    """

    def __init__(
        self,
        objective: Objective,
        curved: np.ndarray,
        own: np.ndarray | None = None,
        chosen: np.ndarray | None = None,
    ):
        self._free = objective.intercept
        self._outputs: list[tuple[Any, ...]] = []
        whole = Diagonal(objective, curved, own)
        alone = objective.l2[:, 0] if own is None else objective.l2[:, 0] + own
        n_most = min(len(curved), int(MOST_ROWS / curved.shape[1] ** 0.5))
        for k in range(curved.shape[1]):
            q = curved[:, k]
            taken = chosen
            if taken is None:
                taken = np.sort(np.argpartition(q, len(q) - n_most)[len(q) - n_most :])
                taken = taken[q[taken] > 1e-12 * q.max()]
            rest = q.copy()
            rest[taken] = 0.0
            left = objective.design.square_sums(rest[:, None])[:, 0] + alone
            left = np.maximum(left, 1e-9 * whole.weights[:, k])
            rows = _Rows(objective.design, taken)
            matrix = rows.kernel(1.0 / left)
            matrix[np.diag_indices_from(matrix)] += 1.0 / q[taken]
            factor = CholeskyFactor(matrix)
            along = factor.solve(np.ones(len(taken)))
            bend = max(float(rest.sum() + along.sum()), 1e-12 * float(whole.intercepts[k]))
            self._outputs.append((rows, left, factor, along, bend))

    def __call__(self, r: np.ndarray, rb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return an approximate solution for a right-hand side."""
        s, sb = np.empty_like(r), np.zeros_like(rb)
        for k, (rows, left, factor, along, bend) in enumerate(self._outputs):
            seen = rows.forward(r[:, k] / left)
            if self._free:
                sb[k] = (rb[k] - along @ seen) / bend
            s[:, k] = (r[:, k] - rows.backward(factor.solve(seen + sb[k]))) / left
        return s, sb


class _Rows:
    """Some rows of a design, as they are centred and scaled."""

    def __init__(self, design: Design, chosen: np.ndarray):
        self._center, self._scale = design.center, design.scale
        self._sparse = sp.issparse(design.X)
        # Sparse rows stay sparse, and are centred in the results of products.
        part: Any = sp.csr_matrix(design.X[chosen], dtype=np.float64) if self._sparse else design.rows(chosen)
        self._X = part

    def forward(self, u: np.ndarray) -> np.ndarray:
        if not self._sparse:
            return self._X @ u
        u = u / self._scale
        return np.asarray(self._X @ u) - self._center @ u

    def backward(self, r: np.ndarray) -> np.ndarray:
        if not self._sparse:
            return self._X.T @ r
        return (np.asarray(self._X.T @ r) - self._center * r.sum()) / self._scale

    def kernel(self, q: np.ndarray) -> np.ndarray:
        """Return ``A diag(q) A'``."""
        if not self._sparse:
            return (self._X * q) @ self._X.T
        q = q / self._scale**2
        X = self._X.copy()
        X.data *= q[X.indices]
        cross = X @ self._center
        gram = np.asarray((X @ self._X.T).toarray())
        return gram + self._center @ (q * self._center) - cross[:, None] - cross[None, :]
