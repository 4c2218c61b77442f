"""The JSON Schema of a record, made from the dataclasses that records are made of."""

import dataclasses
import types
from collections.abc import Mapping
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

from sgdkit.governance.evidence.data import Lineage
from sgdkit.governance.evidence.recipe import Recipe
from sgdkit.governance.evidence.training import TrainingTrace
from sgdkit.governance.exhibits import Exhibits
from sgdkit.governance.items import Dimension
from sgdkit.governance.receipt import Receipt
from sgdkit.governance.record import AuditRecord

__all__ = ("record_schema",)

# Fields that a record holds as plain types, and what they were made of.
_MADE_OF: Mapping[tuple[type, str], Any] = {
    (AuditRecord, "data"): tuple[Lineage, ...],
    (AuditRecord, "training"): TrainingTrace,
    (AuditRecord, "recipe"): Recipe,
    (AuditRecord, "exhibits"): Exhibits,
}
# What is written beside the fields, for readers without sgdkit.
_COMPUTED: Mapping[type, tuple[str, ...]] = {
    Dimension: ("value", "measured_value", "measured_share", "grade"),
}
_RESULT = ("score", "risk", "measured_score", "measured_share", "formula_diagnosis", "diagnosis")
_HASH = {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}
_PLAIN: Mapping[Any, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": ["number", "null"]},  # NaN and infinities are written as null
    type(None): {"type": "null"},
    Any: {},
}


def record_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a record, and of a report's file of several records.

    Returns
    -------
    dict
        Plain JSON types; ``docs/schema/record-1.json`` holds the same.

    Examples
    --------
    >>> from sgdkit.governance.json_schema import record_schema
    >>> sorted(record_schema()["$defs"]["Dimension"]["properties"])
    ['grade', 'items', 'measured_share', 'measured_value', 'name', 'value', 'weight']
    """
    defs: dict[str, Any] = {}
    _schema_of(AuditRecord, defs)
    record = defs["AuditRecord"]
    record["properties"].pop("receipt")
    computed = {name: _returned(AuditRecord, name, defs) for name in _RESULT}
    computed["failed_gates"] = {"type": "array", "items": {"type": "string"}}
    record["properties"] |= {"schema_version": {"type": "string", "pattern": r"^1\.[0-9]+$"}}
    record["properties"] |= {"result": _object(computed), "content_hash": _HASH}
    record["required"] = sorted(record["properties"])
    _schema_of(Receipt, defs)
    defs["Report"] = _object(
        {
            "schema_version": record["properties"]["schema_version"],
            "records": {"type": "array", "items": {"$ref": "#/$defs/AuditRecord"}, "minItems": 1},
            "receipts": {"type": "array", "items": {"$ref": "#/$defs/Receipt"}},
            "content_hash": _HASH,
        }
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "sgdkit audit record, version 1",
        "anyOf": [{"$ref": "#/$defs/AuditRecord"}, {"$ref": "#/$defs/Report"}],
        "$defs": dict(sorted(defs.items())),
    }


def _schema_of(kind: Any, defs: dict[str, Any]) -> dict[str, Any]:
    """Schema of a type; dataclasses are added to `defs` and referred to."""
    if kind in _PLAIN:
        return dict(_PLAIN[kind])
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        if kind.__name__ not in defs:
            defs[kind.__name__] = {}  # taken, in case it refers to itself
            defs[kind.__name__] = _dataclass(kind, defs)
        return {"$ref": f"#/$defs/{kind.__name__}"}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"enum": [member.value for member in kind]}
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return {"anyOf": [_schema_of(arg, defs) for arg in args]}
    if origin is tuple:
        if args[-1] is Ellipsis:
            return {"type": "array", "items": _schema_of(args[0], defs)}
        items = [_schema_of(arg, defs) for arg in args]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _schema_of(args[1], defs)}
    raise TypeError(
        f"A field of type {kind} has no JSON Schema; use plain types, tuples, mappings or dataclasses."
    )


def _dataclass(kind: type, defs: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    fields = {
        field.name: _schema_of(_MADE_OF.get((kind, field.name), hints[field.name]), defs)
        for field in dataclasses.fields(kind)
    }
    return _object(fields | {name: _returned(kind, name, defs) for name in _COMPUTED.get(kind, ())})


def _returned(kind: type, name: str, defs: dict[str, Any]) -> dict[str, Any]:
    """Schema of what a property returns."""
    return _schema_of(get_type_hints(vars(kind)[name].fget)["return"], defs)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }
