"""The loss as solvers see it: values, slopes, curvatures and conjugates of all rows at once.

Everything is float64 and has the shape (n_rows, n_outputs).
"""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from sgdkit.losses.base import BatchLoss, Loss

__all__ = ("Terms", "has_certificate", "has_curvature", "has_ramps", "is_smooth", "terms_of")


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


class Terms(ABC):
    """The losses of all rows, at raw predictions `z`.

    Parameters
    ----------
    loss : Loss
        The loss.
    y : ndarray of shape (n, ...)
        Encoded targets.
    weight : ndarray of shape (n,)
        Weight of each row in the objective.
    n_outputs : int
        Raw predictions a row.

    Attributes
    ----------
    targets : ndarray of shape (n, n_outputs)
        Target of each raw prediction; of losses that are added up over outputs alone.
    """

    targets: np.ndarray

    def __init__(self, loss: Loss, y: np.ndarray, weight: np.ndarray, n_outputs: int):
        self.loss = loss
        self.weight = weight
        self.hyper = loss.hyper_values()
        self.y = y
        self._curvature: Any = type(loss).function("curvature_at")
        self._conjugate: Any = type(loss).function("conjugate")

    @property
    def couples(self) -> bool:
        """Whether the outputs of a row interact."""
        return isinstance(self.loss, BatchLoss)

    @abstractmethod
    def mean(self, z: np.ndarray) -> float:
        """Return the weighted mean of the losses."""

    @abstractmethod
    def slopes(self, z: np.ndarray) -> np.ndarray:
        """Return the derivative of each row's own loss."""

    @abstractmethod
    def curvatures(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Return `diagonal` and `coupling`: a row's Hessian is ``diag(diagonal) - coupling coupling'``."""

    @abstractmethod
    def mean_conjugate(self, slopes: np.ndarray) -> float:
        """Return the weighted mean of the conjugates at feasible slopes."""

    @abstractmethod
    def feasible(self, slopes: np.ndarray, balanced: bool) -> np.ndarray:
        """Return slopes near these where the conjugate is finite, with weighted sums of zero if `balanced`.

        Shrinking feasible slopes toward zero keeps them feasible.
        """


class PointwiseTerms(Terms):
    """Losses that are added up over outputs: one target for each, or one class against the rest."""

    def __init__(self, loss: Loss, y: np.ndarray, weight: np.ndarray, n_outputs: int):
        super().__init__(loss, y, weight, n_outputs)
        y = y.reshape(len(y), -1)
        if y.shape[1] != n_outputs:
            apart = "classification" in loss.tasks  # one class against the rest
            y = y == np.arange(n_outputs) if apart else np.repeat(y, n_outputs, axis=1)
        self.y = self.targets = np.ascontiguousarray(y, dtype=np.float64)
        self._evaluate: Any = type(loss).function("evaluate")
        self.hyper = tuple(loss.hyper_of_outputs(n_outputs))

    def mean(self, z: np.ndarray) -> float:
        return float((self.weight @ self._evaluate(z, self.y, self.hyper)[0]).sum())

    def slopes(self, z: np.ndarray) -> np.ndarray:
        return self._evaluate(z, self.y, self.hyper)[1]

    def curvatures(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        return self._curvature(z, self.y, self.hyper), None

    def mean_conjugate(self, slopes: np.ndarray) -> float:
        return float((self.weight @ self._conjugate(slopes, self.y, self.hyper)).sum())

    def ramps(self) -> tuple[np.ndarray, ...]:
        """Return `corner`, `low`, `high` and `run` of all ramps, each of shape (n_ramps, n, n_outputs)."""
        ramps: Any = type(self.loss).function("ramps")
        parts = [np.broadcast_arrays(*ramp, self.y)[:4] for ramp in ramps(self.y, self.hyper)]
        return tuple(np.stack(part) for part in zip(*parts, strict=True))

    def feasible(self, slopes: np.ndarray, balanced: bool) -> np.ndarray:
        slope_range: Any = type(self.loss).function("slope_range")
        low, high = slope_range(self.y, self.hyper)
        if balanced and np.isinf(low).all() and np.isinf(high).all():
            return slopes - self.weight @ slopes / self.weight.sum()
        slopes = np.clip(slopes, low, high)
        if not balanced:
            return slopes
        up = self.weight @ np.maximum(slopes, 0.0)
        down = self.weight @ np.maximum(-slopes, 0.0)
        # The heavier side is shrunk to the weight of the lighter one.
        both = np.minimum(up, down)
        return slopes * np.where(slopes > 0.0, both / np.maximum(up, 1e-300), both / np.maximum(down, 1e-300))


class BatchTerms(Terms):
    """A loss whose outputs interact: softmax."""

    def mean(self, z: np.ndarray) -> float:
        return float(self.loss.evaluate_batch(np, z, self.y, self.weight, np.zeros(1, np.int64))[0])

    def slopes(self, z: np.ndarray) -> np.ndarray:
        return self.loss.evaluate_batch(np, z, self.y, np.ones_like(self.weight), np.zeros(1, np.int64))[1]

    def curvatures(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        return self._curvature(z, self.y, self.hyper)

    def mean_conjugate(self, slopes: np.ndarray) -> float:
        return float(self.weight @ self._conjugate(slopes, self.y, self.hyper))

    def feasible(self, slopes: np.ndarray, balanced: bool) -> np.ndarray:
        feasible: Any = type(self.loss).function("feasible")
        return feasible(slopes, self.y, self.weight, balanced, self.hyper)


def terms_of(loss: Loss, y: np.ndarray, weight: np.ndarray, n_outputs: int) -> Terms:
    """Return the terms of a loss without queries."""
    if isinstance(loss, BatchLoss):
        return BatchTerms(loss, np.asarray(y, np.float64).ravel(), weight, n_outputs)
    return PointwiseTerms(loss, y, weight, n_outputs)
