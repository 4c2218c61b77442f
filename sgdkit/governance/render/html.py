"""A report as one self-contained HTML page."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sgdkit.extras import import_extra
from sgdkit.governance.render import plots
from sgdkit.governance.render.run import Run
from sgdkit.governance.render.view import FILTERS, report_view

__all__ = ("TITLE", "environment", "to_html")

TITLE = "How these models were trained"
_TEMPLATES = Path(__file__).parent / "templates"


def to_html(
    runs: Sequence[Run],
    *,
    title: str = TITLE,
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
    drawn = plots.draw(runs, reference=reference) if drawings is None else drawings
    variables = report_view(runs, title=title, reference=reference)
    for view, figures in zip(variables["runs"], drawn.runs, strict=True):
        view["figures"] = {kind: _data_uri(figure.png) for kind, figure in figures.items()}
    template = environment(autoescape=True).get_template("report.html")
    return str(template.render(**variables, score_risk=_data_uri(drawn.overview.png)))


def environment(*, autoescape: bool) -> Any:
    """Jinja environment over the package's templates."""
    jinja2 = import_extra("jinja2", "report", "Rendering a report")
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=autoescape,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(FILTERS)
    return found


def _data_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
