"""Sphinx configuration. Build with `make docs`; warnings are errors."""

import re

import sgdkit

project = "sgdkit"
author = "The sgdkit developers"
copyright = author
version = release = sgdkit.__version__

extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.mathjax"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "images/*.py"]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # numpydoc states types in words
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

autosummary_generate = False


def _keep_trailing_underscores(app, what, name, obj, options, lines):
    """Keep shapes such as ``(n_iter_,)`` from being read as links."""
    lines[:] = [re.sub(r"(\w)_(?=[,)])", r"\1\\_", line) if "shape" in line else line for line in lines]


def setup(app):
    """Connect what autodoc cannot be told in a setting."""
    app.connect("autodoc-process-docstring", _keep_trailing_underscores, priority=900)


html_theme = "alabaster"
html_theme_options = {
    "description": "Gradient-descent linear models for scikit-learn, with audit evidence.",
    "fixed_sidebar": True,
    "page_width": "68rem",
}
html_title = f"sgdkit {release}"
