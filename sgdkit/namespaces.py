"""Run one plain-Python function in several array namespaces.

Losses and update rules are written once, with ``import numpy as np`` and ``np`` functions. To
run one on CuPy arrays, on array-api-strict arrays or inside a compiled loop, its global ``np``
is replaced by that namespace: the code object stays the same, only the name it looks up moves.
"""

import dis
import functools
import hashlib
import math
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from sgdkit.exceptions import InvalidParameterError

__all__ = ("code_fingerprint", "rebind")


def _code_objects(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code_objects(constant)


@functools.lru_cache(maxsize=1024)
def _global_names(code: CodeType) -> tuple[str, ...]:
    """Return the names that `code` looks up as globals; ``np.exp`` is one of ``np``, not of ``exp``."""
    found = {
        instruction.argval
        for part in _code_objects(code)
        for instruction in dis.get_instructions(part)
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME")
    }
    return tuple(sorted(found))


def _used_globals(function: FunctionType) -> dict[str, Any]:
    scope = function.__globals__
    used = {name: scope[name] for name in _global_names(function.__code__) if name in scope}
    if any(value is function for value in used.values()):
        raise InvalidParameterError(
            f"{function.__qualname__} calls itself; a rule or loss may use loops where its contract allows "
            "them, but no recursion."
        )
    return used


def _refuse_closure(function: FunctionType) -> None:
    if function.__closure__:
        names = ", ".join(function.__code__.co_freevars)
        raise InvalidParameterError(
            f"{function.__qualname__} uses the outer local variable(s) {names}. A rule or loss may only use "
            "its arguments, numpy as a global name, and module-level helpers and constants; pass the value "
            "as a hyperparameter instead."
        )


def rebind(
    function: Any,
    xp: Any,
    *,
    finish: Callable[[FunctionType], Any] = lambda copy: copy,
) -> Any:
    """Return a copy of `function` in which the global ``np`` is the namespace `xp`.

    Module-level helper functions it calls are copied the same way, and a NumPy function imported
    by name (``from numpy import sqrt``) becomes the function of that name in `xp`.

    Parameters
    ----------
    function : function
        A plain function without closure.
    xp : namespace
        What ``np`` means inside the copy: ``numpy``, ``cupy``, ``array_api_strict``, …
    finish : callable, default=identity
        Applied to every copy, helpers first. The compiled backend passes Numba's ``njit``.

    Returns
    -------
    function
        The copy, after `finish`.

    Raises
    ------
    InvalidParameterError
        If the function closes over local variables of another function, or reaches helpers through a
        module other than numpy and math.

    Examples
    --------
    >>> import numpy as np, array_api_strict as strict
    >>> from sgdkit.namespaces import rebind
    >>> def root(x):
    ...     return np.sqrt(x)
    >>> float(rebind(root, strict)(strict.asarray(9.0)))
    3.0
    """
    _refuse_closure(function)

    def convert(value: Any) -> Any:
        if value is np:
            return xp
        if isinstance(value, np.ufunc):
            return getattr(xp, value.__name__)
        if isinstance(value, FunctionType):
            return rebind(value, xp, finish=finish)
        if isinstance(value, ModuleType) and value is not math:
            raise InvalidParameterError(
                f"{function.__qualname__} uses the module {value.__name__}. A rule or loss may use numpy and "
                "math; import what it needs of other modules by name, so that it can be followed."
            )
        return value

    scope = {name: convert(value) for name, value in _used_globals(function).items()}
    scope["__builtins__"] = __builtins__
    return finish(FunctionType(function.__code__, scope, function.__name__, function.__defaults__))


def _describe(code: CodeType) -> tuple[Any, ...]:
    constants = tuple(_describe(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts)
    return (code.co_code.hex(), code.co_names, code.co_varnames, constants)


def _describe_global(value: Any) -> Any:
    if isinstance(value, FunctionType):
        return code_fingerprint(value)
    if isinstance(value, np.ndarray | np.generic):
        return (value.dtype.str, value.shape, value.tobytes().hex())
    if isinstance(value, tuple):
        return tuple(map(_describe_global, value))
    if isinstance(value, int | float | complex | str | bool | None):
        return repr(value)
    return getattr(value, "__name__", type(value).__qualname__)


def code_fingerprint(function: FunctionType) -> str:
    """Return a SHA-256 hex digest of what `function` does: its code, helpers and constants.

    Two functions with the same text get the same digest, also across processes and when one of
    them was defined in a notebook; a changed helper or module constant changes it.
    """
    _refuse_closure(function)
    parts: list[Any] = [_describe(function.__code__), repr(function.__defaults__)]
    for name, value in _used_globals(function).items():
        parts.append((name, _describe_global(value)))
    return hashlib.sha256(repr(parts).encode()).hexdigest()
