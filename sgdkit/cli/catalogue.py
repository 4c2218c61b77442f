"""Registered components as a table: what ``sgdkit optimizers`` and ``sgdkit losses`` print."""

import inspect
from collections.abc import Callable, Mapping

from sgdkit.plugin.registry import default_registry
from sgdkit.text_table import format_table

__all__ = ("catalogue", "summary")


def catalogue(kind: str, cells: Mapping[str, Callable[[type], str]]) -> str:
    """Return a table of the components of a kind, plugins included.

    Parameters
    ----------
    kind : {"loss", "optimizer", "learning_rate"}
        Which components.
    cells : mapping of str to callable
        Heading of each column after the name, and what it says of a class.
    """
    table = default_registry().table(kind)
    rows = [[name, *(cell(component) for cell in cells.values())] for name, component in table.items()]
    return format_table(["name", *cells], rows, indent="")


def summary(component: type) -> str:
    """Return the first line of a class's own docstring."""
    text = inspect.cleandoc(component.__dict__.get("__doc__") or "")
    return text.partition("\n")[0]
