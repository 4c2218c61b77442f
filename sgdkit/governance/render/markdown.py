"""A report as Markdown: the chapters of the page as plain text, with figures as files beside it."""

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sgdkit.governance.render.html import TITLE, environment
from sgdkit.governance.render.run import Run
from sgdkit.governance.render.view import report_view

__all__ = ("plain", "to_markdown")


def to_markdown(
    runs: Sequence[Run],
    *,
    title: str = TITLE,
    reference: bool = True,
    files: Sequence[Mapping[str, str]] | None = None,
) -> str:
    """Render runs as Markdown (CommonMark with tables).

    Parameters
    ----------
    runs : sequence of Run
        What to show, in order.
    title : str
        Heading.
    reference : bool, default=True
        Show the published reference cases.
    files : sequence of dict of str to str, default=None
        For each run the file of each kind of figure; no figures when None.

    Returns
    -------
    str
        Text from the runs is escaped: it can neither break a table nor bring markup.
    """
    variables = report_view(runs, title=title, reference=reference)
    for view, names in zip(variables["runs"], files or [{}] * len(runs), strict=True):
        view["files"] = names
    jinja = environment(autoescape=False)
    jinja.finalize = _finalize
    jinja.filters["raw"] = _Plain
    return re.sub(r"\n{3,}", "\n\n", str(jinja.get_template("report.md").render(**variables)))


class _Plain(str):
    """Text of the template's own, which stays as it is."""


def _finalize(value: Any) -> Any:
    return plain(value) if isinstance(value, str) and not isinstance(value, _Plain) else value


def plain(text: Any) -> str:
    r"""Text on one line that neither Markdown nor HTML takes for markup.

    Examples
    --------
    >>> from sgdkit.governance.render.markdown import plain
    >>> print(plain("a|b <i>*c*"))
    a\|b &lt;i&gt;\*c\*
    """
    escaped = re.sub(r"([\\`*\[\]|#])", r"\\\1", html.escape(str(text), quote=False))
    return " ".join(escaped.split())
