"""Records back from files, as plain types, refused where their hash does not fit."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance.canonical import content_hash, strict_json
from sgdkit.governance.record import AuditRecord, verify_json

__all__ = ("plain_record", "read_record", "read_records")


def read_records(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Return the records in a file, or in the ``record.json`` of a folder.

    Parameters
    ----------
    path : str or path-like
        What `AuditRecord.to_json` wrote, or the ``record.json`` of a report, or its folder.

    Returns
    -------
    list of dict
        With their content hashes.

    Raises
    ------
    InvalidParameterError
        For a missing file, one that holds no record, or a record that was changed.
    """
    path = Path(path)
    path = path / "record.json" if path.is_dir() else path
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InvalidParameterError(
            f"There is no record at {str(path)!r}; give a record.json, or the folder that holds it."
        ) from None
    except UnicodeDecodeError:
        raise InvalidParameterError(f"{path} is not text; give a record.json.") from None
    if not verify_json(text):
        raise InvalidParameterError(
            f"{path} was changed after it was written: its content does not have the hash it names."
        )
    content = strict_json(text)
    return list(content["records"]) if "records" in content else [content]


def read_record(path: str | os.PathLike[str], name: str | None = None) -> dict[str, Any]:
    """Return one record of a file.

    Parameters
    ----------
    path : str or path-like
        As for `read_records`.
    name : str or None, default=None
        Which one, where there are several.

    Raises
    ------
    InvalidParameterError
        As for `read_records`, and where no record, or more than one, has the name.
    """
    records = read_records(path)
    names = [record["name"] for record in records]
    found = [record for record in records if name is None or record["name"] == name]
    if len(found) != 1:
        told = "holds no record" if name is None else f"has no single record named {name!r}"
        asks = "holds several records" if name is None and len(records) > 1 else told
        raise InvalidParameterError(
            f"{path} {asks}; the names are {', '.join(map(repr, names))}. Choose with --name."
        )
    return found[0]


def plain_record(record: AuditRecord | Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a record as plain types, whatever form it has.

    Raises
    ------
    InvalidParameterError
        For a mapping that is no record, or was changed.
    """
    if isinstance(record, AuditRecord):
        return record.to_dict()
    if not isinstance(record, Mapping) or "content_hash" not in record:
        raise InvalidParameterError(
            f"record is a {type(record).__name__} without a content_hash; give an AuditRecord, or what "
            "json.loads gives for its JSON."
        )
    rest = {name: value for name, value in record.items() if name != "content_hash"}
    if content_hash(rest) != record["content_hash"]:
        raise InvalidParameterError("The record was changed: its content does not have the hash it names.")
    return record
