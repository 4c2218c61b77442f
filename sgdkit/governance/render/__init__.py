"""Renderers: a record in, text, tables, figures or a page out."""

from sgdkit.governance.render.run import Run
from sgdkit.governance.render.write import write_report

__all__ = ("Run", "write_report")
