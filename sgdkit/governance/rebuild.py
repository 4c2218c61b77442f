"""Build an unfitted model from its parts: classes of trusted packages only, and nothing is unpickled."""

import importlib
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
from sklearn import config_context
from sklearn.compose import make_column_selector

from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance.evidence.parts import path_of

__all__ = ("TRUSTED", "from_parts", "refuse_untrusted")

TRUSTED = ("sklearn", "sgdkit", "numpy")
"""Packages whose classes are built without being named."""

# Of the trusted packages' functions, those that only compute from what they are given. Others read files,
# fetch from the network or run text as code.
_FUNCTIONS_FROM = ("sklearn.feature_selection", "sklearn.metrics")


def refuse_untrusted(paths: Collection[str], trust: Collection[str]) -> None:
    """Refuse classes and functions from packages that nobody named.

    Raises
    ------
    InvalidParameterError
        Naming the first one, and how to trust it.
    """
    for path in paths:
        package = path.partition(".")[0]
        if package not in (*TRUSTED, *trust):
            raise InvalidParameterError(
                f"The record names {path}; only {', '.join((*TRUSTED, *trust))} are trusted. If you trust "
                f"{package!r}, say so with --trust {package}, or trust=[{package!r}]."
            )


def from_parts(parts: Any, trust: Collection[str] = ()) -> Any:
    """Return the object that `sgdkit.governance.evidence.parts.to_parts` described.

    Parameters
    ----------
    parts : object
        Plain values.
    trust : collection of str, default=()
        Packages to build from beside `TRUSTED`.

    Returns
    -------
    object
        Unfitted.

    Raises
    ------
    InvalidParameterError
        For a package that is not trusted, a class that is gone, or a value that the record could not hold.

    Examples
    --------
    >>> from sgdkit.governance.rebuild import from_parts
    >>> from_parts({"class": "sklearn.linear_model.Ridge", "params": {"alpha": 2.0}})
    Ridge(alpha=2.0)
    """
    if isinstance(parts, list):
        return [from_parts(part, trust) for part in parts]
    if not isinstance(parts, Mapping):
        return parts
    if "class" in parts:
        return _estimator(parts, trust)
    kind = next(iter(parts), "")
    builder = _BUILDERS.get(kind)
    if builder is None:
        raise InvalidParameterError(
            f"The record could not hold {parts.get('unknown', kind)!r}; the model cannot be built from it."
        )
    return builder(parts, trust)


def _estimator(parts: Mapping[str, Any], trust: Collection[str]) -> Any:
    kind = _resolve(parts["class"], trust)
    params = {name: from_parts(value, trust) for name, value in parts["params"].items()}
    has_params = isinstance(kind, type) and hasattr(kind, "get_params") and hasattr(kind, "set_params")
    if not (has_params or kind is make_column_selector):
        raise InvalidParameterError(f"The record names {parts['class']}, which is no estimator.")
    try:
        built = kind(**params)
    except (TypeError, ValueError) as error:
        raise InvalidParameterError(
            f"The {parts['class']} that is installed cannot be built as recorded: {error}."
        ) from error
    if "output" in parts:
        built.set_output(transform=parts["output"])
    if "fit_request" in parts:
        with config_context(enable_metadata_routing=True):
            built.set_fit_request(**parts["fit_request"])
    return built


def _function(parts: Mapping[str, Any], trust: Collection[str]) -> Any:
    found = _resolve(parts["function"], trust)
    home = f"{getattr(found, '__module__', None)}."
    computes = isinstance(found, np.ufunc) or home.startswith(tuple(f"{name}." for name in _FUNCTIONS_FROM))
    if not (callable(found) and computes) and home.partition(".")[0] not in trust:
        raise InvalidParameterError(
            f"The record names the function {parts['function']}; functions are taken from "
            f"{', '.join(_FUNCTIONS_FROM)} and numpy's ufuncs only, or from packages named with --trust."
        )
    return found


def _type(parts: Mapping[str, Any], trust: Collection[str]) -> Any:
    path = parts["type"]
    if path in _BUILTIN_TYPES:
        return _BUILTIN_TYPES[path]
    found = _resolve(path, trust)
    if not isinstance(found, type) or not (issubclass(found, np.generic) or path.partition(".")[0] in trust):
        raise InvalidParameterError(f"The record names {path} as the type of an array, which it is not.")
    return found


def _resolve(path: str, trust: Collection[str]) -> Any:
    """Import a class or function, and refuse one that a trusted module only borrowed from elsewhere."""
    refuse_untrusted([path], trust)
    module, _, name = path.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise InvalidParameterError(
            f"The record names {path}, which is not installed here; install the recorded versions."
        ) from error
    refuse_untrusted([f"{getattr(found, '__module__', None) or module}.{name}"], trust)
    return found


_BUILTIN_TYPES = {path_of(kind): kind for kind in (bool, int, float, str, object)}

_BUILDERS: dict[str, Callable[[Mapping[str, Any], Collection[str]], Any]] = {
    "float": lambda parts, trust: float(parts["float"]),
    "tuple": lambda parts, trust: tuple(from_parts(parts["tuple"], trust)),
    "set": lambda parts, trust: set(from_parts(parts["set"], trust)),
    "frozenset": lambda parts, trust: frozenset(from_parts(parts["frozenset"], trust)),
    "dict": lambda parts, trust: {from_parts(k, trust): from_parts(v, trust) for k, v in parts["dict"]},
    "slice": lambda parts, trust: slice(*from_parts(parts["slice"], trust)),
    "dtype": lambda parts, trust: np.dtype(parts["dtype"]),
    "scalar": lambda parts, trust: np.dtype(parts["dtype"]).type(from_parts(parts["scalar"], trust)),
    "array": lambda parts, trust: np.array(from_parts(parts["array"], trust), dtype=parts["dtype"]),
    "type": _type,
    "function": _function,
}
