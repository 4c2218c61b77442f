"""The loss as solvers see it: values, slopes, curvatures and conjugates of rows.

Everything is float64 and has the shape (n_rows, n_outputs). What belongs to rows is given for all of them
or for the slice that is named; means over all rows are taken chunk by chunk.
"""

import copy
from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np

from sgdkit.losses.base import BatchLoss, Loss
from sgdkit.solvers.rows import ALL, CHUNK, Along, RowWeights, by_chunks, chunks

__all__ = ("Terms", "curved", "has_certificate", "has_curvature", "has_ramps", "is_smooth", "terms_of")


def has_curvature(loss: Loss) -> bool:
    """Tell whether the loss gives second derivatives."""
    return type(loss).function("curvature_at") is not None


def has_certificate(loss: Loss) -> bool:
    """Tell whether the loss has a conjugate, so that the distance to the optimum can be bounded."""
    return type(loss).function("conjugate") is not None


def has_ramps(loss: Loss) -> bool:
    """Tell whether the slope of the loss is a sum of ramps and jumps."""
    return type(loss).function("ramps") is not None


def is_smooth(loss: Loss) -> bool:
    """Tell whether the gradient of the loss is continuous."""
    return has_curvature(loss) or bool(np.isfinite(loss.curvature))


def curved(diagonal: np.ndarray, coupling: np.ndarray | None, moved: np.ndarray) -> np.ndarray:
    """Return the products of the rows' Hessians ``diag(diagonal) - coupling coupling'`` with `moved`."""
    product = diagonal * moved
    if coupling is not None:
        product -= coupling * (coupling * moved).sum(axis=1, keepdims=True)
    return product


class Terms(ABC):
    """The losses of all rows, at raw predictions `z`.

    Parameters
    ----------
    loss : Loss
        The loss.
    y : ndarray of shape (n, ...)
        Encoded targets.
    weight : RowWeights or ndarray of shape (n,)
        Weight of each row in the objective.
    n_outputs : int
        Raw predictions a row.
    """

    def __init__(self, loss: Loss, y: np.ndarray, weight: RowWeights | np.ndarray, n_outputs: int):
        self.loss = loss
        self.weight = weight
        self.hyper = loss.hyper_values()
        self.y = y
        self.n_outputs = n_outputs
        self._curvature: Any = type(loss).function("curvature_at")
        self._conjugate: Any = type(loss).function("conjugate")

    @property
    def couples(self) -> bool:
        """Whether the outputs of a row interact."""
        return isinstance(self.loss, BatchLoss)

    @property
    def targets(self) -> np.ndarray:
        """Targets in float64; of losses that are added up over outputs, one for each raw prediction."""
        return self._targets(ALL)

    @abstractmethod
    def _targets(self, rows: slice) -> np.ndarray:
        """Return the targets of some rows."""

    def mean(self, z: np.ndarray | Along) -> float:
        """Return the weighted mean of the losses."""
        return float(sum(self.total(z[rows], rows) for rows in chunks(len(z))))

    def slope_along(self, line: Along) -> float:
        """Return the derivative of the weighted mean by the length of a line, where `line` stands."""
        each = (self.weight[r] @ (self.slopes(line[r], r) * line.moved[r]) for r in chunks(len(line)))
        return float(sum(slope.sum() for slope in each))

    def slopes(self, z: np.ndarray, rows: slice | None = None) -> np.ndarray:
        """Return the derivative of each row's own loss."""
        if rows is not None:
            return self._slopes(z, rows)
        return by_chunks(len(z), lambda each: self._slopes(z[each], each))

    def mean_conjugate(self, slopes: np.ndarray, factor: float | np.ndarray = 1.0) -> float:
        """Return the weighted mean of the conjugates at `factor` times feasible slopes."""
        return float(sum(self._total_conjugate(factor * slopes[rows], rows) for rows in chunks(len(slopes))))

    @abstractmethod
    def total(self, z: np.ndarray, rows: slice) -> float:
        """Return the weighted sum of the losses of some rows, which `z` belongs to."""

    @abstractmethod
    def _total_conjugate(self, slopes: np.ndarray, rows: slice) -> float:
        """Return the same of the conjugates."""

    @abstractmethod
    def _slopes(self, z: np.ndarray, rows: slice) -> np.ndarray:
        """Return the derivative of each row's own loss."""

    @abstractmethod
    def curvatures(self, z: np.ndarray, rows: slice = ALL) -> tuple[np.ndarray, np.ndarray | None]:
        """Return `diagonal` and `coupling`: a row's Hessian is ``diag(diagonal) - coupling coupling'``."""

    @abstractmethod
    def feasible(self, slopes: np.ndarray, balanced: bool, overwrite: bool = False) -> np.ndarray:
        """Return slopes near these where the conjugate is finite, with weighted sums of zero if `balanced`.

        Shrinking feasible slopes toward zero keeps them feasible.
        """


class PointwiseTerms(Terms):
    """Losses that are added up over outputs: one target for each, or one class against the rest."""

    def __init__(self, loss: Loss, y: np.ndarray, weight: RowWeights | np.ndarray, n_outputs: int):
        if len(y) <= CHUNK:  # then it is one chunk, which need not be converted again and again
            y = np.asarray(y, np.float64)
        super().__init__(loss, y.reshape(len(y), -1), weight, n_outputs)
        self._evaluate: Any = type(loss).function("evaluate")
        self._range: Any = type(loss).function("slope_range")
        self._given = loss.hyper_of_outputs(n_outputs)
        self.hyper = tuple(self._given)
        self._outputs = np.arange(n_outputs)

    def output(self, k: int) -> Self:
        """Return the terms of one output alone."""
        if self.n_outputs == 1:
            return self
        alone = copy.copy(self)
        alone._outputs = self._outputs[k : k + 1]
        alone._given = self._given[:, k : k + 1]
        alone.hyper = tuple(alone._given)
        return alone

    def slope_range(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the bounds of the slope of each row of the only output."""
        low, high, _ = np.broadcast_arrays(*self._range(self.targets, self.hyper), self.targets)
        return low[:, 0], high[:, 0]

    def _targets(self, rows: slice) -> np.ndarray:
        y = self.y[rows]
        if self.n_outputs > 1:
            if y.shape[1] == self.n_outputs:
                y = y[:, self._outputs]
            elif "classification" in self.loss.tasks:  # one class against the rest
                y = y == self._outputs
            else:
                y = np.repeat(y, len(self._outputs), axis=1)
        return np.ascontiguousarray(y, dtype=np.float64)

    def total(self, z: np.ndarray, rows: slice) -> float:
        return float((self.weight[rows] @ self._evaluate(z, self._targets(rows), self.hyper)[0]).sum())

    def _total_conjugate(self, slopes: np.ndarray, rows: slice) -> float:
        return float((self.weight[rows] @ self._conjugate(slopes, self._targets(rows), self.hyper)).sum())

    def _slopes(self, z: np.ndarray, rows: slice) -> np.ndarray:
        return self._evaluate(z, self._targets(rows), self.hyper)[1]

    def curvatures(self, z: np.ndarray, rows: slice = ALL) -> tuple[np.ndarray, np.ndarray | None]:
        return self._curvature(z, self._targets(rows), self.hyper), None

    def ramps(self) -> tuple[np.ndarray, ...]:
        """Return `corner`, `low`, `high` and `run` of all ramps, each of shape (n_ramps, n, n_outputs)."""
        ramps: Any = type(self.loss).function("ramps")
        y = self.targets
        parts = [np.broadcast_arrays(*ramp, y)[:4] for ramp in ramps(y, self.hyper)]
        return tuple(np.stack(part) for part in zip(*parts, strict=True))

    def feasible(self, slopes: np.ndarray, balanced: bool, overwrite: bool = False) -> np.ndarray:
        slopes = slopes if overwrite else slopes.copy()
        up, down = np.zeros(slopes.shape[1]), np.zeros(slopes.shape[1])
        total, endless = 0.0, balanced
        for rows in chunks(len(slopes)):
            part, weight = slopes[rows], self.weight[rows]
            low, high = self._range(self._targets(rows), self.hyper)
            endless = endless and bool(np.isinf(low).all() and np.isinf(high).all())
            if not endless:
                np.clip(part, low, high, out=part)
            if balanced:
                up += weight @ np.maximum(part, 0.0)
                down += weight @ np.maximum(-part, 0.0)
                total += weight.sum()
        if not balanced:
            return slopes
        # The heavier side is shrunk to the weight of the lighter one.
        both = np.minimum(up, down)
        rise, fall = both / np.maximum(up, 1e-300), both / np.maximum(down, 1e-300)
        for rows in chunks(len(slopes)):
            part = slopes[rows]
            if endless:
                part -= (up - down) / total
            else:
                part *= np.where(part > 0.0, rise, fall)
        return slopes


class BatchTerms(Terms):
    """A loss whose outputs interact: softmax."""

    def total(self, z: np.ndarray, rows: slice) -> float:
        y, weight = self._targets(rows), self.weight[rows]
        return float(self.loss.evaluate_batch(np, z, y, weight, np.zeros(1, np.int64))[0])

    def _total_conjugate(self, slopes: np.ndarray, rows: slice) -> float:
        return float(self.weight[rows] @ self._conjugate(slopes, self._targets(rows), self.hyper))

    def _targets(self, rows: slice) -> np.ndarray:
        return self.y[rows].astype(np.float64)

    def _slopes(self, z: np.ndarray, rows: slice) -> np.ndarray:
        y = self._targets(rows)
        return self.loss.evaluate_batch(np, z, y, np.ones(len(y)), np.zeros(1, np.int64))[1]

    def curvatures(self, z: np.ndarray, rows: slice = ALL) -> tuple[np.ndarray, np.ndarray | None]:
        return self._curvature(z, self._targets(rows), self.hyper)

    def feasible(self, slopes: np.ndarray, balanced: bool, overwrite: bool = False) -> np.ndarray:
        feasible: Any = type(self.loss).function("feasible")
        slopes = slopes if overwrite else slopes.copy()
        return feasible(slopes, self._targets(ALL), self.weight[ALL], balanced, self.hyper)


def terms_of(loss: Loss, y: np.ndarray, weight: RowWeights | np.ndarray, n_outputs: int) -> Terms:
    """Return the terms of a loss without queries."""
    if isinstance(loss, BatchLoss):
        return BatchTerms(loss, y.reshape(len(y)), weight, n_outputs)
    return PointwiseTerms(loss, y, weight, n_outputs)
