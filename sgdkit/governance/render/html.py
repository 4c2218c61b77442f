"""A report as one self-contained HTML page."""

import base64
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sgdkit.extras import import_extra
from sgdkit.governance.grading import CAPS, Grade
from sgdkit.governance.record import AuditRecord
from sgdkit.governance.reference import REFERENCE_CASES
from sgdkit.governance.render import plots
from sgdkit.governance.render.run import Run
from sgdkit.governance.render.text import GLYPHS

__all__ = ("to_html",)

_TEMPLATES = Path(__file__).parent / "templates"


def to_html(
    runs: Sequence[Run],
    *,
    title: str = "How these models were trained",
    reference: bool = True,
    drawings: plots.Drawings | None = None,
) -> str:
    """Render runs as one HTML page that needs no network.

    Parameters
    ----------
    runs : sequence of Run
        What to show, in order.
    title : str
        Heading.
    reference : bool, default=True
        Show the published reference cases beside the runs, marked as such.
    drawings : Drawings or None, default=None
        Figures from `sgdkit.governance.render.plots.draw`, where they are drawn already.

    Returns
    -------
    str
        HTML with style and figures inside; all text from the runs is escaped.
    """
    jinja2 = import_extra("jinja2", "report", "Rendering the HTML report")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(words=_words, number=_number, percent=_percent)
    drawn = plots.draw(runs, reference=reference) if drawings is None else drawings
    return str(
        environment.get_template("report.html").render(
            title=title,
            runs=[_view(run, figures) for run, figures in zip(runs, drawn.runs, strict=True)],
            score_risk=_data_uri(drawn.overview),
            reference_cases=REFERENCE_CASES if reference else (),
            grades=[(grade, GLYPHS[grade], CAPS.get(grade)) for grade in Grade],
            glyphs=GLYPHS,
        )
    )


def _view(run: Run, drawn: Mapping[str, bytes]) -> dict[str, Any]:
    """What the template shows of one run."""
    record = run.record
    return {
        "run": run,
        "record": record,
        "figures": _figures(run, drawn),
        "groups": _groups(record),
        "folds": _folds(run),
        "hash": record.content_hash,
        "lineage": record.data[0] if record.data else None,
    }


def _figures(run: Run, drawn: Mapping[str, bytes]) -> list[dict[str, str]]:
    found = []
    loss = drawn.get("loss")
    if loss is not None:
        values = run.trace_columns["loss"]
        words = f"Loss falls from {_number(values[0])} to {_number(values[-1])} in {len(values)} steps."
        if not values[-1] <= values[0]:
            words = f"Loss goes from {_number(values[0])} to {_number(values[-1])} in {len(values)} steps."
        found.append({"src": _data_uri(loss), "caption": words})
    parameters = drawn.get("parameters")
    if parameters is not None:
        names = plots.drawn_parameters(run.trace_columns)
        words = f"{len(names)} parameters after every step."
        if any(name.startswith("bias") and name not in names for name in run.trace_columns):
            words += " The bias is on another scale; it is in the trace table."
        found.append({"src": _data_uri(parameters), "caption": words})
    return found


def _groups(record: AuditRecord) -> list[dict[str, Any]]:
    """Group means of the fairness checks, one table per attribute and metric."""
    tables = []
    for item in record.items.values():
        for attribute, gap in item.measured.get("attributes", {}).items():
            tables.append({"metric": item.measured["metric"], "attribute": attribute, **gap})
    return tables


def _folds(run: Run) -> list[tuple[str, float, float, int]]:
    """Mean and spread of each cross-validation column that is not a single dimension."""
    dimensions = {f"governance_{dimension.name}" for dimension in run.record.dimensions}
    return [
        (name, float(np.mean(values)), float(np.std(values)), len(values))
        for name, values in run.folds.items()
        if name not in dimensions
    ]


def _data_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def _words(name: str) -> str:
    """Readable form of a snake-case name."""
    text = name.replace("_", " ").replace(".", " · ")
    return text[:1].upper() + text[1:]


def _number(value: Any) -> str:
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


def _percent(value: float) -> str:
    return f"{100.0 * value:.0f} %"
