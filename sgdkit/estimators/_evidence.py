"""What training leaves behind for people and audits: components, formula, warnings."""

import warnings
from typing import Any

import numpy as np

from sgdkit.backends.base import Backend, Problem
from sgdkit.engine.checkpoint import Checkpoint, Keeper
from sgdkit.engine.loop import FitResult, Plan
from sgdkit.engine.stopping import StopReason
from sgdkit.exceptions import ConvergenceWarning
from sgdkit.parameter_object import ParameterObject
from sgdkit.plugin.provenance import provenance_of_class
from sgdkit.schedules.base import Schedule
from sgdkit.solvers.base import Solver

__all__ = ("describe", "kept_in", "warn_if_unfinished")


def _entry(kind: type, name: str, params: dict[str, Any]) -> dict[str, Any]:
    origin = provenance_of_class(kind)
    return {
        "name": name,
        "class": f"{kind.__module__}.{kind.__qualname__}",
        "distribution": origin.distribution,
        "version": origin.version,
        "params": params,
    }


def _part(part: Any) -> dict[str, Any]:
    return _entry(type(part), part.name, part.get_params())


class _AutomaticRate:
    """Stands for the rate that `sgdkit.engine.rates` derives from the data."""


def _rates(rates: np.ndarray) -> dict[str, float]:
    return (
        {"first": float(rates[0]), "highest": float(rates.max()), "last": float(rates[-1])}
        if rates.size
        else {}
    )


class _OwnSteps:
    """Stands for the steps that a solver finds by itself."""


def describe(
    model: Any,
    problem: Problem,
    optimizer: ParameterObject,
    backend: Backend,
    reason: str,
    schedule: Schedule | None,
    rates: np.ndarray,
) -> dict[str, Any]:
    """Return the fitted attributes that say what trained the model, at the given rate in each epoch."""
    if schedule is not None:
        rate = _part(schedule)
    elif isinstance(optimizer, Solver):
        rate = _entry(_OwnSteps, "own_steps", {})
    else:
        rate = _entry(_AutomaticRate, "auto", {})
    strengths = {"alpha": float(model.alpha), "l1": problem.l1, "l2": problem.l2}
    size = model.batch_size.get_params() if hasattr(model.batch_size, "get_params") else problem.batch_size
    run = {"batch_size": size, "sampling": model.sampling, "dtype": str(problem.X.dtype)}
    components = {
        "loss": _part(problem.loss),
        "penalty": _entry(type(problem.penalty), str(model.penalty).lower(), strengths),
        "optimizer": _part(optimizer),
        "learning_rate": rate | {"max_iter": int(model.max_iter), "rates": _rates(rates)},
        "backend": _entry(type(backend), backend.name, run),
    }
    objective = (
        f"(1/sum(s)) sum_i s_i {problem.loss.name}(x_i w + b, y_i) "
        f"+ {problem.l1:g} |w|_1 + {problem.l2:g}/2 |w|_2^2"
    )
    if problem.bounds is not None:
        objective += " subject to bounds_[j, 0] <= w_j <= bounds_[j, 1]"
    return {
        "bounds_": None if problem.bounds is None else problem.bounds.T.copy(),
        "components_": components,
        "objective_": objective,
        "optimizer_": optimizer.name,
        "backend_": backend.name,
        "backend_reason_": reason,
    }


def kept_in(keeper: Keeper | None) -> dict[str, Any]:
    """Return the entry of a run's checkpoint: where it is, and the hash of what it holds."""
    if keeper is None:
        return {}
    settings = keeper.settings
    params = {} if settings is None else settings.get_params() | {"path": str(settings.path)}
    return {"checkpoint": _entry(Checkpoint, Checkpoint.name, params) | keeper.evidence()}


def _unfinished(model: Any, result: FitResult, plan: Plan) -> str | None:
    """Say how far training was from each tolerance, or None where there was none."""
    objective = result.history["objective"]
    n_epochs = len(objective)
    limit, end = "max_iter", f"stopped at max_iter={plan.max_iter} epochs"
    if result.reason is StopReason.MAX_SECONDS:
        limit = "max_seconds"
        end = f"stopped after {n_epochs} epoch(s), when max_seconds={model.max_seconds:g} had passed"
    findings = {}
    if plan.tol is not None:
        back = min(plan.n_iter_no_change, n_epochs - 1)
        fall = 1.0 - objective[-1] / objective[-1 - back] if objective[-1 - back] else 0.0
        findings["tol"] = (
            f"the objective still changed by {100 * fall:.2g} % over the last {back} (tol={plan.tol:g} asks "
            "for less in one of them)"
            if back
            else "the objective of one epoch says nothing about convergence"
        )
    if plan.gradient is not None and plan.gradient_goal > 0.0:
        share = model.grad_tol * result.history["full_gradient_norm"][-1] / plan.gradient_goal
        findings["grad_tol"] = (
            f"the gradient is at {share:.3g} of its first size (grad_tol={model.grad_tol:g})"
        )
    if not findings:
        return None
    return (
        f"{type(model).__name__} {end}; {', and '.join(findings.values())}. "
        f"Raise {limit}, or {' or '.join(findings)} if this is close enough."
    )


def _remedy(model: Any) -> str:
    if isinstance(model.learning_rate, str) and model.learning_rate == "auto":
        return "scale the features and the target, or set a learning_rate"
    return "scale the features, lower the rate, or use learning_rate='auto'"


def warn_if_unfinished(model: Any, result: FitResult, plan: Plan, X: Any, left: float) -> None:
    """Warn, with numbers and a remedy, where training diverged, ran out of epochs or time, or got stuck.

    `left` is about how much lower the objective can go.
    """
    n_epochs = len(result.history["epoch"])
    message = None
    if result.reason is StopReason.NOT_FINITE:
        message = (
            f"{type(model).__name__} met an objective that is not finite in epoch {n_epochs + 1}; training "
            f"ended there and kept the weights of epoch {n_epochs}. "
            f"learning_rate={model.learning_rate!r} is too large for values up to "
            f"{float(abs(X).max()):.3g}: {_remedy(model)}."
        )
    elif result.reason is StopReason.DIVERGED:
        message = (
            f"{type(model).__name__} ended with an objective of {result.history['objective'][-1]:.3g}, above "
            "that of a model without features: training diverged with "
            f"learning_rate={model.learning_rate!r}; "
            f"{_remedy(model)}."
        )
    elif result.reason is StopReason.STALLED:
        message = (
            f"{type(model).__name__} stopped after {n_epochs} epochs of {model.optimizer_!r} because the "
            f"objective {result.history['objective'][-1]:.4g} stood still, but it can still be {left:.2g} "
            "above its least value: the problem is too ill-conditioned for steps along gradients. Use a "
            "solver (optimizer='auto') where there is one, raise alpha, or lower tol."
        )
    elif result.reason in (StopReason.MAX_ITER, StopReason.MAX_SECONDS) and plan.max_iter > 1:
        message = _unfinished(model, result, plan)
    if not model.converged_:  # one warning says it all
        severe = [each for each in model.diagnosis_ if each.severity == "severe"]
        told = result.reason in (StopReason.NOT_FINITE, StopReason.DIVERGED)
        more = [f"{each.evidence} {each.advice}" for each in severe if each.name != "diverging" or not told]
        message = " ".join([*([] if message is None else [message]), *more]) or None
    if message is not None:
        warnings.warn(message, ConvergenceWarning, stacklevel=5)
