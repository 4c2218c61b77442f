"""The array backend: plain NumPy as the reference of every test, CuPy on a GPU, others alike.

Every line is written over a namespace `xp`, so what runs on a GPU is what the tests run on NumPy
and on array-api-strict. Each batch updates every coordinate; batches should be large.
"""

from functools import partial
from typing import Any

import numpy as np

from sgdkit.backends.base import Backend, EpochReport, EpochRunner, Problem, TrainState
from sgdkit.backends.bounds import coordinate_bounds
from sgdkit.data.order import batches
from sgdkit.decay import decay_step
from sgdkit.losses.base import BatchLoss
from sgdkit.namespaces import rebind
from sgdkit.optimizers.base import UpdateRule
from sgdkit.proximal import proximal_step, within

__all__ = ("ArrayBackend", "apply_rule")


def apply_rule(
    xp: Any,
    rule: UpdateRule,
    w: Any,
    g: Any,
    slots: tuple,
    lr: Any,
    t: float,
    l1: Any = 0.0,
    l2: Any = 0.0,
    weight_decay: Any = 0.0,
    bounds: tuple[Any, Any] | None = None,
    units: Any = 1.0,
) -> tuple[Any, tuple]:
    """Make one step of `rule`, penalty and weight decay, within bounds, on arrays of the namespace `xp`.

    Parameters
    ----------
    xp : namespace
        Of the arrays.
    rule : UpdateRule
        The rule.
    w, g : array of shape (n,)
        Weights and gradient of the loss.
    slots : tuple of arrays of shape (n,)
        The rule's state.
    lr : array of shape (n,)
        Rate of each coordinate.
    t : float
        Number of this step, from 1.
    l1, l2 : array of shape (n,), default=0.0
        Penalty strength of each coordinate.
    weight_decay : array of shape (n,), default=0.0
        Decoupled weight decay of each coordinate.
    bounds : pair of arrays of shape (n,) or None, default=None
        Lowest and highest weight of each coordinate; infinite where there is none.
    units : array of shape (n,), default=1.0
        Unit of each weight: the rule sees ``w / units`` and ``units * g``.

    Returns
    -------
    w : array of shape (n,)
    slots : tuple of arrays of shape (n,)
    """

    def bound(role: str) -> Any:
        function = rule.function(role)
        return None if function is None else rebind(function, xp)

    hyper = rule.hyper_values()
    step_size, regularized = bound("step_size"), bound("regularized")
    if not (isinstance(weight_decay, float) and weight_decay == 0.0):
        shrink = partial(rebind(decay_step, xp), share=lr * weight_decay)
        w = shrink(w)
        slots = tuple(
            shrink(slot) if name in rule.weight_slots else slot
            for name, slot in zip(rule.slots, slots, strict=True)
        )
    if step_size is None and regularized is None:
        g = g + l2 * w
    arguments: tuple[Any, ...] = (w / units, units * g, slots, hyper, lr, t)
    if rule.reductions:
        reduce = bound("reduce")
        arguments += (tuple(xp.sum(term) for term in reduce(*arguments)),)
    w, slots = bound("update")(*arguments)
    free = isinstance(l1, float) and isinstance(l2, float) and l1 == l2 == 0.0
    if not free or bounds is not None:
        if regularized is not None:
            w = regularized(w, slots, hyper, lr, t, units * l1, units * units * l2)
        elif step_size is not None:
            strengths = units * l1, units * units * l2
            w = rebind(proximal_step, xp)(w, step_size(slots, hyper, lr, t), *strengths)
    w = units * w
    if bounds is not None:
        w = rebind(within, xp)(w, *bounds)
    return w, slots


def _clipped(xp: Any, gradient: Any, norm: float, value: float) -> Any:
    """Return the gradient with its components, then its norm, held below the limits."""
    if value < np.inf:
        gradient = xp.clip(gradient, -value, value)
    if norm < np.inf:
        size = float(xp.sum(gradient * gradient)) ** 0.5
        gradient = gradient * (norm / size) if size > norm else gradient
    return gradient


class ArrayBackend(Backend):
    """Epochs over arrays of one namespace.

    Parameters
    ----------
    xp : namespace
        ``numpy``, ``cupy``, ``array_api_strict``, …
    name : str
        What `backend_` shows.
    """

    def __init__(self, xp: Any = np, name: str = "reference"):
        self.xp = xp
        self.name = name

    def to_host(self, array: Any) -> np.ndarray:  # noqa: D102
        return np.asarray(array.get() if hasattr(array, "get") else array)

    def bind(self, problem: Problem, dtype: np.dtype) -> EpochRunner:  # noqa: D102
        return partial(self._run_epoch, problem)

    def _run_epoch(self, problem: Problem, state: TrainState, order: np.ndarray, lr: float) -> EpochReport:
        xp, k = self.xp, problem.n_outputs
        d = problem.X.shape[1]
        dtype = state.w.dtype
        units = xp.asarray(problem.units(), dtype=dtype)
        rate = xp.full(units.shape, lr * problem.common_rate, dtype=dtype)
        penalised = np.repeat(np.append(np.ones(d), 0.0), k)
        has_penalty = problem.l1 > 0.0 or problem.l2 > 0.0
        l1 = xp.asarray(problem.l1 * penalised, dtype=dtype) if has_penalty else 0.0
        l2 = xp.asarray(problem.l2 * penalised, dtype=dtype) if has_penalty else 0.0
        decay: Any = problem.rule.decay()
        if decay > 0.0:
            decay = xp.asarray(decay * penalised, dtype=dtype)
        n_moving = (d + int(problem.fit_intercept)) * k
        rate, units, l1, l2, decay = (
            part if isinstance(part, float) else part[:n_moving] for part in (rate, units, l1, l2, decay)
        )
        center = xp.asarray(
            np.zeros((1, d)) if problem.center is None else problem.center[None, :], dtype=dtype
        )
        bounds = None
        if problem.bounds is not None:
            low, high = coordinate_bounds(problem, np.dtype(self.to_host(state.w[:1]).dtype))
            free = np.full(k, np.inf, low.dtype)
            low, high = np.append(low, -free)[:n_moving], np.append(high, free)[:n_moving]
            bounds = xp.asarray(low), xp.asarray(high)
        loss_sum = 0.0
        square_sum = 0.0
        n_batches = 0
        for rows, offsets in batches(order, problem.edges, problem.whole_runs, problem.batch_size):
            index = xp.asarray(rows)
            dense = hasattr(problem.X, "__array_namespace__") or isinstance(problem.X, np.ndarray)
            X = xp.take(problem.X, index, axis=0) if dense else problem.X[index]
            y = xp.take(problem.y, index, axis=0)
            weight = xp.ones(y.shape[0], dtype=dtype)
            if problem.weight is not None:
                weight = xp.take(problem.weight, index)
            weight = weight / (y.shape[0] * problem.mean_weight)
            W = xp.reshape(state.w, (d + 1, k))
            raw = X @ W[:d, :] + (W[d:, :] - center @ W[:d, :])
            value, slope = problem.loss.evaluate_batch(
                xp, raw, y[:, 0] if isinstance(problem.loss, BatchLoss) else y, weight, offsets
            )
            if not np.isfinite(float(value)):
                return EpochReport(loss_sum / problem.X.shape[0], 0.0, finite=False)
            # A sum below its own rounding is zero, as in the compiled kernels.
            total, magnitude = xp.sum(slope, axis=0), xp.sum(xp.abs(slope), axis=0)
            roundoff = 1e-6 if dtype == xp.float32 else 2e-15
            total = xp.where(xp.abs(total) <= roundoff * magnitude, 0.0 * total, total)
            by_feature = X.T @ slope - center.T * total
            gradient = xp.concat([xp.reshape(by_feature, (-1,)), total])[:n_moving]
            square_sum += float(xp.sum(gradient * gradient))
            gradient = _clipped(xp, gradient, problem.clip_norm, problem.clip_value)
            state.step += 1
            slots = tuple(state.slots[i, :n_moving] for i in range(len(problem.rule.slots)))
            w, t = state.w[:n_moving], float(state.step)
            w, slots = apply_rule(xp, problem.rule, w, gradient, slots, rate, t, l1, l2, decay, bounds, units)
            state.w = xp.concat([w, state.w[n_moving:]])
            for i, slot in enumerate(slots):
                state.slots[i, :n_moving] = slot
            loss_sum += float(value) * y.shape[0]
            n_batches += 1
        return EpochReport(
            loss_sum / problem.X.shape[0], (square_sum / max(n_batches, 1)) ** 0.5, finite=True
        )
