"""How every figure looks and becomes a file. Built on Figure objects: no global plotting state is touched."""

import io
from typing import Any

from sgdkit.extras import import_extra

__all__ = (
    "COLORS",
    "GRID",
    "INK",
    "MARKERS",
    "MUTED",
    "new_figure",
    "new_panels",
    "short",
    "titled",
    "to_png",
    "to_svg",
)

INK, MUTED, GRID = "#1d2733", "#5d6876", "#e3e7ec"
# Distinct in hue and in lightness, so they survive a grey printer and most colour blindness.
COLORS = ("#1f5f8b", "#c8642b", "#2f7d5b", "#8a4f9e", "#b3902f", "#6b7785", "#a23b4a", "#3aa0a8")
MARKERS = ("o", "s", "D", "^", "v", "P", "X", "h")


def to_png(figure: Any) -> bytes:
    """PNG of a figure, at a resolution that stays sharp on a phone."""
    out = io.BytesIO()
    # A fixed entry instead of the library's version: equal figures give equal files.
    figure.savefig(out, format="png", dpi=200, metadata={"Software": "sgdkit"})
    return out.getvalue()


def to_svg(figure: Any) -> bytes:
    """SVG of a figure; letters are paths, so that it looks the same without the font."""
    matplotlib = import_extra("matplotlib", "report", "Drawing figures")
    out = io.BytesIO()
    # Without a salt of its own each file would name its parts at random, and equal figures would differ.
    with matplotlib.rc_context({"svg.hashsalt": "sgdkit"}):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": "sgdkit"})
    return out.getvalue()


def new_figure(width: float, height: float) -> tuple[Any, Any]:
    """Return an empty figure, inches wide and high, and its axes."""
    figure, (axes,) = new_panels(width, height, 1)
    return figure, axes


def new_panels(width: float, height: float, count: int) -> tuple[Any, list[Any]]:
    """Return an empty figure of several axes one above the other, each inches high."""
    matplotlib_figure = import_extra("matplotlib.figure", "report", "Drawing figures")
    figure = matplotlib_figure.Figure(
        figsize=(width, height * count), layout="constrained", facecolor="white"
    )
    figure.get_layout_engine().set(w_pad=0.09, h_pad=0.09)
    panels = list(figure.subplots(count, squeeze=False).flat)
    for axes in panels:
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        for side in ("left", "bottom"):
            axes.spines[side].set_color(GRID)
        axes.grid(True, color=GRID, linewidth=0.7)
        axes.set_axisbelow(True)
        axes.tick_params(colors=MUTED, labelcolor=INK, labelsize=8.5)
        axes.xaxis.label.set(color=MUTED, fontsize=9)
        axes.yaxis.label.set(color=MUTED, fontsize=9)
    return figure, panels


def titled(figure: Any, axes: Any, title: str) -> Any:
    """Return the figure with a title."""
    axes.set_title(title, loc="left", fontsize=10.5, fontweight="bold", color=INK, pad=8)
    return figure


def short(text: str, limit: int = 22) -> str:
    """Return a label of bounded length that is safe to draw."""
    # "$" would start a formula.
    text = text.replace("$", r"\$").removeprefix("weight ")
    # Names of encoded columns differ at their end, so what is cut is the middle.
    tail = limit // 2
    return text if len(text) <= limit else f"{text[: limit - tail - 1]}…{text[-tail:]}"
