"""Canonical JSON and content hashes: equal content gives equal text, on any machine."""

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import Enum
from typing import Any

import numpy as np

__all__ = ("canonical_json", "content_hash", "strict_json", "to_jsonable")


def to_jsonable(value: object) -> Any:
    """Plain JSON types for `value`; NaN and infinities become None.

    Parameters
    ----------
    value : object
        Dataclasses, mappings, sequences, enums, NumPy scalars and arrays, and plain Python values.

    Returns
    -------
    object
        Nested dicts with string keys, lists, strings, numbers, booleans and None.

    Raises
    ------
    TypeError
        When `value` holds an object without a canonical form. Falling back on ``repr`` would put memory
        addresses into a hash.
    """
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, np.generic):
        return to_jsonable(value.item())
    if isinstance(value, np.ndarray):
        return to_jsonable(value.tolist())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_jsonable(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_jsonable(item) for item in value]
    if isinstance(value, AbstractSet):
        return sorted(to_jsonable(item) for item in value)
    raise TypeError(
        f"A {type(value).__name__} has no canonical JSON form; convert it to numbers, strings or lists first."
    )


def canonical_json(value: object) -> str:
    """One-line JSON with sorted keys, shortest round-trip floats and null for NaN.

    Examples
    --------
    >>> from sgdkit.governance.canonical import canonical_json
    >>> canonical_json({"b": float("nan"), "a": (1, 0.1)})
    '{"a":[1,0.1],"b":null}'
    """
    return json.dumps(
        to_jsonable(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def content_hash(value: object) -> str:
    """SHA-256 of the canonical JSON of `value`, as ``"sha256:<hex>"``."""
    # "surrogatepass": a column name read from a badly encoded file must not stop an audit.
    data = canonical_json(value).encode("utf-8", "surrogatepass")
    return "sha256:" + hashlib.sha256(data).hexdigest()


def strict_json(text: str) -> Any:
    """Parse JSON that means one thing only.

    Raises
    ------
    ValueError
        For what is no JSON, for a name that occurs twice in an object (readers differ on which counts), and
        for NaN and infinities (they would hash like null).

    Examples
    --------
    >>> from sgdkit.governance.canonical import strict_json
    >>> strict_json('{"a": 1, "a": 2}')
    Traceback (most recent call last):
    ...
    ValueError: 'a' occurs twice in one object
    """
    return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_number, parse_float=_finite)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(
            f"{next(name for name in names if names.count(name) > 1)!r} occurs twice in one object"
        )
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)
