"""Linear systems of second-order solvers: by features, by rows, for all classes at once, by products.

All of them find the step `p` (of `v`) and `pb` (of the intercept) with

    (A' Q A + l2) p + A' Q 1 pb = A' c - l2 v        and        1' Q (A p + 1 pb) = 1' c

for a diagonal `Q` of row curvatures. With ``c = -weight * slope`` that is a Newton step. The two that factor
take a curvature of each coefficient besides `l2`, and a `pull` of it besides ``-l2 v``.
"""

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import numpy as np

from sgdkit.solvers.cholesky import CholeskyFactor
from sgdkit.solvers.objective import Objective
from sgdkit.solvers.preconditioner import Diagonal, HeaviestRows
from sgdkit.solvers.rows import ALL
from sgdkit.solvers.terms import curved

__all__ = (
    "MAX_FEATURES",
    "MAX_FEATURES_ALONE",
    "FeatureSystem",
    "RowSystem",
    "Step",
    "can_factor",
    "coupled_matrix",
    "coupled_step",
    "factored_system",
    "solve_by_products",
)

# Largest matrices that are factored: of the features, and of the rows where these are fewer.
MAX_FEATURES = 1000
# Where no other solver would do: a factor takes half a second then.
MAX_FEATURES_ALONE = 3000
MAX_ROWS = 2000
# Products with the diagonal as a preconditioner before a better one is worth its factor.
PATIENCE = 100

_TINY = 1e-300


class Step(NamedTuple):
    """A step, and the gradient it came from.

    Attributes
    ----------
    p : ndarray of shape (d, k)
        Step of the coefficients.
    pb : ndarray of shape (k,)
        Step of the intercepts.
    g, gb : ndarray of shape (d, k) and (k,)
        Gradient.
    """

    p: np.ndarray
    pb: np.ndarray
    g: np.ndarray
    gb: np.ndarray

    @property
    def decrease(self) -> float:
        """Half of minus the slope along the step: what a quadratic would lose."""
        return max(-0.5 * float((self.g * self.p).sum() + self.gb @ self.pb), 0.0)

    @property
    def gradient_norm(self) -> float:
        """Norm of the gradient."""
        return float(np.sqrt((self.g * self.g).sum() + self.gb @ self.gb))


class FeatureSystem:
    """One output, by a Cholesky factor of the features' matrix."""

    needs_linear: ClassVar[bool] = False

    def __init__(self, objective: Objective):
        self.objective = objective

    def factor(
        self, parts: Callable[[slice], tuple[np.ndarray, np.ndarray]], own: np.ndarray | float = 0.0
    ) -> None:
        """Take the curvatures of coefficients, and from ``parts(rows)`` those of rows and `c` there."""
        design, free = self.objective.design, int(self.objective.intercept)
        totals = np.zeros(2)

        def both(rows: slice) -> tuple[np.ndarray, np.ndarray]:
            q, c = parts(rows)
            totals[:] += q.sum(), c.sum()
            return q, np.column_stack([q, c])

        gram, sums = design.gram_of(both)
        d = design.d
        matrix = np.empty((d + free, d + free))
        matrix[:d, :d] = gram
        matrix[np.arange(d), np.arange(d)] += self.objective.l2[:, 0] + own
        if free:
            matrix[d, :d] = matrix[:d, d] = sums[:, 0]
            matrix[d, d] = totals[0] + 1e-15
        self._sums = (sums[:, 1], totals[1])
        self._factor = CholeskyFactor(matrix)

    def solve(
        self,
        v: np.ndarray,
        linear: np.ndarray | None = None,
        c: np.ndarray | None = None,
        pull: np.ndarray | float = 0.0,
    ) -> Step:
        """Return the step for a right-hand side, by default that of `factor`."""
        objective, d = self.objective, self.objective.design.d
        backward, total = self._sums
        if c is not None:
            backward, total = objective.design.backward(c[:, None])[:, 0], c.sum()
        rhs = backward - objective.l2[:, 0] * v + pull
        whole = np.append(rhs, total) if objective.intercept else rhs
        found = self._factor.solve(whole)
        p, pb = found[:d, None], found[d:] if objective.intercept else np.zeros(1)
        return Step(p, pb, -rhs[:, None], -whole[d:] if objective.intercept else np.zeros(1))


class RowSystem:
    """One output with fewer rows than features, by a Cholesky factor of the rows' matrix.

    With `D` the curvatures of the coefficients alone, ``p = D^-1 (A' beta + pull - l2 v)``, and `beta` solves
    a system as large as there are rows. Needs an l2 penalty, or curvatures of the coefficients.

    References
    ----------
    Rasmussen and Williams, "Gaussian processes for machine learning", 2006, algorithm 3.1.
    """

    needs_linear: ClassVar[bool] = True

    def __init__(self, objective: Objective):
        self.objective = objective
        self._kernel: np.ndarray | None = None

    def _kernel_of(self, own: np.ndarray | float) -> np.ndarray:
        design, l2 = self.objective.design, self.objective.problem.l2
        if isinstance(own, np.ndarray):
            return design.kernel(1.0 / (self._stiff * design.scale**2))
        if self._kernel is None:
            self._kernel = design.kernel() / l2
        return self._kernel.copy()

    def factor(
        self, parts: Callable[[slice], tuple[np.ndarray, np.ndarray]], own: np.ndarray | float = 0.0
    ) -> None:
        """Take the curvatures of coefficients, and from ``parts(rows)`` those of rows and `c` there."""
        q, self._first = parts(slice(0, self.objective.design.n))
        self._stiff = self.objective.l2[:, 0] + own
        # Inverses, for curvatures that grow without bound; rows without any must not divide by zero.
        self._inverse = 1.0 / np.maximum(q, 1e-30 * max(float(q.max()), 1e-100))
        matrix = self._kernel_of(own)
        matrix[np.diag_indices_from(matrix)] += self._inverse
        self._factor = CholeskyFactor(matrix)

    def solve(
        self,
        v: np.ndarray,
        linear: np.ndarray | None = None,
        c: np.ndarray | None = None,
        pull: np.ndarray | None = None,
    ) -> Step:
        """Return the step for a right-hand side, by default that of `factor`; `linear` is ``A v``."""
        objective = self.objective
        c = self._first if c is None else c
        alone = -v  # the step without any rows
        if pull is not None:
            alone = (pull - objective.l2[:, 0] * v) / self._stiff
            linear = -objective.design.forward(alone[:, None])[:, 0]
        assert linear is not None
        beta = self._factor.solve(self._inverse * c + linear)
        pb = np.zeros(1)
        if objective.intercept:
            along = self._factor.solve(np.ones_like(c))
            pb[0] = beta.sum() / max(along.sum(), _TINY)
            beta = beta - pb * along
        both = objective.design.backward(np.column_stack([beta, c]))
        p = (both[:, 0] / self._stiff + alone)[:, None]
        gb = -np.array([c.sum()]) if objective.intercept else np.zeros(1)
        return Step(p, pb, -(both[:, 1] + self._stiff * alone)[:, None], gb)


def can_factor(n_rows: int, n_features: int, most: int = MAX_FEATURES) -> bool:
    """Tell whether the features' matrix, of `most` at most, or the rows' is small enough."""
    return n_features <= most or n_rows <= MAX_ROWS


def factored_system(objective: Objective, most: int = MAX_FEATURES) -> FeatureSystem | RowSystem | None:
    """Return the smaller system for one output at a time; None if both are too large to factor."""
    design = objective.design
    if objective.bounded and design.n < design.d and design.n <= MAX_ROWS:
        return RowSystem(objective)
    return FeatureSystem(objective) if design.d <= most else None


Curvatures = Callable[[slice], tuple[np.ndarray, np.ndarray | None]]
"""Gives `diagonal` and `coupling` of a slice of rows, as `Terms.curvatures`."""


def coupled_matrix(objective: Objective, curvatures: Curvatures, chosen: Any = ALL) -> np.ndarray:
    """Return the Hessian of the loss for outputs that interact.

    Its shape is (m, k, m, k) for the `chosen` features and, last, the intercept if there is one.
    """
    free, k = int(objective.intercept), len(objective.constant)
    m = len(objective.design.scale[chosen]) + free
    matrix = np.zeros((m, k, m, k))
    for rows, block in objective.design.blocks(chosen):
        for start in range(rows.start, rows.stop, 512):
            inside = slice(start, min(start + 512, rows.stop))
            B = block[inside.start - rows.start : inside.stop - rows.start]
            if free:
                B = np.hstack([B, np.ones((len(B), 1))])
            a = objective.weights[inside]
            diagonal, coupling = curvatures(inside)
            C = (B[:, :, None] * (np.sqrt(a)[:, None] * coupling)[:, None, :]).reshape(len(B), m * k)
            matrix -= (C.T @ C).reshape(m, k, m, k)
            for output in range(k):
                matrix[:, output, :, output] += (B * (a * diagonal[:, output])[:, None]).T @ B
    if free:
        # Adding a constant to all intercepts changes nothing: without this the matrix is singular.
        matrix[-1, :, -1, :] += 1.0 / k
    return matrix


def coupled_step(
    objective: Objective, gradient: tuple[np.ndarray, np.ndarray], curvatures: Curvatures
) -> Step:
    """Return the Newton step for outputs that interact, by one Cholesky factor for all of them."""
    g, gb = gradient
    d, k = g.shape
    matrix = coupled_matrix(objective, curvatures)
    m, each = len(matrix), np.arange(d)
    for output in range(k):
        matrix[each, output, each, output] += objective.l2[:, 0]
    rhs = -np.vstack([g, gb[None, :]])[:m].ravel()
    found = CholeskyFactor(matrix.reshape(m * k, m * k)).solve(rhs).reshape(m, k)
    p, pb = found[:d], found[d] if objective.intercept else np.zeros(k)
    return Step(p, pb, g, gb)


def solve_by_products(
    objective: Objective,
    gradient: tuple[np.ndarray, np.ndarray],
    diagonal: np.ndarray,
    coupling: np.ndarray | None,
    is_done: Callable[[float, float, float], bool],
    max_products: int,
    patience: int | None = None,
) -> Step:
    """Return the Newton step by conjugate gradients.

    They are preconditioned by the diagonal, and from `patience` products on by the rows that curve most.
    `is_done` gets the share of the gradient's norm that is left, the decrease so far and the part of the gap
    that the residual causes.
    """
    weights, free = objective.weights, objective.intercept
    own = diagonal if coupling is None else diagonal - coupling * coupling
    own = own * weights[ALL][:, None]
    patience = PATIENCE if patience is None else patience
    precondition: Diagonal | HeaviestRows = (
        Diagonal(objective, own) if patience else HeaviestRows(objective, own)
    )
    g, gb = gradient
    p, pb = np.zeros_like(g), np.zeros_like(gb)
    r, rb = -g, -gb
    s, sb = precondition(r, rb)
    q, qb = s, sb
    old = first = float((r * s).sum() + rb @ sb)
    inverse = 1.0 / objective.l2 if objective.problem.l2 > 0.0 else np.zeros_like(objective.l2)

    def bent(rows: slice, line: np.ndarray) -> np.ndarray:
        both = None if coupling is None else coupling[rows]
        return weights[rows][:, None] * curved(diagonal[rows], both, line + qb)

    for made in range(max_products):
        if old <= 0.0:
            break
        h, hb = objective.design.collect(bent, q)
        h, hb = h + objective.l2 * q, hb if free else np.zeros_like(hb)
        bend = float((q * h).sum() + qb @ hb)
        if not bend > 0.0:
            break
        length = old / bend
        p, pb = p + length * q, pb + length * qb
        r, rb = r - length * h, rb - length * hb
        s, sb = precondition(r, rb)
        new = float((r * s).sum() + rb @ sb)
        decrease = -0.5 * float((g * p).sum() + gb @ pb)
        if is_done((new / first) ** 0.5, decrease, 0.5 * float((r * r * inverse).sum())):
            break
        if made + 1 == patience:  # what another preconditioner would have done counts for nothing
            precondition = HeaviestRows(objective, own)
            s, sb = precondition(-g, -gb)
            first = -float((g * s).sum() + gb @ sb)
            s, sb = precondition(r, rb)
            q, qb = s, sb
            old = float((r * s).sum() + rb @ sb)
            continue
        q, qb = s + new / old * q, sb + new / old * qb
        old = new
    return Step(p, pb, g, gb)
