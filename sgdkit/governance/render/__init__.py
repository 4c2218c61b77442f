"""Renderers: a record in, text, tables, figures, a page or a model card out."""

from sgdkit.governance.render.card import to_model_card
from sgdkit.governance.render.compare import compare
from sgdkit.governance.render.markdown import to_markdown
from sgdkit.governance.render.ml_bom import to_ml_bom
from sgdkit.governance.render.read_runs import read_runs
from sgdkit.governance.render.run import Run
from sgdkit.governance.render.write import write_report

__all__ = ("Run", "compare", "read_runs", "to_markdown", "to_ml_bom", "to_model_card", "write_report")
