"""The objective of a whole problem in scaled variables, and the dual value that bounds it from below."""

import numpy as np

from sgdkit.backends.base import Problem
from sgdkit.solvers.design import design_of
from sgdkit.solvers.terms import has_certificate, has_curvature, terms_of

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
    weight : ndarray of shape (n,)
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
        weight = np.full(n, 1.0 / n)
        if problem.weight is not None:
            weight = np.asarray(problem.weight, np.float64) / (n * problem.mean_weight)
        loss = problem.loss
        self.problem = problem
        self.weight = weight
        self.intercept = problem.fit_intercept
        self.terms = terms_of(loss, problem.y, weight, k)
        self.constant = np.zeros(k)
        if self.intercept:
            self.constant = np.asarray(loss.best_constant(problem.y, weight, k), np.float64)
        at = np.repeat(self.constant[None, :], n, axis=0)
        self.null = self.terms.mean(at)
        curvature, total = loss.curvature, float(weight.sum())
        if not np.isfinite(curvature):
            curvature = 1.0
            if has_curvature(loss):  # it grows with the raw prediction
                curvature = float((weight @ self.terms.curvatures(at)[0]).max()) / total
        self.curvature = curvature
        self.design = design_of(problem.X, weight / total, curvature * total, problem.l2, self.intercept)
        scale = self.design.scale[:, None]
        self.l1, self.l2 = problem.l1 / scale, problem.l2 / scale**2
        self.bounded = has_certificate(loss) and (problem.l1 > 0.0 or problem.l2 > 0.0)

    def scaled(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return `v` and `b` for raw weights of shape (d + 1, n_outputs), intercepts last."""
        W, b = weights[:-1].astype(np.float64), weights[-1].astype(np.float64)
        return W * self.design.scale[:, None], b + self.design.center @ W

    def raw(self, v: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Return the raw weights, of shape (d + 1, n_outputs), for `v` and `b`."""
        W = v / self.design.scale[:, None]
        return np.vstack([W, b - self.design.center @ W])

    def predict(self, v: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Return the raw predictions, of shape (n, n_outputs)."""
        if not v.any():
            return np.repeat(b[None, :], self.design.n, axis=0)
        return self.design.forward(v) + b

    def penalty(self, v: np.ndarray) -> float:
        """Return the penalty of `v`."""
        return float((self.l1 * np.abs(v)).sum() + 0.5 * (self.l2 * v * v).sum())

    def value(self, z: np.ndarray, v: np.ndarray) -> float:
        """Return the objective at `v` with the raw predictions `z`."""
        return self.terms.mean(z) + self.penalty(v)

    def gradient(self, slopes: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the gradient of the loss and the l2 penalty with respect to `v` and `b`."""
        weighted = self.weight[:, None] * slopes
        g = self.design.backward(weighted) + self.l2 * v
        return g, weighted.sum(axis=0) if self.intercept else np.zeros(v.shape[1])

    def dual(self, slopes: np.ndarray) -> float:
        """Return a lower bound of the objective's least value, from slopes that are made feasible first."""
        return self.dual_at(slopes)[0]

    def dual_at(self, slopes: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the bound and the ``A' (a g)`` of the slopes that gave it."""
        slopes = self.terms.feasible(slopes, self.intercept)
        u = self.design.backward(self.weight[:, None] * slopes)
        shrinkages = []
        if self.problem.l2 > 0.0:
            shrinkages.append(1.0)
        if self.problem.l1 > 0.0:
            with np.errstate(divide="ignore"):
                shrinkages.append(min(1.0, float(np.min(self.l1 / np.abs(u)))))
        best, at = -np.inf, u
        for shrinkage in dict.fromkeys(shrinkages):
            excess = np.maximum(np.abs(shrinkage * u) - self.l1, 0.0)
            value = -self.terms.mean_conjugate(shrinkage * slopes)
            if self.problem.l2 > 0.0:
                value -= 0.5 * float((excess * excess / self.l2).sum())
            if value > best:
                best, at = value, shrinkage * u
        return best, at
