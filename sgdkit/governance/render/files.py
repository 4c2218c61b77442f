"""Files of a report: bytes of a table or of JSON, each written in one step."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sgdkit.governance.render.tables import Table

__all__ = ("replace_file", "table_files", "to_json")


def table_files(named: Mapping[str, Table]) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of each table, as CSV and as JSON."""
    for name, table in named.items():
        yield f"{name}.csv", table.to_csv().encode()
        yield f"{name}.json", to_json(table.records())


def to_json(content: Any, *, indent: int = 1, sort_keys: bool = False) -> bytes:
    """Readable JSON as bytes."""
    return json.dumps(content, indent=indent, sort_keys=sort_keys, ensure_ascii=False).encode()


def replace_file(path: Path, content: bytes) -> Path:
    """Write a file in one step: a reader sees the old content or the new, never half of it."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)  # mkstemp makes files that only their owner can read
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path
