"""What the templates show of a run, whatever their format."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from sgdkit.governance.grading import CAPS, Grade
from sgdkit.governance.items import EvidenceItem
from sgdkit.governance.norms import CHECKED, norms
from sgdkit.governance.record import AuditRecord
from sgdkit.governance.reference import REFERENCE_CASES
from sgdkit.governance.render.compare import compare
from sgdkit.governance.render.plots import drawn_parameters
from sgdkit.governance.render.review import STEPS, judge_pitfalls
from sgdkit.governance.render.run import Run
from sgdkit.governance.render.text import GLYPHS

__all__ = ("FILTERS", "report_view")


_ASKED = ("task", "intended_use", "cost_of_errors", "metric", "materiality", "owner", "reviewer")
"""Fields of a declaration that the first chapter asks for."""


def report_view(runs: Sequence[Run], *, title: str, reference: bool) -> dict[str, Any]:
    """Variables of the report's templates, without figures.

    Parameters
    ----------
    runs : sequence of Run
        What to show, in order.
    title : str
        Heading.
    reference : bool
        Whether the published reference cases are shown.
    """
    return {
        "title": title,
        "runs": [_run_view(run) for run in runs],
        "comparison": compare(runs) if len(runs) > 1 else None,
        "reference_cases": REFERENCE_CASES if reference else (),
        "grades": [(grade, GLYPHS[grade], CAPS.get(grade)) for grade in Grade],
        "glyphs": GLYPHS,
        "norms": norms(),
        "checked": CHECKED,
    }


def _run_view(run: Run) -> dict[str, Any]:
    record = run.record
    dimensions = {dimension.name: dimension for dimension in record.dimensions}
    return {
        "run": run,
        "record": record,
        "chapters": [(step, [dimensions[name] for name in step.dimensions]) for step in STEPS],
        "verdicts": judge_pitfalls(record),
        "dimension": dimensions,
        "declared": _declared(record),
        "undeclared": [name for name in _ASKED if name not in record.declaration],
        "groups": _group_tables(record),
        "gaps": _gaps(record),
        "folds": _folds(run),
        "words": _captions(run),
        "hash": record.content_hash,
        "lineage": record.data[0] if record.data else None,
    }


def _declared(record: AuditRecord) -> dict[str, str]:
    """What people say about the task: the fields of a declaration, or a statement that stands for them."""
    said = {name: str(record.declaration[name]) for name in _ASKED if name in record.declaration}
    statement = record.items.get("statement.objective_documentation")
    if not said and statement is not None and statement.grade in (Grade.DECLARED, Grade.ATTESTED):
        said["statement"] = statement.summary
    return said


def _captions(run: Run) -> dict[str, str]:
    """What each figure shows, in words that do for who cannot see it."""
    words = {"dimensions": "Value of each dimension; the figures stand in the chapters below."}
    columns, exhibits = run.trace_columns, run.record.exhibits
    loss = columns.get("loss", ())
    if len(loss) > 1:
        verb = "falls" if loss[-1] <= loss[0] else "goes"
        words["loss"] = f"Loss {verb} from {number(loss[0])} to {number(loss[-1])} in {len(loss)} steps."
    names = drawn_parameters(columns)
    if names:
        words["parameters"] = f"{len(names)} parameters after every step."
        if any(name.startswith("bias") and name not in names for name in columns):
            words["parameters"] += " The bias is on another scale; it is in the trace table."
    if bins := exhibits.get("reliability"):
        off = sum(not one["low"] <= one["predicted"] <= one["high"] for one in bins)
        words["reliability"] = (
            f"How often predictions of {exhibits['event']} came true, in {len(bins)} bins of equal size: the "
            f"mean prediction lies outside the 95 % interval of what was observed in {off} of them."
        )
    if exhibits.get("groups"):
        words["groups"] = "Metrics by group with 95 % intervals; in brackets the test rows behind each."
    for curve in exhibits.get("curves", ()):
        first, last = curve["quality"][0], curve["quality"][-1]
        told = (
            f"{curve['name']}: {exhibits['quality']} goes from {first:.3f} to {last:.3f} "
            f"at {curve['amounts'][-1]:g} {curve['unit']}."
        )
        words["robustness"] = f"{words.get('robustness', '')} {told}".strip()
    return words


def _group_tables(record: AuditRecord) -> list[dict[str, Any]]:
    """One table per attribute: groups down, metrics across."""
    tables: dict[str, dict[str, dict[str, Any]]] = {}
    for one in record.exhibits.get("groups", ()):
        tables.setdefault(one["attribute"], {}).setdefault(one["group"], {})[one["metric"]] = one
    return [
        {"attribute": attribute, "metrics": tuple(next(iter(groups.values()))), "groups": groups}
        for attribute, groups in tables.items()
    ]


def _gaps(record: AuditRecord) -> list[EvidenceItem]:
    """What the checks say about gaps between groups."""
    return [item for item in record.items.values() if item.measured.get("attributes")]


def _folds(run: Run) -> list[tuple[str, float, float, int]]:
    """Mean and spread of each cross-validation column that is not a single dimension."""
    dimensions = {f"governance_{dimension.name}" for dimension in run.record.dimensions}
    return [
        (name, float(np.mean(values)), float(np.std(values)), len(values))
        for name, values in run.folds.items()
        if name not in dimensions
    ]


def words(name: str) -> str:
    """Readable form of a snake-case name."""
    text = name.replace("_", " ").replace(".", " · ")
    return text[:1].upper() + text[1:]


def number(value: Any) -> str:
    """Short form of a figure."""
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        if not math.isfinite(value):
            return "not finite"
        return f"{value:,.0f}" if 1e3 <= abs(value) < 1e7 else f"{value:.4g}"
    return str(value)


def percent(value: float) -> str:
    """Whole percents."""
    return f"{100.0 * value:.0f} %"


FILTERS = {"words": words, "number": number, "percent": percent}
