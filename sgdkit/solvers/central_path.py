r"""Losses that are half parabolas, on problems too large to factor: Newton's method along the central path.

Squares of what lies beyond a corner, such as the squared hinge, curve on one side and are flat on the other.
Newton's method then knows the present side of each row alone: where a few rows matter to an optimum that
nearly separates the classes, each step throws hundreds of others across their corners. So the distance beyond
a corner becomes a variable of its own, :math:`\xi \ge \max(0, x)`, and

.. math:: \xi\, t = \mu, \qquad \xi - t = x

replaces ``t = 0 or xi = 0`` by a curve on which both are positive. Rows change their side gradually while
:math:`\mu` falls.
"""

from typing import Any

import numpy as np

from sgdkit.losses.base import Loss
from sgdkit.solvers import systems
from sgdkit.solvers.base import Run
from sgdkit.solvers.objective import Objective
from sgdkit.solvers.systems import solve_by_products

__all__ = ("follow_central_path", "has_half_parabolas")

# What a step aims at, as a share of the present product of both distances.
CENTRING = 0.1
# Share of the residual of a linear system that is left.
ACCURACY = 0.03


def has_half_parabolas(loss: Loss) -> bool:
    """Tell whether the loss is a sum of squares of what lies beyond corners."""
    return type(loss).function("half_parabolas") is not None


def follow_central_path(
    objective: Objective, run: Run, v: np.ndarray, b: np.ndarray, z: np.ndarray, max_products: int
) -> None:
    """Make the iterations of `run` from a point; conjugate gradients solve the linear systems.

    Parameters
    ----------
    objective : Objective
        Of a loss of half parabolas; one with a bound, which alone tells when to stop.
    run : Run
        Keeps the books.
    v, b, z : ndarray
        Where to start, and the raw predictions there.
    max_products : int
        Products with the Hessian in one iteration at most.

    References
    ----------
    Wright, "Primal-dual interior-point methods", 1997, chapter 5.
    """
    run.certify(objective.terms.slopes(z), overwrite=True)
    nearness = min(1.0, run.gap / max(run.best[0], 1e-300))
    distances = _Distances(objective, z, nearness)
    patience = systems.PATIENCE
    for _ in run:
        slopes, curvature = distances.linearised(z)
        gradient = objective.gradient(slopes, v)
        made = [0]

        def is_done(left: float, decrease: float, harm: float, made: list[int] = made) -> bool:
            made[0] += 1
            return left < ACCURACY

        step = solve_by_products(objective, gradient, curvature, None, is_done, max_products, patience)
        if made[0] > systems.PATIENCE:  # what the diagonal did not do here, it will not do nearer the corners
            patience = 0
        moved = objective.design.forward(step.p) + step.pb
        run.certify(slopes + curvature * moved, overwrite=True)
        length = distances.move(moved)
        v, b, z = v + length * step.p, b + length * step.pb, z + length * moved
        run.certify(distances.slopes, overwrite=True)
        value = objective.value(z, v)
        run.end_iteration(value, v, b, gradient_norm=step.gradient_norm, step=length)
        if length < 1e-10 or distances.gap <= 1e-16 * max(abs(value), objective.null):
            run.stall()


class _Distances:
    """How far raw predictions are beyond each corner, and short of it: both positive.

    Arrays have the shape (n_parabolas, n, n_outputs). They start about as far from the corners as the
    objective is from its least value: `nearness` is that distance as a share, at most 1.
    """

    def __init__(self, objective: Objective, z: np.ndarray, nearness: float):
        terms = objective.terms
        y = terms.targets
        parabolas: Any = type(terms.loss).function("half_parabolas")
        parts = [np.broadcast_arrays(*each, y)[:3] for each in parabolas(y, terms.hyper)]
        self._corner, self._side, self._bend = (np.stack(part) for part in zip(*parts, strict=True))
        self._x = self._beyond(z)
        positive = np.maximum(self._x, 0.0)
        unit = 0.5 * nearness * (float(positive.mean()) or float(np.abs(self._x).mean()) or 1.0)
        self._over = positive + unit
        self._short = np.maximum(self._over - self._x, unit)

    def _beyond(self, z: np.ndarray) -> np.ndarray:
        return self._side * (z - self._corner)

    @property
    def slopes(self) -> np.ndarray:
        """The slope of each row's loss, shape (n, n_outputs)."""
        return np.asarray((self._bend * self._side * self._over).sum(axis=0))

    @property
    def gap(self) -> float:
        """About how far the path's point is above the optimum."""
        return float((self._bend * self._over * self._short).mean())

    def linearised(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return slopes and curvatures: a linear model of what a step does to the slopes."""
        self._x = self._beyond(z)
        over, both = self._over, self._over + self._short
        aim = CENTRING * float((over * self._short).mean())
        self._missing = self._x - over + self._short
        self._still = (over * self._missing + aim - over * self._short) / both
        self._share = over / both
        slopes = (self._bend * self._side * (over + self._still)).sum(axis=0)
        return slopes, (self._bend * self._share).sum(axis=0)

    def move(self, moved: np.ndarray) -> float:
        """Go along with a change of the raw predictions, and return the share of it that can be made."""
        ahead = self._side * moved
        over = self._still + self._share * ahead
        short = over - ahead - self._missing
        reach = max(float((-over / self._over).max()), float((-short / self._short).max()))
        length = min(1.0, 0.99 / reach) if reach > 0.0 else 1.0
        self._over = self._over + length * over
        self._short = self._short + length * short
        return length
