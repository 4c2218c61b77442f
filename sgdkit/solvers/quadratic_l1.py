"""The minimiser of a quadratic with an l1 penalty: sweeps that find the zeros, exact steps between them."""

from dataclasses import dataclass

import numpy as np

from sgdkit.solvers.cholesky import CholeskyFactor

__all__ = ("QuadraticL1",)

# Sweeps that cost about as much as the factor of an exact step.
SWEEPS = 20
# Exact steps in a row: each makes coordinates zero that were in the way of the one before it.
STEPS = 50
# What exact steps add to the curvature of each coordinate, as a share of the largest: where columns depend on
# each other a step would have no end.
RIDGE = 1e-12


@dataclass(frozen=True, slots=True)
class QuadraticL1:
    r"""What coordinate descent minimises in one iteration.

    .. math:: m(x) = g^\top (x - x_0) + \tfrac12 (x - x_0)^\top H (x - x_0)
        + \sum_j \lambda_j |x_j| + \tfrac12 \rho_j x_j^2

    Attributes
    ----------
    hessian : ndarray of shape (m, m)
    gradient, start, l1, l2 : ndarray of shape (m,)

    Notes
    -----
    Sweeps over the coordinates find most of the zeros in a few rounds, but where columns are correlated they
    come to the minimiser slowly. An exact step solves for all coordinates that are not zero at once and goes
    along the line to it as far as is best: to the end, or to where some coordinate becomes zero.

    References
    ----------
    Lee, Battle, Raina and Ng, "Efficient sparse coding algorithms", NeurIPS 2006, algorithm 1.
    """

    hessian: np.ndarray
    gradient: np.ndarray
    start: np.ndarray
    l1: np.ndarray
    l2: np.ndarray

    def slope(self, x: np.ndarray) -> np.ndarray:
        """Return the gradient at `x` of the part without penalties."""
        return np.asarray(self.gradient + self.hessian @ (x - self.start))

    def violation(self, x: np.ndarray, slope: np.ndarray) -> float:
        """Return the largest entry of the least subgradient at `x`, zero at the minimiser."""
        smooth = slope + self.l2 * x
        at_zero = np.maximum(np.abs(smooth) - self.l1, 0.0)
        return float(np.where(x == 0.0, at_zero, np.abs(smooth + np.sign(x) * self.l1)).max(initial=0.0))

    def minimiser(self, accuracy: float, max_sweeps: int, leave: float = 0.0) -> np.ndarray:
        """Return the minimiser, or where `max_sweeps` sweeps and the exact steps between them end.

        Parameters
        ----------
        accuracy : float
            Largest change of the gradient in the last sweep.
        max_sweeps : int
        leave : float, default=0.0
            Share of the violation at the start that is small enough, too.
        """
        from sgdkit.kernels.quadratic import quadratic_descent

        x, g = self.start.copy(), self.gradient.copy()
        enough = leave * self.violation(x, g)
        for done in range(0, max_sweeps, SWEEPS):
            sweeps = min(SWEEPS, max_sweeps - done)
            made = quadratic_descent()(self.hessian, g, x, self.l1, self.l2, accuracy, sweeps)
            is_near = made < sweeps or self.violation(x, g) <= enough
            for _ in range(1 if is_near else STEPS):
                before, x = x, self._exact_step(x)
                if np.array_equal(np.sign(x), np.sign(before)):  # no coordinate was in the way
                    break
            g = self.slope(x)
            if made < sweeps or self.violation(x, g) <= enough:
                break
        return x

    def _exact_step(self, x: np.ndarray) -> np.ndarray:
        moving = np.flatnonzero((x != 0.0) | (self.l1 == 0.0))
        at, l1, l2 = x[moving], self.l1[moving], self.l2[moving]
        part = self.hessian[np.ix_(moving, moving)]
        part[np.diag_indices_from(part)] += l2 + RIDGE * np.diagonal(part).max(initial=0.0)
        smooth = self.slope(x)[moving] + l2 * at
        gradient = smooth + l1 * np.sign(at)
        step = -CholeskyFactor(part).solve(gradient)
        if not np.isfinite(step).all():
            return x
        # Where coordinates become zero on the way, and the change of the model there.
        with np.errstate(divide="ignore", invalid="ignore"):
            zeros = np.where(at * step < 0.0, -at / step, np.inf)
        lengths = np.append(zeros[zeros < 1.0], 1.0)
        along, bend = float(smooth @ step), -float(gradient @ step)
        lost = np.array([l1 @ (np.abs(at + t * step) - np.abs(at)) for t in lengths])
        changes = lengths * along + 0.5 * lengths**2 * bend + lost
        best = int(np.argmin(changes))
        if not changes[best] < 0.0:
            return x
        there = at + lengths[best] * step
        there[zeros == lengths[best]] = 0.0
        new = x.copy()
        new[moving] = there
        return new
