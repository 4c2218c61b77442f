"""Turn a rule's or a loss's plain functions into compiled loops over a batch.

Each (functions, dtype) pair becomes a generated source file with explicit signatures, compiled
once and kept on disk. The functions enter it through `SCALARS`, a table filled before the file is
imported; their code is part of the file's name, so a cached file always matches them.
"""

import hashlib
import inspect
from types import CodeType, FunctionType
from typing import Any

import numpy as np
from numba import njit

from sgdkit.kernels.abi import FASTMATH
from sgdkit.kernels.cache import compiler_lock, load_generated
from sgdkit.kernels.pointers import function_address
from sgdkit.kernels.vector_math import scalar_numpy
from sgdkit.losses.base import BatchLoss, Loss
from sgdkit.namespaces import code_fingerprint, rebind
from sgdkit.optimizers.base import UpdateRule

__all__ = ("CompiledRule", "compiled_loss", "compiled_rule")

SCALARS: dict[str, dict[str, Any]] = {}
_loaded: dict[tuple[str, str], Any] = {}

_HEADER = """\
import numpy as np
from numba import njit
from sgdkit.kernels.abi import FASTMATH, kernel_types
from sgdkit.kernels.generate import SCALARS
from sgdkit.kernels.proximal import proximal_step, proximal_steps

T = kernel_types("{dtype}")
"""

_RULE = (
    _HEADER
    + """
functions = SCALARS["{key}"]
update = functions["update"]
penalise = functions.get("penalise")
catch_up = functions.get("catch_up")
reduce = functions.get("reduce")


@njit([T.update_all.signature], cache=True, nogil=True, error_model="numpy", fastmath=FASTMATH)
def update_all(w, g, n_moving, slots, hyper, rates, lr, t, l1, l2, n_penalised):
    norm = 0.0
    {sums}
    penalised = l1 > 0 or l2 > 0
    for j in range(n_moving):
        norm += g[j] * g[j]
    if penalised:
        for j in range(n_penalised):
            {move_penalised}
        for j in range(n_penalised, n_moving):
            {move}
    else:
        for j in range(n_moving):
            {move}
    return norm


@njit([T.update_touched.signature], cache=True, nogil=True, error_model="numpy", fastmath=FASTMATH)
def update_touched(
    w, features, n_touched, g, slots, hyper, rates, rate_stride, lr, t, l1, l2, n_penalised, n_outputs
):
    norm = 0.0
    for i in range(n_touched * n_outputs):
        norm += g[i] * g[i]
    penalised = l1 > 0 or l2 > 0
    if n_outputs == 1:
        for i in range(n_touched):
            j = np.uintp(features[i])
            gradient = g[i]
            {touched_once}
    else:
        for i in range(n_touched):
            for k in range(n_outputs):
                j = np.uintp(features[i] * n_outputs + k)
                gradient = g[i * n_outputs + k]
                {touched_each}
    return norm


@njit([T.catch_up_touched.signature], cache=True, nogil=True, error_model="numpy", fastmath=FASTMATH)
def catch_up_touched(
    w, features, n_touched, last, now, slots, hyper, rates, rate_stride, lr, t, l1, l2, n_penalised, n_outputs
):
    penalised = l1 > 0 or l2 > 0
    for i in range(n_touched):
        feature = np.uintp(features[i])
        missed = now - last[feature]
        last[feature] = now + 1  # an update always follows
        if n_outputs == 1:
            j = feature
            {caught_once}
        else:
            for k in range(n_outputs):
                j = np.uintp(features[i] * n_outputs + k)
                {caught_each}
"""
)

_POINTWISE = (
    _HEADER
    + """
evaluate = SCALARS["{key}"]["evaluate"]


@njit([T.loss.signature], cache=True, nogil=True, error_model="numpy", fastmath=FASTMATH)
def batch(raw, y, weight, n_rows, hyper, offsets, n_groups, out):
    total = 0.0
    if raw.shape[1] == 1:
        for i in range(n_rows):
            value, gradient = evaluate(raw[i, 0], y[i], ({hyper}))
            total += weight[i] * value
            out[i, 0] = weight[i] * gradient
        return total
    for i in range(n_rows):
        for k in range(raw.shape[1]):  # one against the rest
            value, gradient = evaluate(raw[i, k], T.scalar(1 if y[i] == k else 0), ({hyper}))
            total += weight[i] * value
            out[i, k] = weight[i] * gradient
    return total
"""
)

_BATCH = (
    _HEADER
    + """
loops = SCALARS["{key}"]["loops"]


@njit([T.loss.signature], cache=True, nogil=True, error_model="numpy", fastmath=FASTMATH)
def batch(raw, y, weight, n_rows, hyper, offsets, n_groups, out):
    return loops(
        raw[:n_rows], y[:n_rows], weight[:n_rows], ({hyper}), offsets[: n_groups + 1], out[:n_rows]
    )
"""
)


def _indent(text: str, spaces: int) -> str:
    return text.replace("\n", "\n" + " " * spaces)


def _narrow_constants(function: FunctionType) -> FunctionType:
    """Return `function` with float literals as float32, so that they do not widen the arithmetic."""

    def narrow(code: CodeType) -> CodeType:
        constants = tuple(
            np.float32(c) if isinstance(c, float) else narrow(c) if isinstance(c, CodeType) else c
            for c in code.co_consts
        )
        return code.replace(co_consts=constants)

    return FunctionType(narrow(function.__code__), function.__globals__, function.__name__, function.__defaults__)


def _jit(function: FunctionType, dtype: str) -> Any:
    def finish(copy: FunctionType) -> Any:
        copy = _narrow_constants(copy) if dtype == "float32" else copy
        return njit(copy, error_model="numpy", fastmath=FASTMATH, forceinline=True)

    return rebind(function, scalar_numpy, finish=finish)


def _key(parts: list[Any]) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:20]


_KERNEL = """\
from numba import njit
from sgdkit.kernels.abi import FASTMATH
from sgdkit.kernels.generate import SCALARS

kernel, signature = SCALARS["{key}"]["kernel"]


@njit([signature], cache=True, nogil=True, error_model="numpy", fastmath=FASTMATH)
def run({arguments}):
    return kernel({arguments})
"""


def compiled_kernel(function: FunctionType, signature: Any) -> Any:
    """Return `function` compiled for one signature, from disk or freshly compiled.

    The cache folder's name holds the hash of every file of this package, so a kernel may call
    helpers of another file and is still rebuilt when they change.
    """
    key = _key(["kernel", function.__module__, str(signature)])
    kernel = njit(function, nogil=True, error_model="numpy", fastmath=FASTMATH)
    SCALARS[key] = {"kernel": (kernel, signature)}
    arguments = ", ".join(inspect.signature(function).parameters)
    with compiler_lock():
        return load_generated(f"kernel_{key}", _KERNEL.format(key=key, arguments=arguments)).run


class CompiledRule:
    """The three compiled loops of one update rule for one dtype, and their addresses."""

    def __init__(self, module: Any):
        self.update_all = module.update_all
        self.update_touched = module.update_touched
        self.catch_up_touched = module.catch_up_touched
        self.addresses = tuple(
            function_address(f) for f in (self.update_all, self.update_touched, self.catch_up_touched)
        )


class CompiledLoss:
    """The compiled batch function of one loss for one dtype, and its address."""

    def __init__(self, module: Any):
        self.batch = module.batch
        self.address = function_address(self.batch)


def _rule_source(rule: type[UpdateRule], key: str, dtype: str) -> str:
    slots = "".join(f"slots[{i}, j], " for i in range(len(rule.slots)))
    hyper = "".join(f"hyper[{i}], " for i in range(len(rule.hyper)))
    store = "\n".join(f"slots[{i}, j] = s[{i}]" for i in range(len(rule.slots))) or "pass"
    rate_all, rate_touched = "lr * rates[j]", "lr * rates[j * np.uintp(rate_stride)]"
    sums = ", sums" if rule.reductions else ""
    regularized = rule.function("regularized") is not None
    proximal = rule.has_proximal_step
    if regularized:
        once = "x = penalise(x, s, ({hyper}), {rate}, t, l1, l2)"
        many = f"w[j] = penalise(w[j], ({slots}), ({hyper}), {rate_touched}, t, l1, l2)"
    elif proximal:
        once = "x = proximal_step(x, penalise(s, ({hyper}), {rate}, t), l1, l2)"
        size = f"penalise(({slots}), ({hyper}), {rate_touched}, t)"
        many = f"w[j] = proximal_steps(w[j], {size}, T.scalar(missed), l1, l2)"
    else:
        once = many = "pass"
    if rule.sparse == "catch_up":
        # Only without a penalty: the engine updates every coordinate otherwise.
        step = f"catch_up(w[j], ({slots}), ({hyper}), {rate_touched}, T.scalar(t - missed), missed)"
        many = f"if missed > 0:\n    w[j], s = {step}\n    {_indent(store, 4)}"
    else:
        many = f"if penalised and j < n_penalised:\n    {many}"

    def move(penalty: str, grad: str) -> str:
        step = f"x, s = update(w[j], {grad}, ({slots}), ({hyper}), {rate_all}, t{sums})"
        return f"{step}\n{penalty}\nw[j] = x\n{store}"

    penalised_gradient = "g[j]" if proximal else "g[j] + l2 * w[j]"
    reduce_loop = "pass"
    touch = f"x, s = update(w[j], gradient, ({slots}), ({hyper}), {rate_touched}, t)"
    once_touched, store_touched = once.format(hyper=hyper, rate=rate_touched), store
    if rule.reductions:
        terms = range(len(rule.reductions))
        lines = [f"sum{i} = 0.0" for i in terms]
        lines.append("for j in range(n_moving):")
        lines.append(f"    terms = reduce(w[j], g[j], ({slots}), ({hyper}), {rate_all}, t)")
        lines += [f"    sum{i} += terms[{i}]" for i in terms]
        lines.append("sums = (" + "".join(f"T.scalar(sum{i}), " for i in terms) + ")")
        reduce_loop = "\n".join(lines)
        # Sums run over every coordinate, so the loop over touched ones is never called.
        touch, once_touched, store_touched = "x = w[j]", "pass", "pass"
    touched = f"{touch}\n"
    touched += f"if penalised and j < n_penalised:\n    {once_touched}\nw[j] = x\n{store_touched}"
    return _RULE.format(
        key=key,
        dtype=dtype,
        sums=_indent(reduce_loop, 4),
        move=_indent(move("pass", "g[j]"), 12),
        move_penalised=_indent(move(once.format(hyper=hyper, rate=rate_all), penalised_gradient), 12),
        touched_once=_indent(touched, 12),
        touched_each=_indent(touched, 16),
        caught_once=_indent(many, 12),
        caught_each=_indent(many, 16),
    )


def compiled_rule(rule: type[UpdateRule], dtype: np.dtype) -> CompiledRule:
    """Return the compiled loops of `rule`, from memory, from disk or freshly compiled."""
    dtype_name = np.dtype(dtype).name
    functions = {
        role: function
        for role in ("update", "catch_up", "reduce", "regularized", "step_size")
        if (function := rule.function(role)) is not None
    }
    facts = [(role, code_fingerprint(function)) for role, function in sorted(functions.items())]
    key = _key(["rule", facts, rule.slots, rule.hyper, rule.sparse, rule.reductions])
    if (key, dtype_name) not in _loaded:
        scalars = {role: _jit(function, dtype_name) for role, function in functions.items()}
        scalars["penalise"] = scalars.get("regularized") or scalars.get("step_size")
        SCALARS[key] = scalars
        with compiler_lock():
            module = load_generated(f"rule_{key}_{dtype_name}", _rule_source(rule, key, dtype_name))
        _loaded[key, dtype_name] = CompiledRule(module)
    return _loaded[key, dtype_name]


def compiled_loss(loss: Loss, dtype: np.dtype) -> CompiledLoss:
    """Return the compiled batch function of `loss`, from memory, from disk or freshly compiled."""
    dtype_name = np.dtype(dtype).name
    kind = type(loss)
    role = "loops" if isinstance(loss, BatchLoss) else "evaluate"
    function = kind.function(role)
    if function is None:
        raise TypeError(f"{kind.__name__} has no static method {role!r}, which a {kind.__base__.__name__} needs.")
    key = _key(["loss", role, code_fingerprint(function), kind.hyper])
    if (key, dtype_name) not in _loaded:
        hyper = "".join(f"hyper[{i}], " for i in range(len(kind.hyper)))
        template = _BATCH if role == "loops" else _POINTWISE
        source = template.format(key=key, dtype=dtype_name, hyper=hyper)
        SCALARS[key] = {role: _jit(function, dtype_name)}
        with compiler_lock():
            module = load_generated(f"loss_{key}_{dtype_name}", source)
        _loaded[key, dtype_name] = CompiledLoss(module)
    return _loaded[key, dtype_name]
