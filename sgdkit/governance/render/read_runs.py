"""Runs back from the folders that reports were written to."""

import csv
import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance.load import load_records
from sgdkit.governance.render.run import Run

__all__ = ("read_runs",)


def read_runs(paths: Iterable[str | os.PathLike[str]]) -> list[Run]:
    """Read runs from several folders, to be shown side by side.

    Parameters
    ----------
    paths : iterable of str or path-like
        Folders that `write_report` or ``sgdkit train`` wrote, or single records. Of a folder the trace of
        training, the context and the goal are read too; folds of a cross-validation are not kept there.

    Returns
    -------
    list of Run
        Each with a name of its own: runs of one name are told apart by their folders.

    Raises
    ------
    InvalidParameterError
        For a missing file, one that holds no record, a record that was changed, or one of another schema.
    """
    found = [(path, run) for path in map(Path, paths) for run in _read(path)]
    hashes = [run.record.content_hash for _, run in found]
    for position, (path, run) in enumerate(found):
        if hashes.index(hashes[position]) < position:
            raise InvalidParameterError(f"{path} holds {run.name!r}, which was given before; give each once.")
    names = [run.name for _, run in found]
    runs = [
        run if names.count(run.name) == 1 else replace(run, name=f"{run.name} ({_told_apart(path)})")
        for path, run in found
    ]
    if len({run.name for run in runs}) < len(runs):
        raise InvalidParameterError(
            f"Runs of one name lie in folders of one name: {', '.join(sorted(names))}; rename a folder."
        )
    return runs


def _told_apart(path: Path) -> str:
    return path.resolve().name if path.is_dir() else path.stem


def _read(path: Path) -> list[Run]:
    file = path / "record.json" if path.is_dir() else path
    try:
        records = load_records(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidParameterError(
            f"There is no record at {str(file)!r}; give a folder that a report or `sgdkit train` wrote."
        ) from None
    except UnicodeDecodeError:
        raise InvalidParameterError(f"{file} is not text; give a record.json.") from None
    except InvalidParameterError as error:
        raise InvalidParameterError(f"{file}: {error}") from error
    beside = {row["content_hash"]: row for row in _rows(file.with_name("audit.csv"))} if path.is_dir() else {}
    traces = _rows(file.with_name("trace.csv")) if path.is_dir() else []
    runs = []
    for record in records:
        row = beside.get(record.content_hash, {})
        name = row.get("case_name") or record.name
        trace = _trace([one for one in traces if one["case_name"] == name])
        made = record.training.get("n_iter")
        if trace and made and len(trace["step"]) > made + 1:
            trace = {}  # of another run: the folder was written to again
        runs.append(
            Run(name, row.get("model_context", ""), row.get("training_goal", ""), record, trace or None)
        )
    return runs


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _trace(rows: Sequence[dict[str, str]]) -> dict[str, list[float]]:
    """Columns of a trace; what belongs to other runs is empty throughout."""
    if not rows:
        return {}
    kept = [name for name in rows[0] if name != "case_name" and any(row[name] for row in rows)]
    return {name: [float(row[name]) if row[name] else math.nan for row in rows] for name in kept}
