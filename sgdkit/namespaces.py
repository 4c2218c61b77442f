"""Run one plain-Python function in several array namespaces.

Losses and update rules are written once, with ``import numpy as np`` and ``np`` functions. To
run one on CuPy arrays, on array-api-strict arrays or inside a compiled loop, its global ``np``
is replaced by that namespace: the code object stays the same, only the name it looks up moves.
"""

import hashlib
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from sgdkit.exceptions import InvalidParameterError

__all__ = ("code_fingerprint", "rebind")


def _code_objects(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code_objects(constant)


def _used_globals(function: FunctionType) -> dict[str, Any]:
    names = {name for code in _code_objects(function.__code__) for name in code.co_names}
    return {name: function.__globals__[name] for name in sorted(names & function.__globals__.keys())}


def _refuse_closure(function: FunctionType) -> None:
    if function.__closure__:
        names = ", ".join(function.__code__.co_freevars)
        raise InvalidParameterError(
            f"{function.__qualname__} uses the outer local variable(s) {names}. A rule or loss may only use "
            "its arguments, numpy as a global name, and module-level helpers and constants; pass the value "
            "as a hyperparameter instead."
        )


def rebind(
    function: FunctionType,
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
        If the function closes over local variables of another function.

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
        return value

    scope = {name: convert(value) for name, value in _used_globals(function).items()}
    scope["__builtins__"] = __builtins__
    return finish(FunctionType(function.__code__, scope, function.__name__, function.__defaults__))


def _describe(code: CodeType) -> tuple[Any, ...]:
    constants = tuple(_describe(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts)
    return (code.co_code.hex(), code.co_names, code.co_varnames, constants)


def code_fingerprint(function: FunctionType) -> str:
    """Return a SHA-256 hex digest of what `function` does: its code, helpers and constants.

    Two functions with the same text get the same digest, also across processes and when one of
    them was defined in a notebook; a changed helper or module constant changes it.
    """
    _refuse_closure(function)
    parts: list[Any] = [_describe(function.__code__), repr(function.__defaults__)]
    for name, value in _used_globals(function).items():
        if isinstance(value, FunctionType):
            parts.append((name, code_fingerprint(value)))
        elif isinstance(value, int | float | str | tuple | bool):
            parts.append((name, repr(value)))
        else:
            parts.append((name, getattr(value, "__name__", type(value).__qualname__)))
    return hashlib.sha256(repr(parts).encode()).hexdigest()
