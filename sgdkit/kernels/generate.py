"""Compile rules, losses and kernels: once for each dtype, kept on disk, shared by all processes.

Each becomes a source file in the cache folder, named by the hash of what it does. What a file
needs of plain functions reaches it through `INGREDIENTS`, filled before the file is imported.
"""

import hashlib
import inspect
import sys
from functools import partial
from types import CodeType, FunctionType
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from sgdkit.decay import decay_step, decay_steps
from sgdkit.kernels.abi import FASTMATH
from sgdkit.kernels.cache import compiler_lock, load_generated
from sgdkit.kernels.pointers import function_address
from sgdkit.kernels.templates import (
    catch_up_source,
    kernel_trailer,
    loss_source,
    update_source,
)
from sgdkit.kernels.vector_math import scalar_numpy
from sgdkit.losses.base import BatchLoss, Loss
from sgdkit.namespaces import code_fingerprint, rebind
from sgdkit.optimizers.base import UpdateRule
from sgdkit.proximal import fits_series, proximal_step, proximal_steps, proximal_steps_series, within

__all__ = (
    "Compiled",
    "compiled_catch_up",
    "compiled_kernel",
    "compiled_loss",
    "compiled_update",
)

INGREDIENTS: dict[str, dict[str, Any]] = {}

_CLOSED_FORMS: tuple[Any, ...] = (decay_steps, fits_series, proximal_steps, proximal_steps_series)


class Compiled(NamedTuple):
    """A compiled loop and the address by which kernels call it."""

    run: Any
    address: int


_loaded: dict[tuple[str, str], Compiled] = {}


def _key(*parts: Any) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:20]


def _narrow_constants(function: FunctionType) -> FunctionType:
    """Return `function` with float literals as float32, so that they do not widen the arithmetic."""

    def narrow(code: CodeType) -> CodeType:
        constants = tuple(
            np.float32(c) if isinstance(c, float) else narrow(c) if isinstance(c, CodeType) else c
            for c in code.co_consts
        )
        return code.replace(co_consts=constants)

    return FunctionType(
        narrow(function.__code__), function.__globals__, function.__name__, function.__defaults__
    )


def _scalar(function: FunctionType, dtype: str) -> Any:
    """Return a plain function as Numba can inline it into a loop."""

    def finish(copy: FunctionType) -> Any:
        copy = _narrow_constants(copy) if dtype == "float32" else copy
        # Without reassociation: 1 - beta rewritten would cost float32 rules several digits.
        return njit(copy, error_model="numpy", fastmath=FASTMATH - {"reassoc"}, forceinline=True)

    return rebind(function, scalar_numpy, finish=finish)


def _compiled(
    kind: str, functions: dict[str, FunctionType], shape: tuple, source: Any, part: type, dtype: Any
) -> Compiled:
    """Return the loop around `functions`, from memory, from disk or freshly compiled."""
    name = np.dtype(dtype).name
    key = _key(kind, shape, [(role, code_fingerprint(f)) for role, f in sorted(functions.items())])
    if (key, name) not in _loaded:
        INGREDIENTS[key] = {role: _scalar(function, name) for role, function in functions.items()}
        with compiler_lock():
            run = load_generated(f"{kind}_{key}_{name}", source(part, key, name)).run
        _loaded[key, name] = Compiled(run, function_address(run))
    return _loaded[key, name]


def _roles(rule: type[UpdateRule], *roles: str) -> dict[str, FunctionType]:
    return {role: f for role in roles if (f := rule.function(role)) is not None}


def _shape(rule: type[UpdateRule], decays: bool) -> tuple:
    followers = tuple(rule.slots.index(slot) for slot in rule.weight_slots)
    return (len(rule.slots), len(rule.hyper), rule.sparse, len(rule.reductions), decays and (True, followers))


def compiled_update(rule: type[UpdateRule], dtype: Any, decays: bool) -> Compiled:
    """Return the loop that makes one step of `rule`, penalty, bounds and, if it `decays`, weight decay."""
    functions = _roles(rule, "update", "reduce", "regularized", "step_size") | {
        "proximal_step": proximal_step,
        "decay_step": decay_step,
        "within": within,
    }
    source = partial(update_source, decays=decays)
    return _compiled("update", functions, _shape(rule, decays), source, rule, dtype)  # type: ignore[arg-type]


def compiled_catch_up(rule: type[UpdateRule], dtype: Any, decays: bool) -> Compiled:
    """Return the loop that replays missed steps of `rule`, of the penalty or of weight decay."""
    functions = _roles(rule, "catch_up", "regularized", "step_size")
    functions |= {f.__name__: f for f in _CLOSED_FORMS}
    decays = decays and rule.sparse == "exact"  # others are not caught up when they decay
    source = partial(catch_up_source, decays=decays)
    return _compiled("catch_up", functions, _shape(rule, decays), source, rule, dtype)


def compiled_loss(loss: type[Loss], dtype: Any) -> Compiled:
    """Return the loop over the rows of a batch for `loss`."""
    role = "loops" if issubclass(loss, BatchLoss) else "evaluate"
    function = loss.function(role)
    if function is None:
        raise TypeError(f"{loss.__name__} has no static method {role!r}, which its base class asks for.")
    shape = (len(loss.hyper), "classification" in loss.tasks)
    return _compiled("loss", {role: function}, shape, loss_source, loss, dtype)


def compiled_kernel(
    module: str, signature: Any, function: str = "epoch", parts: dict[str, FunctionType] | None = None
) -> Any:
    """Return a function of a kernel module, compiled for one signature.

    The module's text is copied into the cache, because Numba keeps machine code beside the file it
    came from. The cache folder's name holds the hash of every file of this package, so a kernel
    may call helpers of another file and is still rebuilt when they change. `parts` are plain functions of
    a loss or rule, by the names under which the module calls them, in float64.
    """
    parts = parts or {}
    fingerprints = [(name, code_fingerprint(part)) for name, part in sorted(parts.items())]
    key = _key("kernel", module, function, str(signature), fingerprints)
    INGREDIENTS[key] = {"signature": signature, "parts": {n: _scalar(p, "float64") for n, p in parts.items()}}
    source = inspect.getsource(sys.modules[module]) + kernel_trailer(key, function)
    with compiler_lock():
        return load_generated(f"kernel_{key}", source).run
