"""What a loss is: one value and one gradient for each raw prediction."""

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np

from sgdkit.exceptions import InvalidParameterError, UnsupportedCombinationError
from sgdkit.interval import Interval
from sgdkit.losses.statistics import robust_spread, root_of_increasing, sampled
from sgdkit.namespaces import rebind
from sgdkit.parameter_object import ParameterObject

__all__ = ("BatchLoss", "Loss", "PointwiseLoss", "ResidualLoss")


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
    target_interval : Interval, default=(-inf, inf)
        The targets of a regression loss; others are refused before training.
    deviance : bool, default=False
        Whether the loss is half a deviance: zero where the prediction is the target, with the mean
        as its best constant. `LinearRegressor.score` then is the share of the deviance explained.
    """

    tasks: ClassVar[frozenset[str]]
    curvature: ClassVar[float]
    multi_output: ClassVar[bool] = False
    target_interval: ClassVar[Interval] = Interval()
    deviance: ClassVar[bool] = False

    @property
    def n_outputs(self) -> int:
        """Number of outputs that the hyperparameters are given for; 1 where one value serves all."""
        return 1

    def hyper_of_outputs(self, n_outputs: int) -> np.ndarray:
        """Return the hyperparameters as an array of shape (n_hyper, 1), or (n_hyper, n_outputs)."""
        return np.array(self.hyper_values(), np.float64).reshape(len(self.hyper), 1)

    @abstractmethod
    def evaluate_batch(self, xp: Any, raw: Any, y: Any, weight: Any, offsets: Any) -> tuple[Any, Any]:
        """Return the weighted sum of losses and its gradient, on arrays of the namespace `xp`.

        Parameters
        ----------
        xp : namespace
            ``numpy``, ``cupy`` or any array-API namespace.
        raw : array of shape (n_rows, n_outputs)
            Raw predictions ``Xw + b``.
        y : array of shape (n_rows,), for a pointwise loss also (n_rows, n_targets)
            Encoded targets.
        weight : array of shape (n_rows,)
            Weights with any averaging factor already inside.
        offsets : ndarray of shape (n_groups + 1,), dtype int64
            Where each query starts among the rows; length 1 for losses without groups.

        Returns
        -------
        total : 0-d array
            ``sum(weight * loss)``.
        gradient : array of shape (n_rows, n_outputs)
            Its derivative with respect to `raw`.
        """

    @staticmethod
    def inverse_link(raw: Any) -> Any:
        """Return the prediction in the units of the target; the raw prediction itself by default.

        A static function of ``np`` functions and arithmetic, for arrays of any namespace.
        """
        return raw

    def best_constant(self, y: Any, weight: Any, n_outputs: int) -> Any:
        """Return the raw prediction, one for each output, that a model without features starts at.

        Parameters
        ----------
        y : ndarray of shape (n_rows,) or (n_rows, n_targets)
            Encoded targets, on the host.
        weight : ndarray of shape (n_rows,) or None
            Their weights.
        n_outputs : int
            Number of raw predictions a row.
        """
        return np.zeros(n_outputs)

    def target_scale(self, y: Any, weight: Any) -> Any:
        """Return the size of a typical raw prediction, in the units of the target; 1 for classes.

        Parameters
        ----------
        y : ndarray of shape (n_rows,) or (n_rows, n_targets)
            Encoded targets, on the host.
        weight : ndarray of shape (n_rows,) or None
            Their weights.

        Returns
        -------
        float or ndarray of shape (n_targets,)
        """
        return 1.0

    def absorb_offset(self, y: Any, weight_factor: Any, offset: Any) -> tuple[Any, Any]:
        r"""Return targets and weight factors under which ``raw`` has the loss of ``raw + offset``.

        .. math:: f'_i\, \ell(z, y'_i) = f_i\, \ell(z + o_i, y_i) \quad \text{for all } z

        So a known term of the prediction, such as the logarithm of an exposure, needs no place in
        the kernels.

        Parameters
        ----------
        y : ndarray of shape (n_rows,) or (n_rows, n_targets)
            Targets.
        weight_factor : ndarray of shape (n_rows,)
            Factors on the rows' losses.
        offset : ndarray of shape (n_rows,)
            What is added to the raw predictions.

        Raises
        ------
        UnsupportedCombinationError
            Unless the loss says how.
        """
        raise UnsupportedCombinationError(
            f"{type(self).__name__} cannot take an offset: it has no absorb_offset. Use a loss that has one, "
            "such as 'squared_error' or 'poisson'."
        )


def _n_outputs_of(values: tuple[Any, ...]) -> int:
    """Return how many outputs hyperparameters are given for; 1 where each serves all."""
    return max((len(value) for value in values if isinstance(value, tuple)), default=1)


class PointwiseLoss(Loss):
    """A loss of one raw prediction and one target, written once for every backend.

    Write `evaluate` as a static method with arithmetic and ``np`` functions only; the rules for
    such functions are those of `sgdkit.optimizers.UpdateRule`. With several raw predictions a row
    the losses of a row are added: in classification it is applied to each class against the rest,
    in regression output `k` has target ``min(k, n_targets - 1)``. Then any hyperparameter may be a
    sequence with one value for each output.

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
    ``ramps(y, hyper) -> tuple of (corner, low, high, run)``
        The slope as a sum of ramps ``clip((raw - corner) / run, low, high)``, with ``low <= 0 <= high``
        finite and ``run >= 0``: a jump where it is 0. For the solver ``interior_point``.
    ``half_parabolas(y, hyper) -> tuple of (corner, side, bend)``
        The loss as a sum of ``bend / 2 * max(0, side * (raw - corner))**2``, with sides of 1 or -1. For the
        solver ``newton`` where the problem is too large to factor.
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

    def hyper_values(self) -> tuple[Any, ...]:
        """Return the hyperparameters in declared order; a tuple for one that is given for each output.

        Raises
        ------
        InvalidParameterError
            If a value is not a finite number or outside its range, or if sequences differ in length.
        """
        values: list[Any] = []
        for parameter in self.hyper:
            given = getattr(self, parameter)
            if isinstance(given, list | tuple | np.ndarray):
                numbers = given.tolist() if isinstance(given, np.ndarray) else given
                if np.ndim(given) != 1 or not len(numbers):
                    raise InvalidParameterError(
                        f"{type(self).__name__}({parameter}={given!r}): {parameter} must be a number, or a "
                        "sequence with one number for each output."
                    )
                values.append(tuple(self.checked(parameter, number) for number in numbers))
            else:
                values.append(self.checked(parameter, given))
        lengths = {len(value) for value in values if isinstance(value, tuple)}
        if len(lengths) > 1:
            raise InvalidParameterError(
                f"{self!r}: parameters given for each output must have the same length, but these have "
                f"{' and '.join(map(str, sorted(lengths)))}."
            )
        return tuple(values)

    @property
    def n_outputs(self) -> int:  # noqa: D102
        return _n_outputs_of(self.hyper_values())

    def hyper_of_outputs(self, n_outputs: int) -> np.ndarray:
        """Return the hyperparameters as an array of shape (n_hyper, n_outputs).

        Raises
        ------
        InvalidParameterError
            If they are given for another number of outputs.
        """
        values = self.hyper_values()
        if (own := _n_outputs_of(values)) not in (1, n_outputs):
            raise InvalidParameterError(
                f"{self!r} has values for {own} outputs, but the model has {n_outputs}; give one number, or "
                "one for each output."
            )
        table = np.empty((len(values), n_outputs))
        for row, value in zip(table, values, strict=True):
            row[:] = value
        return table

    def evaluate_outputs(self, xp: Any, raw: Any, y: Any) -> tuple[Any, Any]:
        """Return the loss and its derivative for each raw prediction.

        Parameters
        ----------
        xp : namespace
            Of the arrays.
        raw : array of shape (n_rows, n_outputs)
            Raw predictions.
        y : array of shape (n_rows,) or (n_rows, n_targets)
            Encoded targets.

        Returns
        -------
        value, gradient : array of shape (n_rows, n_outputs)
        """
        k = raw.shape[1]
        target = y[:, None] if y.ndim == 1 else y
        if "classification" in self.tasks:
            if k > 1:  # one against the rest: 1 for the row's own class
                one = xp.ones_like(raw)
                own = xp.arange(k, dtype=raw.dtype)[None, :] == target[:, :1]
                target = xp.where(own, one, 0.0 * one)
        elif target.shape[1] not in (1, k):
            target = xp.take(target, xp.minimum(xp.arange(k), xp.asarray(target.shape[1] - 1)), axis=1)
        hyper = tuple(
            xp.asarray(self.hyper_of_outputs(k)[i], dtype=raw.dtype) if isinstance(value, tuple) else value
            for i, value in enumerate(self.hyper_values())
        )
        value, gradient = rebind(type(self).function("evaluate"), xp)(raw, target, hyper)
        return value, gradient

    def evaluate_batch(  # noqa: D102
        self, xp: Any, raw: Any, y: Any, weight: Any, offsets: Any
    ) -> tuple[Any, Any]:
        value, gradient = self.evaluate_outputs(xp, raw, y)
        return xp.sum(weight[:, None] * value), weight[:, None] * gradient

    def rearrange(self, xp: Any, raw: Any) -> Any:
        """Return the raw predictions of several outputs for one target as they are shown to the user.

        Parameters
        ----------
        xp : namespace
            Of the array.
        raw : array of shape (n_rows, n_outputs)
            Raw predictions.
        """
        return raw

    def _for_each_output(self, y: np.ndarray, n_outputs: int) -> list[tuple[np.ndarray, tuple[float, ...]]]:
        """Return the target and the hyperparameters of each output of a regression loss."""
        columns = y[:, None] if y.ndim == 1 else y
        hyper = self.hyper_of_outputs(n_outputs)
        return [
            (columns[:, min(k, columns.shape[1] - 1)], tuple(hyper[:, k].tolist())) for k in range(n_outputs)
        ]


class ResidualLoss(PointwiseLoss):
    """A convex regression loss of the residual ``raw - y`` alone; the prediction is ``Xw + b`` itself."""

    tasks = frozenset({"regression"})

    def best_of_column(self, y: np.ndarray, weight: np.ndarray, hyper: tuple[float, ...]) -> float:
        """Return the best constant for one target: where the mean derivative changes its sign."""
        return root_of_increasing(
            lambda raw: float(weight @ self.evaluate(np.full(len(y), raw), y, hyper)[1]),
            float(y.min()),
            float(y.max()),
        )

    def scale_of_column(self, y: np.ndarray, weight: np.ndarray) -> float:
        """Return the spread of one target."""
        return robust_spread(y, weight)

    def best_constant(self, y: Any, weight: Any, n_outputs: int) -> Any:  # noqa: D102
        y, weight = sampled(y, weight)
        outputs = self._for_each_output(y, n_outputs)
        return np.array([self.best_of_column(column, weight, hyper) for column, hyper in outputs])

    def target_scale(self, y: Any, weight: Any) -> Any:  # noqa: D102
        y, weight = sampled(y, weight)
        if y.ndim == 1:
            return self.scale_of_column(y, weight)
        return np.array([self.scale_of_column(column, weight) for column in y.T])

    def absorb_offset(self, y: Any, weight_factor: Any, offset: Any) -> tuple[Any, Any]:  # noqa: D102
        return y - (offset if y.ndim == 1 else offset[:, None]), weight_factor


class BatchLoss(Loss):
    """A loss whose value needs all outputs of a row (softmax) or all rows of a query (ranking).

    It has two forms, held equal by the common tests: ``evaluate_batch`` on arrays, and `loops`,
    plain loops that the compiled backend can take.
    """

    @staticmethod
    @abstractmethod
    def loops(raw: Any, y: Any, weight: Any, hyper: tuple, offsets: Any, out: Any) -> float:
        """Write the gradient into `out` and return ``sum(weight * loss)``; shapes as above."""
