"""ParameterTrace: a scikit-learn callback that keeps loss and coefficients of every epoch."""

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ("ParameterTrace",)


class ParameterTrace:
    """Record the coefficients after every epoch, and the loss beside them.

    Set it on an estimator that supports scikit-learn's callbacks with ``set_callbacks``. It records in the
    process that fits; a later fit replaces an earlier one, so after a search it holds the final refit.

    Parameters
    ----------
    max_coefficients : int, default=12
        At most this many coefficients are kept: the largest ones at the end of training.
    feature_names : sequence of str or None, default=None
        Names of the features; the estimator's own ``feature_names_in_`` when None. They may be set after
        the fit, when what stands before the estimator has named its columns.

    Attributes
    ----------
    names : tuple of str
        Names of the recorded columns: ``step``, one per coefficient, ``bias`` columns, ``loss``.
    rows : tuple of tuple of float
        One row per epoch.

    Examples
    --------
    >>> from sgdkit.governance.trace import ParameterTrace
    >>> trace = ParameterTrace()
    >>> trace.columns
    {}
    """

    def __init__(self, max_coefficients: int = 12, feature_names: Sequence[str] | None = None) -> None:
        self.max_coefficients = max_coefficients
        self.feature_names = feature_names
        self._steps: list[int] = []
        self._coefficients: list[np.ndarray] = []
        self._bias: list[np.ndarray] = []
        self._loss: list[float] = []
        self._feature_names: tuple[str, ...] = ()

    def setup(self, estimator: Any, context: Any) -> None:
        """Start afresh for a new fit."""
        self._steps, self._coefficients, self._bias, self._loss = [], [], [], []
        self._feature_names = ()

    def teardown(self, estimator: Any, context: Any) -> None:
        """Take the loss from the estimator's own history, where it keeps one of equal length."""
        objective = getattr(estimator, "history_", {}).get("objective")
        if objective is not None and len(objective) == len(self._steps):
            self._loss = [float(value) for value in objective]

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Nothing to record before a task."""

    def on_fit_task_end(
        self, estimator: Any, context: Any, *, X: Any = None, y: Any = None, fitted_estimator: Any = None
    ) -> None:
        """Record one epoch."""
        if context.task_name != "epoch" or fitted_estimator is None:
            return
        coefficients = np.atleast_2d(np.asarray(fitted_estimator.coef_, dtype=np.float64))
        names = getattr(fitted_estimator, "feature_names_in_", ())
        self._feature_names = tuple(str(name) for name in names)
        self._coefficients.append(coefficients)
        self._bias.append(np.ravel(np.asarray(fitted_estimator.intercept_, dtype=np.float64)))
        self._steps.append(len(self._steps) + 1)

    @property
    def columns(self) -> dict[str, tuple[float, ...]]:
        """Columns by name: ``step``, coefficients, ``bias``, and ``loss`` where it is known."""
        if not self._steps:
            return {}
        weights = np.stack(self._coefficients)
        bias = np.stack(self._bias)
        n_outputs, n_features = weights.shape[1:]
        flat = weights.reshape(len(weights), -1)
        kept = np.sort(np.argsort(-np.abs(flat[-1]), kind="stable")[: self.max_coefficients])
        names = self._feature_names if self.feature_names is None else tuple(self.feature_names)
        columns: dict[str, tuple[float, ...]] = {"step": tuple(float(step) for step in self._steps)}
        for position in kept.tolist():
            output, feature = divmod(position, n_features)
            name = str(names[feature]) if len(names) == n_features else f"x{feature}"
            suffix = f" [{output}]" if n_outputs > 1 else ""
            columns[f"weight {name}{suffix}"] = tuple(flat[:, position].tolist())
        for output in range(min(bias.shape[1], self.max_coefficients)):
            suffix = f" [{output}]" if bias.shape[1] > 1 else ""
            columns[f"bias{suffix}"] = tuple(bias[:, output].tolist())
        if self._loss:
            columns["loss"] = tuple(self._loss)
        return columns

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the recorded columns."""
        return tuple(self.columns)

    @property
    def rows(self) -> tuple[tuple[float, ...], ...]:
        """One row per epoch, in the order of `names`."""
        return tuple(zip(*self.columns.values(), strict=True))
