"""An audit record back from its JSON."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance.grading import Grade
from sgdkit.governance.items import Dimension, EvidenceItem, Gate, Tier
from sgdkit.governance.record import SCHEMA_VERSION, AuditRecord, verify_json

__all__ = ("load_record", "load_records")


def load_record(text: str) -> AuditRecord:
    """Return the record in a JSON text, whose hash must fit.

    Parameters
    ----------
    text : str
        What `AuditRecord.to_json` wrote, or the ``record.json`` of a report with a single record.

    Returns
    -------
    AuditRecord
        Equal content, so equal hash.

    Raises
    ------
    InvalidParameterError
        For a text that is no record, one that was altered, several records, or another schema.
    """
    records = load_records(text)
    if len(records) != 1:
        raise InvalidParameterError(
            f"The file holds {len(records)} records; give the text of one of them, or use load_records."
        )
    return records[0]


def load_records(text: str) -> tuple[AuditRecord, ...]:
    """Return every record in a JSON text, whose hashes must fit.

    Parameters
    ----------
    text : str
        What `AuditRecord.to_json` wrote, or the ``record.json`` of a report.

    Returns
    -------
    tuple of AuditRecord
        In the order of the text.

    Raises
    ------
    InvalidParameterError
        For a text that is no record, one that was altered, or another schema.
    """
    if not verify_json(text):
        raise InvalidParameterError(
            "The record was altered after it was written: its content does not have the hash it names."
        )
    content = json.loads(text)
    return tuple(_record(one) for one in content.get("records", [content]))


def _record(content: Mapping[str, Any]) -> AuditRecord:
    if content["schema_version"] != SCHEMA_VERSION:
        raise InvalidParameterError(
            f"The record {content['name']!r} has schema {content['schema_version']!r}; this sgdkit reads "
            f"{SCHEMA_VERSION!r}. Audit the model again, or read it with the version that wrote it."
        )
    fields = _only(AuditRecord, content)
    for name in ("components", "data", "limits"):
        fields[name] = tuple(fields[name])
    fields["dimensions"] = tuple(_dimension(item) for item in content["dimensions"])
    fields["gates"] = tuple(Gate(**_only(Gate, item)) for item in content["gates"])
    return AuditRecord(**fields)


def _dimension(content: Mapping[str, Any]) -> Dimension:
    return Dimension(content["name"], content["weight"], tuple(_item(item) for item in content["items"]))


def _item(content: Mapping[str, Any]) -> EvidenceItem:
    fields = _only(EvidenceItem, content)
    fields |= {"grade": Grade(fields["grade"]), "cost": Tier(fields["cost"])}
    return EvidenceItem(**{**fields, "norm_refs": tuple(fields["norm_refs"])})


def _only(kind: type, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a dataclass; what a record adds for its readers is computed again."""
    names = {field.name for field in dataclasses.fields(kind)}
    return {name: value for name, value in content.items() if name in names}
