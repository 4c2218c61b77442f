"""write_report(): everything about some runs, in one folder."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sgdkit.atomic_file import replace_file
from sgdkit.governance.canonical import content_hash
from sgdkit.governance.record import SCHEMA_VERSION
from sgdkit.governance.render import plots, tables
from sgdkit.governance.render.card import to_model_card
from sgdkit.governance.render.compare import check_names, compare
from sgdkit.governance.render.files import table_files, to_json
from sgdkit.governance.render.html import TITLE, to_html
from sgdkit.governance.render.markdown import to_markdown
from sgdkit.governance.render.ml_bom import to_ml_bom
from sgdkit.governance.render.reference import reference_tables
from sgdkit.governance.render.run import Run

__all__ = ("write_report",)


def write_report(
    directory: str | Path,
    runs: Sequence[Run],
    *,
    title: str = TITLE,
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
        What was written, ``report.html`` first: ``report.md`` and ``record.json``; ``audit``, ``summary``,
        ``trace`` and ``evidence`` (of several runs ``compare`` too) as ``.csv`` and ``.json``; the figure
        ``score_risk`` and per run ``<run>_loss``, ``_parameters``, ``_dimensions``, ``_reliability``,
        ``_groups`` and ``_robustness`` where it has them, as ``.png`` and ``.svg``; per run
        ``<run>_model_card.md`` and ``<run>_ml_bom.json`` (CycloneDX).

    Raises
    ------
    InvalidParameterError
        Without runs, or when two runs share a name.
    ImportError
        Without the ``report`` extra.
    """
    runs = list(runs)
    check_names(runs)
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    # All content is made before the first file is touched: a failure leaves an older report whole.
    drawings = plots.draw(runs, reference=reference)
    slugs = _slugs(runs)
    files = [
        {kind: f"{slug}_{kind}.png" for kind in figures}
        for slug, figures in zip(slugs, drawings.runs, strict=True)
    ]
    markdown = to_markdown(runs, title=title, reference=reference, files=files)
    contents = {
        "report.html": to_html(runs, title=title, reference=reference, drawings=drawings).encode(),
        "report.md": markdown.encode(),
    }
    contents |= dict(_records(runs))
    contents |= dict(_tables(runs, reference=reference))
    contents |= dict(_figures(slugs, drawings))
    for slug, run in zip(slugs, runs, strict=True):
        contents[f"{slug}_model_card.md"] = to_model_card(run).encode()
        contents[f"{slug}_ml_bom.json"] = to_json(to_ml_bom(run))
    return tuple(replace_file(folder / name, content) for name, content in contents.items())


def _records(runs: Sequence[Run]) -> Iterator[tuple[str, bytes]]:
    record: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "records": [run.record.to_dict() for run in runs],
        "receipts": [asdict(run.record.receipt) for run in runs if run.record.receipt],
    }
    record["content_hash"] = content_hash(record)
    yield "record.json", to_json(record, indent=2, sort_keys=True)


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
    if len(runs) > 1:
        named["compare"] = compare(runs)
    if reference:
        named |= reference_tables()
    yield from table_files(named)


def _figures(slugs: Sequence[str], drawings: plots.Drawings) -> Iterator[tuple[str, bytes]]:
    named = {"score_risk": drawings.overview}
    for slug, figures in zip(slugs, drawings.runs, strict=True):
        named |= {f"{slug}_{kind}": drawing for kind, drawing in figures.items()}
    for name, drawing in named.items():
        yield f"{name}.png", drawing.png
        yield f"{name}.svg", drawing.svg


def _slugs(runs: Sequence[Run]) -> list[str]:
    """Starts of file names, one of its own for each run."""
    slugs = [re.sub(r"[^a-z0-9]+", "-", run.name.lower()).strip("-")[:40] or "run" for run in runs]
    return [
        slug if slugs.count(slug) == 1 else f"{slug}-{position}" for position, slug in enumerate(slugs, 1)
    ]
