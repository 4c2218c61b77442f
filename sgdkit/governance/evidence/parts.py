"""An unfitted model as plain values: classes by their path, parameters nested, nothing pickled."""

import functools
import math
from collections.abc import Mapping
from types import FunctionType
from typing import Any

import numpy as np
from sklearn import get_config
from sklearn.compose import make_column_selector

__all__ = ("MAX_ARRAY", "path_of", "to_parts")

MAX_ARRAY = 256
"""Longer array parameters may be rows of data, and are not kept."""

# A cache of fitted steps changes no result, and its files are pickles.
_DROPPED = frozenset({"memory"})
# Nor do the files that a run is kept in and goes on from. One word alone may mean something else.
_KEPT_IN = frozenset({"checkpoint", "resume_from"})


def path_of(kind: Any) -> str:
    """Return the module and name of a class or function."""
    return f"{kind.__module__}.{kind.__qualname__}"


def to_parts(value: Any, where: str, obstacles: list[str]) -> Any:
    """Return plain values from which `sgdkit.governance.rebuild.from_parts` builds an equal object.

    Parameters
    ----------
    value : object
        An estimator, or a parameter of one.
    where : str
        Path of the parameter, for sentences.
    obstacles : list of str
        Takes a sentence for each value that a record cannot hold.

    Returns
    -------
    object
        None, booleans, integers, finite floats, strings and lists stand for themselves. Anything else is
        a dict with one key that says what it is, or ``class`` and ``params``.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sgdkit.governance.evidence.parts import to_parts
    >>> parts = to_parts(Ridge(alpha=2.0), "", [])
    >>> parts["class"], parts["params"]["alpha"]
    ('sklearn.linear_model._ridge.Ridge', 2.0)
    """
    inside = functools.partial(to_parts, obstacles=obstacles)
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return value if math.isfinite(value) else {"float": str(value)}
    if type(value) is list:
        return [inside(item, f"{where}[{i}]") for i, item in enumerate(value)]
    if type(value) is tuple:
        return {"tuple": [inside(item, f"{where}[{i}]") for i, item in enumerate(value)]}
    if type(value) in (set, frozenset):
        return {type(value).__name__: sorted((inside(item, where) for item in value), key=str)}
    if isinstance(value, Mapping):
        return {
            "dict": [[inside(key, where), inside(item, f"{where}[{key!r}]")] for key, item in value.items()]
        }
    if isinstance(value, slice):
        return {"slice": [inside(getattr(value, end), where) for end in ("start", "stop", "step")]}
    if isinstance(value, np.dtype):
        return {"dtype": value.str}
    if isinstance(value, np.generic) and value.dtype.kind in "biufU":
        return {"scalar": inside(value.item(), where), "dtype": value.dtype.str}
    if (
        isinstance(value, np.ndarray)
        and value.dtype.kind in "biufU"
        and value.size <= MAX_ARRAY >= value.ndim == 1
    ):
        return {"array": inside(value.tolist(), where), "dtype": value.dtype.str}
    if isinstance(value, make_column_selector):
        names = ("pattern", "dtype_include", "dtype_exclude")
        return {
            "class": path_of(type(value)),
            "params": {n: inside(getattr(value, n), f"{where}.{n}") for n in names},
        }
    if isinstance(value, type):
        return {"type": path_of(value)}
    if isinstance(value, np.ufunc):
        return {"function": f"numpy.{value.__name__}"}
    if isinstance(value, FunctionType) and "<" not in value.__qualname__:
        return {"function": path_of(value)}
    if hasattr(value, "get_params") and hasattr(value, "set_params"):
        return _estimator(value, where, obstacles)
    what = f"array of shape {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
    obstacles.append(f"{where or 'The model'} is a {what}, which a record cannot hold.")
    return {"unknown": what}


def _estimator(value: Any, where: str, obstacles: list[str]) -> dict[str, Any]:
    given = value.get_params(deep=False)
    dropped = _DROPPED | (_KEPT_IN if given.keys() >= _KEPT_IN else frozenset())
    params = {name: item for name, item in given.items() if name not in dropped}
    prefix = f"{where}." if where else ""
    parts: dict[str, Any] = {
        "class": path_of(type(value)),
        "params": {name: to_parts(item, prefix + name, obstacles) for name, item in sorted(params.items())},
    }
    # `clone` copies two settings that are no parameters: containers that come out, metadata that goes in.
    if output := getattr(value, "_sklearn_output_config", {}).get("transform"):
        parts["output"] = output
    if get_config()["enable_metadata_routing"] and hasattr(value, "set_fit_request"):
        request = getattr(value.get_metadata_routing(), "fit", None)  # a router has none of its own
        if asked := {} if request is None else _asked(request.requests):
            parts["fit_request"] = asked
    return parts


def _asked(requests: Mapping[str, Any]) -> dict[str, Any]:
    return {name: wanted for name, wanted in sorted(requests.items()) if wanted is not None}
