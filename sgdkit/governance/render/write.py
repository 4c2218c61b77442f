"""write_report(): everything about some runs, in one folder."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sgdkit.atomic_file import replace_file
from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance.canonical import content_hash
from sgdkit.governance.record import SCHEMA_VERSION
from sgdkit.governance.render import plots, tables
from sgdkit.governance.render.html import to_html
from sgdkit.governance.render.run import Run

__all__ = ("write_report",)


def write_report(
    directory: str | Path,
    runs: Sequence[Run],
    *,
    title: str = "How these models were trained",
    reference: bool = True,
) -> tuple[Path, ...]:
    """Write report, records, tables and figures of one or more runs.

    Parameters
    ----------
    directory : str or Path
        Created when missing. Files of the same names are replaced, each in one step.
    runs : sequence of Run
        At least one, with different names.
    title : str
        Heading of the page.
    reference : bool, default=True
        Also write the published reference cases and trace, and show the cases, marked as such, in the
        plot of score against risk.

    Returns
    -------
    tuple of Path
        What was written, ``report.html`` first: ``record.json``; ``audit``, ``summary``, ``trace`` and
        ``evidence`` as ``.csv`` and ``.json``; ``score_risk.png`` and per run ``<run>_loss.png``,
        ``<run>_parameters.png`` and ``<run>_dimensions.png``.

    Raises
    ------
    InvalidParameterError
        Without runs, or when two runs share a name.
    ImportError
        Without the ``report`` extra.
    """
    runs = list(runs)
    names = [run.name for run in runs]
    if not runs or len(set(names)) < len(names):
        raise InvalidParameterError(
            f"Got runs named {names}; give at least one run, each with a name of its own."
        )
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    # All content is made before the first file is touched: a failure leaves an older report whole.
    drawings = plots.draw(runs, reference=reference)
    contents = {"report.html": to_html(runs, title=title, reference=reference, drawings=drawings).encode()}
    contents |= dict(_records(runs))
    contents |= dict(_tables(runs, reference=reference))
    contents |= dict(_figures(runs, drawings))
    return tuple(replace_file(folder / name, content) for name, content in contents.items())


def _records(runs: Sequence[Run]) -> Iterator[tuple[str, bytes]]:
    record: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "records": [run.record.to_dict() for run in runs],
        "receipts": [asdict(run.record.receipt) for run in runs if run.record.receipt],
    }
    record["content_hash"] = content_hash(record)
    yield "record.json", json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False).encode()


def _tables(runs: Sequence[Run], *, reference: bool) -> Iterator[tuple[str, bytes]]:
    evidence = [
        {"case_name": run.name, **row} for run in runs for row in tables.evidence_table(run.record).records()
    ]
    named = {
        "audit": tables.audit_table(runs),
        "summary": tables.summary_table(runs),
        "trace": tables.trace_table(runs),
        "evidence": tables.Table.of(evidence),
    }
    if reference:
        named["reference_audit"] = tables.reference_audit_table()
        named["reference_trace"] = tables.reference_trace_table()
    for name, table in named.items():
        yield f"{name}.csv", table.to_csv().encode()
        yield f"{name}.json", json.dumps(table.records(), indent=1, ensure_ascii=False).encode()


def _figures(runs: Sequence[Run], drawings: plots.Drawings) -> Iterator[tuple[str, bytes]]:
    yield "score_risk.png", drawings.overview
    slugs = [re.sub(r"[^a-z0-9]+", "-", run.name.lower()).strip("-")[:40] or "run" for run in runs]
    for position, (slug, figures) in enumerate(zip(slugs, drawings.runs, strict=True)):
        unique = slug if slugs.count(slug) == 1 else f"{slug}-{position + 1}"
        for kind, png in figures.items():
            yield f"{unique}_{kind}.png", png
