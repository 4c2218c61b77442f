"""Turn a rule's or a loss's plain functions into compiled loops over a batch.

Each (functions, dtype) pair becomes a generated source file with explicit signatures, compiled
once and kept on disk. The functions enter it through `SCALARS`, a table filled before the file is
imported; their code is part of the file's name, so a cached file always matches them.
"""

import hashlib
import inspect
import sys
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
from sgdkit.proximal import fits_series, proximal_step, proximal_steps, proximal_steps_series

__all__ = ("CompiledRule", "compiled_loss", "compiled_rule")

SCALARS: dict[str, dict[str, Any]] = {}
_loaded: dict[tuple[str, str], Any] = {}

_PROXIMAL = (fits_series, proximal_step, proximal_steps, proximal_steps_series)

_HEADER = """\
import numpy as np
from numba import njit
from sgdkit.kernels.abi import FASTMATH, kernel_types
from sgdkit.kernels.generate import SCALARS

T = kernel_types("{dtype}")
"""

_RULE = (
    _HEADER
    + """
functions = SCALARS["{key}"]
one_step = functions["update"]
penalise = functions.get("penalise")
fits_series = functions["fits_series"]
proximal_step = functions["proximal_step"]
proximal_steps = functions["proximal_steps"]
proximal_steps_series = functions["proximal_steps_series"]
replay = functions.get("catch_up")
reduce = functions.get("reduce")


@njit([T.update.signature], cache=True, nogil=True, error_model="numpy", fastmath=FASTMATH)
def update(w, g, n, slots, hyper, rates, lr, t, l1, l2, n_penalised):
    norm = 0.0
    for j in range(n):
        norm += g[j] * g[j]
    {sums}
    first_free = n_penalised if l1 > 0 or l2 > 0 else 0
    for j in range(first_free):
        {move_penalised}
    for j in range(first_free, n):
        {move}
    return norm


@njit([T.catch_up.signature], cache=True, nogil=True, error_model="numpy", fastmath=FASTMATH)
def catch_up(w, n, missed, slots, hyper, rates, lr, t, l1, l2):
    {catch_up}
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


def _each(body: str) -> str:
    return f"for j in range(n):\n    {_indent(body, 4)}"


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


from sgdkit.kernels.generate import SCALARS

run = njit(
    [SCALARS["{key}"]["signature"]], cache=True, nogil=True, error_model="numpy", fastmath=FASTMATH
)(epoch)
"""


def compiled_kernel(module: str, signature: Any) -> Any:
    """Return the function ``epoch`` of a kernel module compiled for one signature.

    The module's text is copied into the cache, because Numba keeps machine code beside the file it
    came from. The cache folder's name holds the hash of every file of this package, so a kernel
    may call helpers of another file and is still rebuilt when they change.
    """
    key = _key(["kernel", module, str(signature)])
    SCALARS[key] = {"signature": signature}
    source = inspect.getsource(sys.modules[module]) + _KERNEL.format(key=key)
    with compiler_lock():
        return load_generated(f"kernel_{key}", source).run


class CompiledRule:
    """The compiled loops of one update rule for one dtype, and their addresses."""

    def __init__(self, module: Any):
        self.update = module.update
        self.catch_up = module.catch_up
        self.addresses = (function_address(self.update), function_address(self.catch_up))


class CompiledLoss:
    """The compiled batch function of one loss for one dtype, and its address."""

    def __init__(self, module: Any):
        self.batch = module.batch
        self.address = function_address(self.batch)


def _rule_source(rule: type[UpdateRule], key: str, dtype: str) -> str:
    slots = "(" + "".join(f"slots[{i}, j], " for i in range(len(rule.slots))) + ")"
    hyper = "(" + "".join(f"hyper[{i}], " for i in range(len(rule.hyper))) + ")"
    store = "\n".join(f"slots[{i}, j] = s[{i}]" for i in range(len(rule.slots))) or "pass"
    place = f"{slots}, {hyper}, lr * rates[j], t"
    # How a penalty acts: once after an update, and for the steps that a coordinate missed.
    if rule.function("regularized") is not None:
        once = f"x = penalise(x, s, {hyper}, lr * rates[j], t, l1, l2)"
        replayed = _each(f"w[j] = penalise(w[j], {place}, l1, l2)")
    elif rule.has_proximal_step:
        once = f"x = proximal_step(x, penalise(s, {hyper}, lr * rates[j], t), l1, l2)"
        step = f"penalise({place}), missed[j]"
        replayed = (
            "top = w[0] * 0\n"
            + _each(f"figure = fits_series({step}, l2)\ntop = max(top, figure)")
            + "\nif top < 1:\n    "
            + _indent(_each(f"w[j] = proximal_steps_series(w[j], {step}, l1, l2)"), 4)
            + "\nelse:\n    "
            + _indent(_each(f"w[j] = proximal_steps(w[j], {step}, l1, l2)"), 4)
        )
    else:
        once = replayed = "pass"
    if rule.sparse == "catch_up":
        # Only without a penalty: the engine updates every coordinate otherwise.
        before = f"{slots}, {hyper}, lr * rates[j], t - missed[j]"
        again = f"w[j], s = replay(w[j], {before}, int(missed[j]))\n{store}"
        replayed = _each(f"if missed[j] > 0:\n    {_indent(again, 4)}")
    sums, given = "pass", ""
    if rule.reductions:
        terms = range(len(rule.reductions))
        lines = [f"sum{i} = 0.0" for i in terms]
        lines += ["for j in range(n):", f"    terms = reduce(w[j], g[j], {place})"]
        lines += [f"    sum{i} += terms[{i}]" for i in terms]
        lines += ["sums = (" + "".join(f"T.scalar(sum{i}), " for i in terms) + ")"]
        sums, given = "\n".join(lines), ", sums"
    penalised_gradient = "g[j]" if rule.has_proximal_step else "g[j] + l2 * w[j]"
    move = f"x, s = one_step(w[j], {{}}, {place}{given})\n{{}}\nw[j] = x\n{store}"
    return _RULE.format(
        key=key,
        dtype=dtype,
        sums=_indent(sums, 4),
        move=_indent(move.format("g[j]", "pass"), 8),
        move_penalised=_indent(move.format(penalised_gradient, once), 8),
        catch_up=_indent(replayed, 4),
    )


def compiled_rule(rule: type[UpdateRule], dtype: np.dtype) -> CompiledRule:
    """Return the compiled loops of `rule`, from memory, from disk or freshly compiled."""
    dtype_name = np.dtype(dtype).name
    functions = {
        role: function
        for role in ("update", "catch_up", "reduce", "regularized", "step_size")
        if (function := rule.function(role)) is not None
    }
    facts = [(f.__name__, code_fingerprint(f)) for f in _PROXIMAL]
    facts += [(role, code_fingerprint(function)) for role, function in sorted(functions.items())]
    key = _key(["rule", facts, rule.slots, rule.hyper, rule.sparse, rule.reductions])
    if (key, dtype_name) not in _loaded:
        scalars = {role: _jit(function, dtype_name) for role, function in functions.items()}
        for function in _PROXIMAL:
            scalars[function.__name__] = _jit(function, dtype_name)
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
