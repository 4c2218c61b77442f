"""Sparse rows of very many columns under an l1 penalty: output after output, on the columns that matter."""

from itertools import pairwise
from typing import Any

import numpy as np
import scipy.sparse as sp

from sgdkit.solvers.base import Run
from sgdkit.solvers.floor import Floor
from sgdkit.solvers.objective import Objective

__all__ = ("follow_l1_path", "is_wide")

# More coefficients than this are too many to begin with a matrix of those that seem to matter.
WIDE = 100_000
# The l1 strength falls by this factor once no gradient exceeds it by more than the share `NEAR`.
FALL = 0.25
NEAR = 0.5
# Columns that a step looks at: so many, or this multiple of those with a coefficient if they are more.
LEAST, GROWTH = 100, 2
# Share of a model's gradient that the next model may take care of, and of the largest gradient below which an
# output waits.
LEAVE = 0.1
# A run ends where so many iterations together bring less than this share of `tol`, and at the pace of the
# proof more than `FAR` are left: it would say little more of an objective that stands still.
PATIENCE = 20
LITTLE = 0.01
FAR = 100
# Points that one further along is guessed from.
POINTS = 6


def is_wide(objective: Objective) -> bool:
    """Tell whether to follow the path here."""
    design = objective.design
    coefficients = design.d * len(objective.constant)
    proved = objective.bounded and objective.problem.l1 > 0.0
    return proved and sp.issparse(design.X) and coefficients > WIDE


def follow_l1_path(
    objective: Objective, run: Run, v: np.ndarray, b: np.ndarray, accuracy: float, max_sweeps: int
) -> None:
    """Make the iterations of `run` from a point, with l1 strengths that fall to that of the problem.

    An iteration makes a prox-Newton step of each output in turn, whose model takes the others as they are,
    on the columns that have a coefficient or most deserve one. With a strong penalty these are few; each
    strength begins where the last one ended, so they never become many more than in the optimum. An output
    that is much nearer its optimum than the others waits. At the last strength a point further along the
    way is guessed from the last six, and taken if it is better.

    Parameters
    ----------
    objective : Objective
        Over sparse rows.
    run : Run
        Keeps the books.
    v, b : ndarray
        Where to start.
    accuracy : float
        What a model's gradient may be off by.
    max_sweeps : int
        Sweeps over the coordinates of one model at most.

    References
    ----------
    Yuan, Ho and Lin, "An improved GLMNET for l1-regularized logistic regression", JMLR 2012; Friedman,
    Hastie and Tibshirani, "Regularization paths for generalized linear models via coordinate descent",
    JSS 2010; Bertrand and Massias, "Anderson acceleration of coordinate descent", AISTATS 2021.
    """
    z = objective.predict(v, b)
    slopes = objective.terms.slopes(z)
    g, gb = objective.gradient(slopes, v)
    strength = 1.0 if v.any() else max(1.0, FALL * float((np.abs(g) / objective.l1).max()))
    columns = objective.design.X.tocsc()
    outputs = [_Output(objective, columns, k, max_sweeps) for k in range(v.shape[1])]
    worst = (_excess(g, v, strength * objective.l1) / objective.l1).max(axis=0)
    points: list[tuple[np.ndarray, ...]] = []
    marks: list[tuple[float, float]] = []
    for _ in run:
        norm = float(np.sqrt((g * g).sum() + gb @ gb))
        lengths, mean = [], objective.terms.mean(z)
        diagonal, coupling = objective.terms.curvatures(z)
        for output in outputs:
            k = output.k
            if worst[k] < LEAVE * worst.max():
                continue
            bend = diagonal[:, k] if coupling is None else diagonal[:, k] - coupling[:, k] ** 2
            length, mean = output.step(v, b, z, g[:, k], bend, mean, strength, accuracy)
            lengths.append(length)
        is_last = strength == 1.0
        value = objective.value(z, v)
        if is_last:
            points.append((z.copy(), v.copy(), b.copy()))
            if len(points) == POINTS:
                there = _extrapolated(points)
                points = []
                beyond = objective.value(there[0], there[1])
                if beyond < value:
                    (z, v, b), value = there, beyond
        slopes = objective.terms.slopes(z)
        g, gb = objective.gradient(slopes, v)
        worst = (_excess(g, v, strength * objective.l1) / objective.l1).max(axis=0)
        if not is_last and worst.max() < NEAR * strength:
            strength = max(1.0, FALL * strength)
        if is_last and objective.bounded:
            run.certify(slopes, overwrite=True)
        run.end_iteration(value, v, b, gradient_norm=norm, step=min(lengths), estimate=np.inf)
        if is_last:
            marks.append((value, run.gap))
            if not max(lengths) > 0.0 or _stands_still(marks, run.plan.tol):
                run.stall()


class _Output:
    """The steps of one output."""

    def __init__(self, objective: Objective, columns: Any, k: int, max_sweeps: int):
        self._objective, self.k, self._max_sweeps = objective, k, max_sweeps
        self._columns = columns
        self._floor = Floor(objective.curvature)

    def step(
        self,
        v: np.ndarray,
        b: np.ndarray,
        z: np.ndarray,
        g: np.ndarray,
        bend: np.ndarray,
        mean: float,
        strength: float,
        accuracy: float,
    ) -> tuple[float, float]:
        """Move `v`, `b` and `z` in place; return the length of the step and the mean loss there.

        `g` and the second derivatives `bend` tell which columns to look at and how far to go; they need not
        be of the present point, for the step is made along its own slope and only as far as it descends.
        """
        from sgdkit.kernels.sparse_quadratic import columns_descent

        objective, k, columns = self._objective, self.k, self._columns
        design, weight, problem = objective.design, objective.weight, objective.problem
        l1 = strength * problem.l1
        chosen = _chosen(g, v[:, k], strength * objective.l1[:, 0])
        q = weight * np.maximum(self._floor(bend), 1e-10 * objective.curvature)
        pull = weight * objective.terms.slopes(z)[:, k]
        old = v[chosen, k] / design.scale[chosen]
        new, r, offset = old.copy(), pull.copy(), np.zeros(1)
        columns_descent(columns.indices.dtype)(
            columns.data, columns.indices, columns.indptr, chosen, q, float(objective.intercept), r, offset,
            new, l1, problem.l2, accuracy, LEAVE, self._max_sweeps,
        )  # fmt: skip
        step = new - old
        moved = (r - pull) / q + offset[0]

        def penalty(u: np.ndarray) -> float:
            return l1 * float(np.abs(u).sum()) + 0.5 * problem.l2 * float(u @ u)

        promised = penalty(old) - penalty(new) - float(pull @ moved)
        before = mean + penalty(old)
        start, length = z[:, k].copy(), 1.0
        with np.errstate(over="ignore", invalid="ignore"):
            while length > 1e-10:
                z[:, k] = start + length * moved
                there = objective.terms.mean(z)
                if there + penalty(old + length * step) <= before - 1e-4 * length * promised + 1e-15 * abs(
                    before
                ):
                    mean = there
                    break
                length *= 0.5
            else:
                z[:, k], length = start, 0.0
        v[chosen, k] = (old + length * step) * design.scale[chosen]
        b[k] += length * (float(offset[0]) + float(design.center[chosen] @ step))
        can_rise = self._floor.learn(length)
        return (length if length > 0.0 or not can_rise else 1e-300), mean


def _extrapolated(points: list[tuple[np.ndarray, ...]]) -> tuple[np.ndarray, ...]:
    """Return the mean of points, given as `z`, `v` and `b`, whose next step would be the shortest."""
    steps = np.stack([(after[0] - before[0]).ravel() for before, after in pairwise(points)])
    gram = steps @ steps.T
    gram[np.diag_indices_from(gram)] += 1e-10 * np.trace(gram) + 1e-300
    share = np.linalg.solve(gram, np.ones(len(gram)))
    share /= share.sum()
    z, v, b = (np.einsum("s,s...->...", share, np.stack(each)) for each in zip(*points[1:], strict=True))
    return z, v, b


def _stands_still(marks: list[tuple[float, float]], tol: float | None) -> bool:
    """Tell whether objectives stand still while their gaps are many iterations from `tol`."""
    if tol is None or len(marks) <= PATIENCE:
        return False
    (before, wide), (value, gap) = marks[-1 - PATIENCE], marks[-1]
    pace = np.log(wide / gap) / PATIENCE
    is_far = np.log(gap / (tol * abs(value))) > FAR * pace
    return bool(before - value < LITTLE * tol * abs(value) and is_far)


def _excess(g: np.ndarray, v: np.ndarray, l1: np.ndarray) -> np.ndarray:
    """Return the size of the least subgradient."""
    return np.where(v == 0.0, np.maximum(np.abs(g) - l1, 0.0), np.abs(g + np.sign(v) * l1))


def _chosen(g: np.ndarray, v: np.ndarray, l1: np.ndarray) -> np.ndarray:
    """Return the columns with a coefficient, and those whose gradient exceeds `l1` most."""
    has_one = v != 0.0
    room = max(LEAST, GROWTH * int(has_one.sum()))
    excess = np.where(has_one, 0.0, np.abs(g) / l1 - 1.0)
    deserving = np.flatnonzero(excess > 0.0)
    if len(deserving) > room:
        deserving = deserving[np.argpartition(-excess[deserving], room)[:room]]
    return np.union1d(np.flatnonzero(has_one), deserving).astype(np.int64)
