"""Colours and axes that the displays share; Matplotlib is imported on use."""

from typing import Any

from sgdkit.extras import import_extra

__all__ = ("ACCENT", "GRID", "INK", "LINES", "MUTED", "new_axes", "plain")

INK, ACCENT, MUTED, GRID = "#1d2733", "#1f5f8b", "#66717f", "#e3e7ec"
LINES = ("#1f5f8b", "#c8553d", "#3f7d4f", "#8a5fa8", "#b8860b", "#2a9d9d", "#66717f", "#b03a6f")


def new_axes(rows: int, columns: int, size: tuple[float, float], purpose: str, **settings: Any) -> Any:
    """Return a two-dimensional array of axes in a new figure of `size` inches.

    Raises
    ------
    ImportError
        Without Matplotlib, saying what `purpose` needs it.
    """
    figures = import_extra("matplotlib.figure", "inspect", purpose)
    figure = figures.Figure(figsize=size, layout="constrained", facecolor="white")
    return figure.subplots(rows, columns, squeeze=False, **settings)


def plain(ax: Any) -> None:
    """Give axes a light grid and no frame at the top and right."""
    ax.grid(True, color=GRID, linewidth=0.7)
    ax.set_axisbelow(True)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
