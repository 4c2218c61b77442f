"""The objective of a whole problem in scaled variables, and the dual value that bounds it from below."""

import copy
from collections.abc import Callable
from functools import cached_property

import numpy as np

from sgdkit.backends.base import Problem
from sgdkit.solvers.design import design_of
from sgdkit.solvers.rows import ALL, Along, RowWeights, chunks
from sgdkit.solvers.terms import PointwiseTerms, has_certificate, has_curvature, terms_of

__all__ = ("Objective",)


class Objective:
    r"""What a solver minimises.

    .. math:: F(v, b) = \sum_i a_i \ell(z_i, y_i) + \sum_j \lambda_j |v_j| + \tfrac12 \rho_j v_j^2,
        \qquad z = A v + b,

    with row weights `a` (the caller's, with sum 1, times exposures), ``v = w * scale`` and the rows `A` of
    `Design`.

    Parameters
    ----------
    problem : Problem
        A problem without queries.

    Attributes
    ----------
    design : Design
        The rows.
    terms : Terms
        The losses.
    weights : RowWeights
        Row weights.
    l1, l2 : ndarray of shape (d, 1)
        Penalty of each scaled coordinate.
    intercept : bool
        Whether `b` moves.
    constant : ndarray of shape (n_outputs,)
        Raw prediction of the best model without features; zeros if there is no intercept.
    null : float
        Its objective: the scale of rounding errors.
    curvature : float
        Largest second derivative of the loss; where that has no bound, the one at `constant`.
    bounded : bool
        Whether `dual` gives a bound: the loss has a conjugate, and there is a penalty.

    Notes
    -----
    For feasible slopes `g` (one for each raw prediction, with ``sum_i a_i g_i = 0`` for a free intercept)

    .. math:: D(g) = -\sum_i a_i \ell^*(g_i) - \sum_j \frac{(|u_j| - \lambda_j)_+^2}{2 \rho_j},
        \qquad u = A^\top (a g)

    is never above the least value of `F` (Fenchel's inequality); where :math:`\rho_j = 0`, the bound needs
    :math:`|u_j| \le \lambda_j`, and the slopes are shrunk until that holds.

    References
    ----------
    Borwein and Lewis, "Convex analysis and nonlinear optimization", theorem 3.3.5; Ndiaye et al., "Gap safe
    screening rules for sparsity enforcing penalties", JMLR 2017, section 2.
    """

    def __init__(self, problem: Problem):
        n, k = problem.X.shape[0], problem.n_outputs
        loss, given = problem.loss, problem.weight
        self.problem = problem
        self.weights = RowWeights(given, n, 1.0 / (n * (1.0 if given is None else problem.mean_weight)))
        self.intercept = problem.fit_intercept
        self.terms = terms_of(loss, problem.y, self.weights, k)
        self.constant = np.zeros(k)
        if self.intercept:
            self.constant = np.asarray(loss.best_constant(problem.y, given, k), np.float64)
        at = np.broadcast_to(self.constant, (n, k))
        self.null = self.terms.mean(at)
        curvature, total = loss.curvature, self.weights.total
        if not np.isfinite(curvature):
            curvature = 1.0
            if has_curvature(loss):  # it grows with the raw prediction
                parts = (self.weights[r] @ self.terms.curvatures(at[r], r)[0] for r in chunks(n))
                curvature = float(np.max(sum(parts))) / total
        self.curvature = curvature
        self.design = design_of(
            problem.X, self.weights.of_sum_one(), curvature * total, problem.l2, self.intercept
        )
        scale = self.design.scale[:, None]
        self.l1, self.l2 = problem.l1 / scale, problem.l2 / scale**2
        self.bounded = has_certificate(loss) and (problem.l1 > 0.0 or problem.l2 > 0.0)

    @cached_property
    def weight(self) -> np.ndarray:
        """The row weights as one array of shape (n,)."""
        return self.weights[ALL]

    def output(self, k: int) -> "Objective":
        """Return the problem of one output alone, where outputs do not interact."""
        if len(self.constant) == 1:
            return self
        assert isinstance(self.terms, PointwiseTerms)
        alone = copy.copy(self)
        alone.terms, alone.constant = self.terms.output(k), self.constant[k : k + 1]
        return alone

    def scaled(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return `v` and `b` for raw weights of shape (d + 1, n_outputs), intercepts last."""
        W, b = weights[:-1].astype(np.float64), weights[-1].astype(np.float64)
        return W * self.design.scale[:, None], b + self.design.center @ W

    def raw(self, v: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Return the raw weights, of shape (d + 1, n_outputs), for `v` and `b`."""
        W = np.empty((len(v) + 1, v.shape[1]))
        np.divide(v, self.design.scale[:, None], out=W[:-1])
        W[-1] = b - self.design.center @ W[:-1]
        return W

    def predict(self, v: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Return the raw predictions, of shape (n, n_outputs)."""
        if not v.any():
            return np.repeat(b[None, :], self.design.n, axis=0)
        return self.design.forward(v) + b

    def penalty(self, v: np.ndarray) -> float:
        """Return the penalty of `v`."""
        return float((self.l1 * np.abs(v)).sum() + 0.5 * (self.l2 * v * v).sum())

    def value(self, z: np.ndarray | Along, v: np.ndarray) -> float:
        """Return the objective at `v` with the raw predictions `z`."""
        return self.terms.mean(z) + self.penalty(v)

    def value_at(self, v: np.ndarray, b: np.ndarray) -> float:
        """Return the objective at `v` and `b`."""
        losses = (self.terms.total(line + b, rows) for rows, line in self.design.lines(v))
        return sum(losses) + self.penalty(v)

    def gradient(self, slopes: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the gradient of the loss and the l2 penalty with respect to `v` and `b`."""
        return self._gradient(lambda rows: slopes[rows], v)

    def gradient_at(self, z: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the same at the raw predictions `z`."""
        return self._gradient(lambda rows: self.terms.slopes(z[rows], rows), v)

    def _gradient(
        self, slopes: Callable[[slice], np.ndarray], v: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        g, gb = self.design.collect(lambda rows, _: self.weights[rows][:, None] * slopes(rows))
        return g + self.l2 * v, gb if self.intercept else np.zeros(v.shape[1])

    def dual(self, slopes: np.ndarray, overwrite: bool = False) -> float:
        """Return a lower bound of the objective's least value, from slopes that are made feasible first."""
        return self.dual_at(slopes, overwrite)[0]

    def dual_at(self, slopes: np.ndarray, overwrite: bool = False) -> tuple[float, np.ndarray]:
        """Return the bound and the ``A' (a g)`` of the slopes that gave it.

        With `overwrite` the slopes are made feasible in place, which saves memory.
        """
        slopes = self.terms.feasible(slopes, self.intercept, overwrite)
        u, _ = self.design.collect(lambda rows, _: self.weights[rows][:, None] * slopes[rows])
        shrinkages = []
        if self.problem.l2 > 0.0:
            shrinkages.append(np.ones(u.shape[1]))
        if self.problem.l1 > 0.0:
            with np.errstate(divide="ignore"):
                shrinkage = np.minimum(1.0, np.min(self.l1 / np.abs(u), axis=0))
            if self.terms.couples:  # losses that are added up over outputs are bounded one by one
                shrinkage = np.broadcast_to(shrinkage.min(), shrinkage.shape)
            if not shrinkages or shrinkage.min() < 1.0:  # not the same bound twice
                shrinkages.append(shrinkage)
        best, at = -np.inf, u
        for shrinkage in shrinkages:
            excess = np.maximum(np.abs(shrinkage * u) - self.l1, 0.0)
            value = -self.terms.mean_conjugate(slopes, shrinkage)
            if self.problem.l2 > 0.0:
                value -= 0.5 * float((excess * excess / self.l2).sum())
            if value > best:
                best, at = value, shrinkage * u
        return best, at
