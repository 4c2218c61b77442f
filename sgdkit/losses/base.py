"""What a loss is: one value and one gradient for each raw prediction."""

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np

from sgdkit.namespaces import rebind
from sgdkit.parameter_object import ParameterObject

__all__ = ("BatchLoss", "Loss", "PointwiseLoss")


class Loss(ParameterObject):
    """Base of all losses. Subclass `PointwiseLoss`, or `BatchLoss` where rows or outputs interact.

    Attributes
    ----------
    name : str
        Registry name, snake case.
    tasks : frozenset of {"regression", "classification", "ranking"}
        What kind of target it takes.
    curvature : float
        Largest second derivative of the mean loss along raw predictions that move by at most 1 in
        each row (``inf`` where there is none, as for the hinge); for a pointwise loss that of one
        row. Sets the scale of automatic rates.
    multi_output : bool, default=False
        Whether a row has one raw prediction for each class.
    """

    tasks: ClassVar[frozenset[str]]
    curvature: ClassVar[float]
    multi_output: ClassVar[bool] = False

    @abstractmethod
    def evaluate_batch(self, xp: Any, raw: Any, y: Any, weight: Any, offsets: Any) -> tuple[Any, Any]:
        """Return the weighted sum of losses and its gradient, on arrays of the namespace `xp`.

        Parameters
        ----------
        xp : namespace
            ``numpy``, ``cupy`` or any array-API namespace.
        raw : array of shape (n_rows, n_outputs)
            Raw predictions ``Xw + b``.
        y, weight : array of shape (n_rows,)
            Encoded targets; weights with any averaging factor already inside.
        offsets : ndarray of shape (n_groups + 1,), dtype int64
            Where each query starts among the rows; length 1 for losses without groups.

        Returns
        -------
        total : 0-d array
            ``sum(weight * loss)``.
        gradient : array of shape (n_rows, n_outputs)
            Its derivative with respect to `raw`.
        """

    def best_constant(self, y: Any, weight: Any, n_outputs: int) -> Any:
        """Return the raw prediction, one for each output, that a model without features starts at.

        Parameters
        ----------
        y, weight : ndarray of shape (n_rows,)
            Encoded targets and their weights, on the host.
        n_outputs : int
            Number of raw predictions a row.
        """
        return np.zeros(n_outputs)

    def target_scale(self, y: Any, weight: Any) -> float:
        """Return the size of a typical raw prediction, in the units of the target; 1 for classes."""
        return 1.0


class PointwiseLoss(Loss):
    """A loss of one raw prediction and one target, written once for every backend.

    Write `evaluate` as a static method with arithmetic and ``np`` functions only; the rules for
    such functions are those of `sgdkit.optimizers.UpdateRule`. With several raw predictions a row
    it is applied to each class against the rest, and the losses of a row are added.

    Notes
    -----
    Optional static methods, found by name, which solvers ask for. They are only run on NumPy arrays of
    one shape.

    ``curvature_at(raw, y, hyper) -> array``
        The second derivative with respect to the raw prediction, zero or positive.
    ``conjugate(slope, y, hyper) -> array``
        The convex conjugate ``sup_z (slope z - loss(z))`` for slopes inside the range.
    ``slope_range(y, hyper) -> (low, high)``
        Where the conjugate is finite: the interval of all slopes the loss can have, which holds 0.
        Together with `conjugate` it bounds the distance to the optimum (see `sgdkit.solvers`).
    ``proximal_slope(c, y, q, hyper) -> slope``
        The slope `g` that the loss has at the raw prediction ``c - q g``, for `q` above zero; compiled
        by the solver ``sdca``.
    """

    @staticmethod
    @abstractmethod
    def evaluate(raw: Any, y: Any, hyper: tuple) -> tuple[Any, Any]:
        """Return the loss and its derivative with respect to the raw prediction.

        Parameters
        ----------
        raw, y : scalar or array
            Raw prediction and encoded target.
        hyper : tuple
            The hyperparameters, in declared order.
        """

    def evaluate_batch(  # noqa: D102
        self, xp: Any, raw: Any, y: Any, weight: Any, offsets: Any
    ) -> tuple[Any, Any]:
        evaluate = rebind(type(self).function("evaluate"), xp)
        target = y[:, None]
        if raw.shape[1] > 1:  # one against the rest: 1 for the row's own class
            one = xp.ones_like(raw)
            own = xp.arange(raw.shape[1], dtype=raw.dtype)[None, :] == target
            target = xp.where(own, one, 0.0 * one)
        value, gradient = evaluate(raw, target, self.hyper_values())
        return xp.sum(weight[:, None] * value), weight[:, None] * gradient


class BatchLoss(Loss):
    """A loss whose value needs all outputs of a row (softmax) or all rows of a query (ranking).

    It has two forms, held equal by the common tests: ``evaluate_batch`` on arrays, and `loops`,
    plain loops that the compiled backend can take.
    """

    @staticmethod
    @abstractmethod
    def loops(raw: Any, y: Any, weight: Any, hyper: tuple, offsets: Any, out: Any) -> float:
        """Write the gradient into `out` and return ``sum(weight * loss)``; shapes as above."""
