"""What all sgdkit estimators share: from parameters and data to a trained state, and back."""

import contextlib
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils import check_random_state
from sklearn.utils.extmath import safe_sparse_dot
from sklearn.utils.validation import check_is_fitted

from sgdkit._compat import CallbackSupportMixin
from sgdkit.backends.base import Backend, Problem, TrainState
from sgdkit.backends.select import is_cupy, select_backend
from sgdkit.blas_threads import one_blas_thread
from sgdkit.engine.averaging import averaged_state
from sgdkit.engine.loop import Plan, fold_center, initial_state, restarted, train
from sgdkit.engine.measured_rule import measured
from sgdkit.engine.rates import (
    automatic_rates,
    column_centers,
    constant_loss,
    mean_square_slope,
    typical_curvature,
)
from sgdkit.engine.stopping import StopReason
from sgdkit.estimators._averaging import choose_solution
from sgdkit.estimators._batches import batch_rows, corrected, runs_of, sampler_of
from sgdkit.estimators._bounds import bounds_of
from sgdkit.estimators._checkpoint import KeptRun, refuse_in_stream
from sgdkit.estimators._diagnosis import DiagnosisMixin, facts_of
from sgdkit.estimators._evidence import describe, kept_in, warn_if_unfinished
from sgdkit.estimators._inputs import check_rows
from sgdkit.estimators._inspection import ExplainMixin
from sgdkit.estimators._params import ComponentParams
from sgdkit.estimators._resolve import (
    averaging_of,
    check_parameters,
    loss_for,
    optimizer_of,
    schedule_of,
)
from sgdkit.estimators._rows import TrainingRows, in_units_of_the_mean
from sgdkit.estimators._solve import train_whole
from sgdkit.estimators._sparse_coef import SparseCoef
from sgdkit.estimators._standing_still import FAR, distance_left
from sgdkit.estimators._stops import gradient_rule
from sgdkit.exceptions import InvalidParameterError
from sgdkit.losses.base import Loss
from sgdkit.schedules.growing_batch import GrowingBatch
from sgdkit.schedules.reduce_on_plateau import ReduceOnPlateau
from sgdkit.solvers.base import Solver
from sgdkit.solvers.choose import LEFT

__all__ = ("LinearModel",)


class LinearModel(
    DiagnosisMixin, ExplainMixin, CallbackSupportMixin, ComponentParams, SparseCoef, BaseEstimator
):
    """Base of the estimators; see one of them for the parameters."""

    _task: ClassVar[str]
    # Whether adding a constant to all raw predictions changes nothing (ranking).
    _shift_invariant: ClassVar[bool] = False
    _training: dict[str, Any]
    _own_rows: tuple[Any, ...]
    _kept: KeptRun

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

    def _check_parameters(self) -> None:
        check_parameters(self)

    def _loss_of_task(self, part: Any) -> Loss:
        return loss_for(self._task, part)

    # Training.

    @contextlib.contextmanager
    def _unchanged_on_failure(self) -> Iterator[None]:
        before = dict(self.__dict__)
        try:
            yield
        except BaseException:
            self.__dict__.clear()
            self.__dict__.update(before)
            raise

    def _fit(self, prepare: Callable[[bool], TrainingRows]) -> Self:
        """Train on what `prepare` returns, given whether to go on from the last solution."""
        began = time.perf_counter()
        with self._unchanged_on_failure():
            continued = bool(self.warm_start) and hasattr(self, "_training")
            self._kept = KeptRun.of(self)
            rows = prepare(continued)
            self._own_rows = (rows.X, *([] if rows.validation is None else [rows.validation["X"]]))
            seen = {"estimator": self, "X": rows.X, "y": rows.labels, "metadata": rows.metadata}
            context = self._init_callback_context(max_subtasks=self.max_iter)
            context.call_on_fit_task_begin(**seen)
            deadline = None if self.max_seconds is None else began + float(self.max_seconds)
            self._train(rows, continued=continued, max_iter=self.max_iter, context=context, deadline=deadline)
            context.call_on_fit_task_end(**seen, reconstruction_attributes={})
            del self._own_rows, self._kept
        return self

    @one_blas_thread()
    def _train(
        self,
        rows: TrainingRows,
        *,
        continued: bool,
        max_iter: int,
        context: Any = None,
        deadline: float | None = None,
    ) -> Self:
        """Train on validated rows and set every fitted attribute."""
        streaming = max_iter == 1 and context is None
        if streaming:
            refuse_in_stream(self)
        schedule, loss = schedule_of(self), clone(self._resolve_loss(rows.n_outputs))
        automatic = schedule is None or schedule.automatic
        optimizer, penalty, why = optimizer_of(self, rows, loss, streaming)
        backend, reason = select_backend(self.backend, rows.X)
        fit_intercept = bool(getattr(self, "fit_intercept", False))
        resumed = None if streaming else self._kept.resumed
        memory = self._training if continued and resumed is None else {}
        d, k = rows.X.shape[1], rows.n_outputs
        state, center = memory.get("state"), memory.get("center")
        if (k_before := memory.get("n_outputs", k)) != k:
            raise InvalidParameterError(
                f"The last solution has {k_before} output(s), but y and the loss now ask for {k}. Fit with "
                "warm_start=False to start anew."
            )
        if state is not None and state.w.shape[0] != (d + 1) * k:
            raise InvalidParameterError(
                f"The last solution has {state.w.shape[0] // k - 1} features, but X has {d}. Fit with "
                "warm_start=False to start anew."
            )
        if isinstance(optimizer, Solver):
            if state is not None and center is not None:
                state = fold_center(state, center, k)
            observer = None if context is None else partial(self._observer, rows, context=context)
            seed = self._seed(memory)
            keeper = self._kept.keeper(self, rows, optimizer.name, seed)
            train_whole(self, optimizer, why, rows, loss, penalty, seed, state, max_iter, observer, keeper)
            return self
        relative_weight = rows.relative_weight()
        start = loss.best_constant(rows.y, relative_weight, k)
        # A stream keeps all of its state while rule and precision stay; any other run keeps the weights.
        rule = measured(optimizer) if automatic else optimizer
        same = memory.get("rule") is type(rule) and state is not None and state.w.dtype == rows.X.dtype
        goes_on = streaming and same
        rates = memory.get("rates") if goes_on else None
        if state is not None and center is not None and not goes_on:
            state, center = fold_center(state, center, k), None
        if automatic and rates is None:
            host_X = rows.X.get() if is_cupy(rows.X) else rows.X
            can_center = fit_intercept or self._shift_invariant
            if center is None and can_center and not goes_on:
                center = column_centers(host_X, relative_weight)
            scale = loss.target_scale(rows.y, relative_weight)
            curvature = None
            if not np.isfinite(loss.curvature) and rows.edges is None:
                curvature = typical_curvature(loss, start, scale, rows.y, relative_weight)
            rates = automatic_rates(
                host_X,
                relative_weight,
                loss,
                rule,
                scale,
                fit_intercept,
                center,
                curvature,
                penalty.l2,
                batch_rows(self, rows),
            )
        dtype = rows.X.dtype
        batch_size, sampler = batch_rows(self, rows), sampler_of(self, rows, fit_intercept, center)
        weight_seen = memory.get("weight_seen") if streaming else None
        true_weight, weight_seen = in_units_of_the_mean(rows, weight_seen)
        drawn_weight = corrected(true_weight, sampler)
        problem = Problem(
            X=rows.X,
            y=backend.from_host(rows.y.astype(dtype).reshape(rows.X.shape[0], -1)),
            weight=None if drawn_weight is None else backend.from_host(drawn_weight.astype(dtype)),
            mean_weight=1.0,
            edges=runs_of(self, rows, batch_size),
            whole_runs=rows.edges is not None,
            batch_size=batch_size,
            loss=loss,
            rule=rule,
            penalty=penalty,
            rates=rates if automatic else None,
            n_outputs=rows.n_outputs,
            fit_intercept=fit_intercept,
            center=center,
            clip_norm=float("inf") if self.clip_norm is None else float(self.clip_norm),
            clip_value=float("inf") if self.clip_value is None else float(self.clip_value),
            bounds=bounds_of(self, d, k),
        )
        if rows.class_counts is not None and not rows.class_counts.all():
            start = np.zeros(k)  # a chunk without a class does not tell that the class is next to impossible
        if state is None:
            square_slope = None
            if fit_intercept and automatic:
                square_slope = mean_square_slope(loss, start, rows.y, relative_weight)
            state = initial_state(problem, backend, start, dtype, max_iter if automatic else 1, square_slope)
        elif not goes_on:  # a new run, from the weights of the last one
            state = restarted(problem, backend, state, dtype)
        follows = isinstance(schedule, ReduceOnPlateau)
        if not streaming:  # every fit begins its schedule anew, as scikit-learn's do
            state.since = state.epoch
        elif not (follows and memory.get("schedule") is type(schedule)):
            state.damping, state.best_objective, state.waited = 1.0, float("inf"), 0
            state.ceiling = float("inf")
        seed = self._seed(memory)
        keeper = None if streaming else self._kept.keeper(self, rows, rule.name, seed)

        # The automatic rate, also under the name of what it does, is all ours: nobody asked for its steps.
        ours = automatic and (schedule is None or follows) and not streaming
        averaging = averaging_of(self, ours and not self.early_stopping and penalty.l1 == 0.0)
        by_average = averaging is not None and (
            streaming or bool(self.early_stopping) or averaging.kind == "schedule_free"
        )

        def attributes(state: TrainState) -> dict[str, Any]:
            shown = averaged_state(state) if by_average else state
            return {"loss_": loss, **self._attributes(shown, rows, backend, center)}

        gradient, goal = None, 0.0
        if self.grad_tol is not None and not streaming:
            gradient, goal = gradient_rule(self, problem, backend, start, true_weight)
        alarm = float("inf")
        if ours and rows.edges is None:
            # A loss that nothing can lower, such as the perceptron's at zero, tells nothing.
            alarm = 1e3 * constant_loss(loss, start, rows.y, relative_weight) or alarm
        plan = Plan(
            schedule=schedule,
            max_iter=max_iter,
            tol=self.tol,
            n_iter_no_change=self.n_iter_no_change,
            shuffle=self.shuffle,
            seed=seed,
            adapt=follows or (rule.halves and not streaming),
            horizon=self.max_iter,
            validate=None if rows.validation is None else self._validator(rows.validation, attributes),
            early_stopping=bool(self.early_stopping) and rows.validation is not None,
            observe=None if context is None else self._observer(rows, attributes, context),
            averaging=averaging,
            gradient=gradient,
            gradient_goal=goal,
            deadline=deadline,
            sampler=sampler,
            alarm=alarm,
            # Not by validation scores, which the best figure so far may be.
            rising=rule.step == "linear"
            and (rule.halves or bool(rule.stiffness))
            and alarm < float("inf")
            and not (self.early_stopping and schedule is not None),
            batches=self.batch_size if isinstance(self.batch_size, GrowingBatch) else None,
            keeper=keeper,
        )
        result = train(problem, state, backend, plan)
        solution, averages = result.state, dict[str, Any]()
        if averaging is not None:
            own = None if true_weight is None else backend.from_host(true_weight.astype(dtype))
            stated = replace(problem, weight=own)  # without what the sampler corrects
            solution, averages = choose_solution(stated, backend, result.state, averaging, by_average)
        objective = result.history["objective"]
        # A model whose bounds exclude zero may rightly be worse than one without features.
        zero = problem.bounds is None or not np.clip(0.0, *problem.bounds).any()
        if result.reason is StopReason.CONVERGED and rows.edges is None and zero:
            constant = constant_loss(loss, start, rows.y, relative_weight)
            if objective[-1] > 1.5 * constant > 0.0:
                result = replace(result, reason=StopReason.DIVERGED)
        left = float("nan")
        if ours and result.reason is StopReason.CONVERGED:
            unasked = why.startswith(LEFT)
            left = distance_left(problem, backend, solution, true_weight, unasked)
            if left > max(0.0 if unasked else FAR, plan.tol or 0.0) * abs(objective[-1]):
                result = replace(result, reason=StopReason.STALLED)
        self._training = {
            "state": result.state if streaming else solution,
            "rates": rates, "center": center, "seed": seed, "rule": type(rule),
            "schedule": type(schedule) if follows else None,
            "n_outputs": k, "weight_seen": weight_seen, "class_counts": rows.class_counts,
            "offset": rows.factor is not None,
        }  # fmt: skip
        rates_used = result.history["learning_rate"]
        parts = describe(self, problem, rule, backend, reason, schedule, rates_used)
        parts["components_"] |= averages | kept_in(keeper)
        published = self._attributes(solution, rows, backend, center)
        self.__dict__.update({"loss_": loss, **published} | parts)
        self.optimizer_reason_ = why
        self.optimality_gap_ = float("nan")  # an update rule proves nothing
        self.n_iter_ = max(len(result.history["epoch"]), 1)
        self.stop_reason_ = result.reason.value
        self.converged_ = result.reason.met_a_rule
        self.history_ = result.history
        self._facts = {} if streaming else facts_of(loss, start, rows, automatic)
        self._facts["culprits"] = result.culprits
        warn_if_unfinished(self, result, plan, rows.X, left)
        return self

    def _seed(self, memory: dict[str, Any]) -> int:
        """Return the seed of the order: that of the run which this one goes on from, or a new one."""
        if hasattr(self, "_kept") and self._kept.resumed is not None:
            return self._kept.resumed.seed
        return memory["seed"] if memory else int(check_random_state(self.random_state).randint(2**31 - 1))

    def _attributes(
        self, state: TrainState, rows: TrainingRows, backend: Backend, center: np.ndarray | None
    ) -> dict[str, Any]:
        d, k = rows.X.shape[1], rows.n_outputs
        state = state if center is None else fold_center(state, center, k)
        W = backend.xp.reshape(state.w, (d + 1, k))
        return self._publish(backend.xp.asarray(W[:d, :], copy=True), backend.xp.asarray(W[d, :], copy=True))

    def _validator(
        self, validation: dict[str, Any], attributes: Callable[[TrainState], dict[str, Any]]
    ) -> Any:
        def validate(state: TrainState) -> float:
            self.__dict__.update(attributes(state))
            score = float(self.score(**validation))
            if not np.isfinite(score):
                raise InvalidParameterError(
                    f"The validation score is {score}: {len(validation['y'])} validation row(s) are too few. "
                    "Pass more rows as X_val and y_val, or raise validation_fraction."
                )
            return score

        return validate

    def _observer(
        self, rows: TrainingRows, attributes: Callable[[TrainState], dict[str, Any]], context: Any
    ) -> Callable[[TrainState, int], bool]:
        def observe(state: TrainState, epoch: int) -> bool:
            seen = {"estimator": self, "X": rows.X, "y": rows.labels, "metadata": rows.metadata}
            task = context.subcontext(task_name="epoch")
            task.call_on_fit_task_begin(**seen)
            return bool(
                task.call_on_fit_task_end(**seen, reconstruction_attributes=lambda: attributes(state))
            )

        return observe

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
        return safe_sparse_dot(X, coef, dense_output=True) + self.intercept_
