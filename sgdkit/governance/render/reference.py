"""The published reference cases and trace as tables and files."""

from pathlib import Path

from sgdkit.atomic_file import replace_file
from sgdkit.governance.render.files import table_files
from sgdkit.governance.render.tables import Table, reference_audit_table, reference_trace_table

__all__ = ("reference_tables", "write_reference")


def reference_tables() -> dict[str, Table]:
    """Return the tables by the names of their files."""
    return {"reference_audit": reference_audit_table(), "reference_trace": reference_trace_table()}


def write_reference(directory: str | Path) -> tuple[Path, ...]:
    """Write the reference tables as CSV and JSON; needs no optional package.

    Parameters
    ----------
    directory : str or Path
        Created when missing.

    Returns
    -------
    tuple of Path
        ``reference_audit`` and ``reference_trace``, each ``.csv`` and ``.json``.
    """
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(replace_file(folder / name, content) for name, content in table_files(reference_tables()))
