"""Files of a report: bytes of a table or of JSON, each written in one step."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sgdkit.governance.render.tables import Table

__all__ = ("table_files", "to_json")


def table_files(named: Mapping[str, Table]) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of each table, as CSV and as JSON."""
    for name, table in named.items():
        yield f"{name}.csv", table.to_csv().encode()
        yield f"{name}.json", to_json(table.records())


def to_json(content: Any, *, indent: int = 1, sort_keys: bool = False) -> bytes:
    """Readable JSON as bytes."""
    return json.dumps(content, indent=indent, sort_keys=sort_keys, ensure_ascii=False).encode()
