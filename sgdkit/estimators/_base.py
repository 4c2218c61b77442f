"""What all sgdkit estimators share: from parameters and data to a trained state, and back."""

import contextlib
import warnings
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from sgdkit._compat import CallbackSupportMixin
from sgdkit.backends.base import Backend, Problem, TrainState
from sgdkit.backends.select import BACKENDS, is_cupy, select_backend
from sgdkit.data.order import RUN_LENGTH, SHUFFLE_ROWS_BELOW, looks_ordered, run_edges
from sgdkit.engine.loop import FitResult, Plan, fold_center, initial_state, train
from sgdkit.engine.rates import automatic_rates, column_centers
from sgdkit.engine.stopping import StopReason
from sgdkit.estimators._inputs import check_rows
from sgdkit.estimators._params import ComponentParams, check_choice, check_number
from sgdkit.exceptions import ConvergenceWarning, InvalidParameterError, UnsupportedCombinationError
from sgdkit.losses.base import Loss
from sgdkit.optimizers.adagrad import AdaGrad
from sgdkit.optimizers.base import UpdateRule
from sgdkit.penalties import PENALTIES, resolve_penalty
from sgdkit.plugin.provenance import provenance_of_class
from sgdkit.plugin.registry import default_registry
from sgdkit.schedules.base import Schedule
from sgdkit.schedules.constant import Constant

__all__ = ("LinearModel", "TrainingRows")

SMALL_BATCH = 64


@dataclass(slots=True)
class TrainingRows:
    """Validated and encoded rows, and what validation during training needs.

    Attributes
    ----------
    X : ndarray or CSR matrix of shape (n_rows, n_features)
        Rows of positive weight.
    y : ndarray of shape (n_rows,)
        Encoded targets.
    weight : ndarray of shape (n_rows,) or None
        Row weights, class weights included.
    n_outputs : int
        Raw predictions a row.
    edges : ndarray of shape (n_queries + 1,) or None
        Borders of the queries.
    validation : dict or None
        Keyword arguments for ``score``.
    labels : ndarray of shape (n_rows,)
        Targets as the user gave them, for callbacks.
    """

    X: Any
    y: np.ndarray
    weight: np.ndarray | None
    n_outputs: int
    edges: np.ndarray | None
    validation: dict[str, Any] | None
    labels: np.ndarray


class LinearModel(CallbackSupportMixin, ComponentParams, BaseEstimator):  # type: ignore[misc]
    """Base of the estimators; see one of them for the parameters."""

    _task: ClassVar[str]
    # Whether adding a constant to all raw predictions changes nothing (ranking).
    _shift_invariant: ClassVar[bool] = False

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    # What a task decides.

    @abstractmethod
    def _resolve_loss(self, n_outputs: int) -> Loss:
        """Return the loss object for this number of outputs."""

    @abstractmethod
    def _publish(self, coef: Any, intercept: Any) -> dict[str, Any]:
        """Return the fitted attributes for coefficients (n_features, n_outputs) and intercepts."""

    def _loss_of_task(self, part: Any) -> Loss:
        loss = default_registry().resolve("loss", part, Loss)
        if self._task not in loss.tasks:
            fitting = [n for n, c in default_registry().table("loss").items() if self._task in c.tasks]
            raise InvalidParameterError(
                f"loss={part!r} is for {' or '.join(sorted(loss.tasks))}, but {type(self).__name__} needs a loss for "
                f"{self._task}: {', '.join(map(repr, fitting))}."
            )
        return loss  # type: ignore[no-any-return]

    # Parameters.

    def _check_parameters(self) -> None:
        check_number(self, "alpha", 0.0)
        check_number(self, "l1_ratio", 0.0, 1.0)
        check_number(self, "max_iter", 1, integer=True)
        check_number(self, "tol", 0.0, optional=True)
        check_number(self, "n_iter_no_change", 1, integer=True)
        check_number(self, "validation_fraction", 0.0, 1.0, low_open=True, high_open=True)
        check_choice(self, "penalty", PENALTIES)
        check_choice(self, "backend", BACKENDS)
        if self.batch_size != "auto":
            check_number(self, "batch_size", 1, integer=True)
        for flag in ("shuffle", "early_stopping", "warm_start"):
            check_choice(self, flag, (True, False))

    def _resolve_rule(self) -> UpdateRule:
        if isinstance(self.optimizer, str) and self.optimizer == "auto":
            return AdaGrad()
        return default_registry().resolve("optimizer", self.optimizer, UpdateRule)  # type: ignore[no-any-return]

    def _resolve_schedule(self) -> Schedule | None:
        """Return the schedule, or None for the automatic rate."""
        part = self.learning_rate
        if isinstance(part, str) and part == "auto":
            return None
        if isinstance(part, int | float | np.number) and not isinstance(part, bool):
            check_number(self, "learning_rate", 0.0, low_open=True)
            part = Constant(float(part))
        schedule: Schedule = default_registry().resolve("learning_rate", part, Schedule)
        schedule.check()
        return schedule

    def _check_rule_fits(self, rule: UpdateRule, l1: float) -> None:
        if l1 > 0.0 and not rule.has_proximal_step:
            able = [n for n, c in default_registry().table("optimizer").items() if c().has_proximal_step]
            raise UnsupportedCombinationError(
                f"penalty={self.penalty!r} needs an optimizer with a proximal step, and {rule.name!r} has none. "
                f"Use one of {', '.join(map(repr, able))}, or penalty='l2'."
            )

    # Training.

    @contextlib.contextmanager
    def _unchanged_on_failure(self) -> Iterator[None]:
        before = dict(vars(self))
        try:
            yield
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise

    def _seed_from(self, continued: bool) -> int:
        if continued:
            return int(self._training["seed"])
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _order_rows(self, rows: TrainingRows, batch_size: int) -> np.ndarray:
        if rows.edges is not None:
            return rows.edges
        n = rows.X.shape[0]
        if not self.shuffle:
            return run_edges(n, n)
        if n < SHUFFLE_ROWS_BELOW or batch_size >= n or looks_ordered(rows.X, rows.y):
            return run_edges(n, 1)
        return run_edges(n, RUN_LENGTH)

    def _build_problem(
        self, rows: TrainingRows, rule: UpdateRule, loss: Loss, backend: Backend, rates: np.ndarray | None,
        center: np.ndarray | None,
    ) -> Problem:
        penalty = resolve_penalty(self.penalty, float(self.alpha), float(self.l1_ratio))
        self._check_rule_fits(rule, penalty.l1)
        batch_size = int(SMALL_BATCH if self.batch_size == "auto" else self.batch_size)
        dtype = rows.X.dtype
        return Problem(
            X=rows.X,
            y=backend.from_host(rows.y.astype(dtype)),
            weight=None if rows.weight is None else backend.from_host(rows.weight.astype(dtype)),
            mean_weight=1.0 if rows.weight is None else float(rows.weight.mean()),
            edges=self._order_rows(rows, batch_size),
            whole_runs=rows.edges is not None,
            batch_size=batch_size,
            loss=loss,
            rule=rule,
            l1=penalty.l1,
            l2=penalty.l2,
            rates=rates,
            n_outputs=rows.n_outputs,
            fit_intercept=bool(getattr(self, "fit_intercept", False)),
            center=center,
        )

    def _train(self, rows: TrainingRows, *, continued: bool, max_iter: int, context: Any = None) -> Self:
        """Train on validated rows and set every fitted attribute."""
        rule, schedule = self._resolve_rule(), self._resolve_schedule()
        loss = self._resolve_loss(rows.n_outputs)
        backend, backend_reason = select_backend(self.backend, rows.X)
        memory = self._training if continued else {}
        state, rates, center = (memory.get(part) for part in ("state", "rates", "center"))
        if center is not None and sp.issparse(rows.X):
            state, center = fold_center(state, center, rows.n_outputs), None
        if schedule is None and rates is None:
            host_X = rows.X.get() if is_cupy(rows.X) else rows.X
            fit_intercept = bool(getattr(self, "fit_intercept", False))
            can_center = fit_intercept or self._shift_invariant
            center = column_centers(host_X, rows.weight) if can_center and state is None else center
            scale = loss.target_scale(rows.y, rows.weight)
            rates = automatic_rates(host_X, rows.weight, loss, rule, scale, fit_intercept, center)
        problem = self._build_problem(rows, rule, loss, backend, None if schedule else rates, center)
        if state is not None and (type(rule), rows.X.dtype) != (memory["rule"], state.w.dtype):
            fresh = initial_state(problem, backend, np.zeros(rows.n_outputs), rows.X.dtype, max_iter)
            fresh.w = fresh.w + state.w.astype(rows.X.dtype)
            state = fresh
        if state is None:
            start = loss.best_constant(rows.y, rows.weight, rows.n_outputs)
            state = initial_state(problem, backend, start, rows.X.dtype, max_iter)
        seed = self._seed_from(continued)
        plan = Plan(
            schedule=schedule,
            max_iter=max_iter,
            tol=self.tol,
            n_iter_no_change=self.n_iter_no_change,
            shuffle=self.shuffle,
            seed=seed,
            validate=None if rows.validation is None else self._validator(rows, backend, center),
            early_stopping=bool(self.early_stopping),
            observe=None if context is None else self._observer(rows, backend, center, context),
        )
        result = train(problem, state, backend, plan)
        self._training = {
            "state": result.state,
            "rates": rates,
            "center": center,
            "seed": seed,
            "rule": type(rule),
        }
        self._describe(problem, backend, backend_reason, schedule)
        self._conclude(result, rows, backend, center, plan)
        return self

    def _attributes(
        self, state: TrainState, rows: TrainingRows, backend: Backend, center: np.ndarray | None
    ) -> dict[str, Any]:
        d, k = rows.X.shape[1], rows.n_outputs
        state = state if center is None else fold_center(state, center, k)
        W = backend.xp.reshape(state.w, (d + 1, k))
        return self._publish(backend.xp.asarray(W[:d, :], copy=True), backend.xp.asarray(W[d, :], copy=True))

    def _validator(self, rows: TrainingRows, backend: Backend, center: np.ndarray | None) -> Any:
        def validate(state: TrainState) -> float:
            vars(self).update(self._attributes(state, rows, backend, center))
            return float(self.score(**rows.validation))

        return validate

    def _observer(self, rows: TrainingRows, backend: Backend, center: np.ndarray | None, context: Any) -> Any:
        def observe(state: TrainState, epoch: int) -> bool:
            task = context.subcontext(task_name="epoch")
            task.call_on_fit_task_begin(estimator=self, X=rows.X, y=rows.labels)
            return bool(
                task.call_on_fit_task_end(
                    estimator=self,
                    X=rows.X,
                    y=rows.labels,
                    reconstruction_attributes=lambda: self._attributes(state, rows, backend, center),
                )
            )

        return observe

    def _conclude(
        self, result: FitResult, rows: TrainingRows, backend: Backend, center: np.ndarray | None, plan: Plan
    ) -> None:
        vars(self).update(self._attributes(result.state, rows, backend, center))
        n_epochs = result.history["epoch"].shape[0]
        self.n_iter_ = max(n_epochs, 1)
        self.stop_reason_ = result.reason.value
        self.converged_ = result.reason in (StopReason.CONVERGED, StopReason.EARLY_STOPPING)
        self.history_ = result.history
        if result.reason is StopReason.NOT_FINITE:
            self._warn_not_finite(n_epochs + 1, rows)
        elif result.reason is StopReason.MAX_ITER and plan.tol is not None and plan.max_iter > 1:
            objective = result.history["objective"]
            back = min(plan.n_iter_no_change, n_epochs - 1)
            fall = 1.0 - objective[-1] / objective[-1 - back] if objective[-1 - back] else 0.0
            warnings.warn(
                f"{type(self).__name__} stopped at max_iter={plan.max_iter} epochs; the objective still changed by "
                f"{100 * fall:.2g} % over the last {back} (tol={plan.tol:g} asks for less in one of them). "
                "Raise max_iter, or tol if this is close enough.",
                ConvergenceWarning,
                stacklevel=2,
            )

    def _warn_not_finite(self, epoch: int, rows: TrainingRows) -> None:
        values = abs(rows.X).max()
        warnings.warn(
            f"{type(self).__name__} met an objective that is not finite in epoch {epoch}; training ended there and "
            f"kept the weights of epoch {epoch - 1}. learning_rate={self.learning_rate!r} is too large for values up "
            f"to {float(values):.3g}: scale the features, lower the rate, or use learning_rate='auto'.",
            ConvergenceWarning,
            stacklevel=2,
        )

    def _describe(self, problem: Problem, backend: Backend, backend_reason: str, schedule: Schedule | None) -> None:
        """Record what trained the model: the evidence that an audit reads."""

        def entry(part: Any) -> dict[str, Any]:
            origin = provenance_of_class(type(part))
            return {
                "name": part.name,
                "class": f"{type(part).__module__}.{type(part).__qualname__}",
                "distribution": origin.distribution,
                "version": origin.version,
                "params": part.get_params(),
            }

        own = {"distribution": "sgdkit", "version": entry(problem.loss)["version"]}
        automatic = {"name": "auto", "class": "sgdkit.engine.rates.automatic_rates", "params": {}} | own
        self.components_ = {
            "loss": entry(problem.loss),
            "penalty": {"name": str(self.penalty).lower(), "class": "sgdkit.penalties.Penalty"}
            | own
            | {"params": {"alpha": float(self.alpha), "l1": problem.l1, "l2": problem.l2}},
            "optimizer": entry(problem.rule),
            "learning_rate": automatic if schedule is None else entry(schedule),
            "backend": {"name": backend.name, "class": f"{type(backend).__module__}.{type(backend).__qualname__}"}
            | own
            | {"params": {"batch_size": problem.batch_size, "dtype": str(problem.X.dtype)}},
        }
        self.backend_, self.backend_reason_ = backend.name, backend_reason
        self.optimizer_ = problem.rule.name
        self.objective_ = (
            f"(1/sum(s)) sum_i s_i {problem.loss.name}(x_i w + b, y_i) "
            f"+ {problem.l1:g} |w|_1 + {problem.l2:g}/2 |w|_2^2"
        )

    # Prediction.

    def _raw(self, X: Any) -> Any:
        """Return ``X @ coef + intercept`` of shape (n_samples, n_outputs)."""
        check_is_fitted(self)
        X = check_rows(self, X)
        if is_cupy(X) != is_cupy(self.coef_):
            here, there = ("the GPU", "main memory") if is_cupy(X) else ("main memory", "the GPU")
            raise InvalidParameterError(
                f"X is in {here} but {type(self).__name__} was fitted in {there}; move X there, or fit again."
            )
        coef = self.coef_.reshape(-1, X.shape[1]).T if self.coef_.ndim == 1 else self.coef_.T
        return X @ coef + self.intercept_
