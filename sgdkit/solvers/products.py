"""Systems of one output that are too large to factor, by products with the rows alone."""

from collections.abc import Callable
from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from sgdkit.solvers.design import Design
from sgdkit.solvers.objective import Objective
from sgdkit.solvers.preconditioner import Diagonal, HeaviestRows
from sgdkit.solvers.systems import Step

__all__ = ("ProductSystem",)

# What is left of the right-hand side, in the norm of the preconditioner; what is enough after many products,
# which a system far from the optimum takes, where exactness is wasted; and products at most.
ACCURACY, ROUGH = 1e-5, 1e-2
MANY_PRODUCTS, MAX_PRODUCTS = 500, 5000
# Products with the diagonal before a better preconditioner is worth its factor.
PATIENCE = 200
# How much a row outweighs the coefficients before it is taken as it is, and such rows at most: the diagonal
# does for a condition of a hundred, and a factor of so many takes half a second.
HEAVY = 100.0
MOST_ROWS = 4000


class ProductSystem:
    """One output, by preconditioned conjugate gradients.

    The diagonal is the preconditioner. After `PATIENCE` products the rows whose curvature outweighs that of
    the coefficients by far are taken as they are, if they are few enough to factor: near an optimum with
    corners they are those on a corner, and with an l1 penalty as many as there are coefficients. A handful of
    products then does, for this system and, from the first one on, for those that follow.

    Attributes
    ----------
    ran_out : bool
        Whether the last solution is less exact than it should be, for want of products.

    References
    ----------
    Gondzio, "Matrix-free interior point method", Computational Optimization and Applications 2012.
    """

    needs_linear: ClassVar[bool] = False

    def __init__(self, objective: Objective):
        self.objective = objective
        self.ran_out = False
        self._patience = PATIENCE

    def factor(
        self, parts: Callable[[slice], tuple[np.ndarray, np.ndarray]], own: np.ndarray | float = 0.0
    ) -> None:
        """Take the curvatures of coefficients, and from ``parts(rows)`` those of rows and `c` there."""
        objective = self.objective
        self._q, self._first = parts(slice(0, objective.design.n))
        self._stiff = objective.l2[:, 0] + own
        self._own = self._stiff - objective.l2[:, 0]
        self._precondition: Diagonal | HeaviestRows = Diagonal(objective, self._q[:, None], self._own)
        self._improved = False
        if self._patience == 0:
            self._improve()

    def solve(
        self,
        v: np.ndarray,
        linear: np.ndarray | None = None,
        c: np.ndarray | None = None,
        pull: np.ndarray | float = 0.0,
    ) -> Step:
        """Return the step for a right-hand side, by default that of `factor`."""
        objective, c = self.objective, self._first if c is None else c
        r = objective.design.backward(c[:, None])[:, 0] - objective.l2[:, 0] * v + pull
        rb = float(c.sum()) if objective.intercept else 0.0
        p, pb = self._conjugate_gradients(r, rb)
        return Step(p[:, None], np.array([pb]), -r[:, None], -np.array([rb]))

    def _conjugate_gradients(self, right: np.ndarray, right_b: float) -> tuple[np.ndarray, float]:
        r, rb = right.copy(), right_b
        p, pb = np.zeros_like(r), 0.0
        s, sb = self._preconditioned(r, rb)
        q, qb = s, sb
        old = first = float(r @ s + rb * sb)
        accuracy = ACCURACY
        for made in range(MAX_PRODUCTS):
            if made == MANY_PRODUCTS:
                accuracy = ROUGH
            if not old > accuracy**2 * first:
                break
            h, hb = self._product(q, qb)
            bend = float(q @ h + qb * hb)
            if not bend > 0.0:
                break
            length = old / bend
            p, pb = p + length * q, pb + length * qb
            r, rb = r - length * h, rb - length * hb
            if made + 1 == self._patience and self._improve():
                s, sb = self._preconditioned(right, right_b)
                first = float(right @ s + right_b * sb)
                old = np.inf  # directions of another preconditioner count for nothing
            s, sb = self._preconditioned(r, rb)
            new = float(r @ s + rb * sb)
            q, qb = s + new / old * q, sb + new / old * qb
            old = new
        self.ran_out = old > accuracy**2 * first
        return p, pb

    def _product(self, q: np.ndarray, qb: float) -> tuple[np.ndarray, float]:
        h, hb = self.objective.design.collect(
            lambda rows, line: self._q[rows, None] * (line + qb), q[:, None]
        )
        return h[:, 0] + self._stiff * q, float(hb[0]) if self.objective.intercept else 0.0

    def _preconditioned(self, r: np.ndarray, rb: float) -> tuple[np.ndarray, float]:
        s, sb = self._precondition(r[:, None], np.array([rb]))
        return s[:, 0], float(sb[0]) if self.objective.intercept else 0.0

    def _improve(self) -> bool:
        """Take a better preconditioner if there is one that pays; return whether it is new."""
        if self._improved:
            return False
        self._improved = True
        outweighing = self._q * _row_squares(self.objective.design, 1.0 / self._stiff)
        chosen = np.flatnonzero(outweighing > HEAVY)
        if not 0 < len(chosen) <= MOST_ROWS:
            return False
        self._precondition = HeaviestRows(self.objective, self._q[:, None], self._own, chosen)
        self._patience = 0
        return True


def _row_squares(design: Design, share: np.ndarray) -> np.ndarray:
    """Return the diagonal of ``A diag(share) A'``, of sparse rows without their centre."""
    if sp.issparse(design.X):
        square = sp.csr_matrix((np.square(design.X.data), design.X.indices, design.X.indptr), design.X.shape)
        return np.asarray(square @ (share / design.scale**2))
    squares = np.empty(design.n)
    for rows, block in design.blocks():
        squares[rows] = np.square(block) @ share
    return squares
