"""Figures of a report as PNG. Built on Figure objects, so no global plotting state is touched."""

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sgdkit.extras import import_extra
from sgdkit.governance.record import AuditRecord
from sgdkit.governance.reference import REFERENCE_CASES
from sgdkit.governance.render.run import Run

__all__ = (
    "Drawings",
    "dimension_figure",
    "draw",
    "drawn_parameters",
    "loss_figure",
    "parameter_figure",
    "score_risk_figure",
    "to_png",
)

INK, MUTED, GRID = "#1d2733", "#66717f", "#e3e7ec"
# Distinct in hue and in lightness, so they survive a grey printer and most colour blindness.
COLORS = ("#1f5f8b", "#c8642b", "#2f7d5b", "#8a4f9e", "#b3902f", "#6b7785", "#a23b4a", "#3aa0a8")
MARKERS = ("o", "s", "D", "^", "v", "P", "X", "h")


@dataclass(frozen=True)
class Drawings:
    """Figures of a report as PNG.

    Attributes
    ----------
    overview : bytes
        Score against risk.
    runs : tuple of dict
        ``loss``, ``parameters`` and ``dimensions`` of each run, where it has them.
    """

    overview: bytes
    runs: tuple[dict[str, bytes], ...]


def loss_figure(run: Run) -> Any | None:
    """Loss per step; None when the run left no trace."""
    columns = run.trace_columns
    loss = columns.get("loss", ())
    if len(loss) < 2:
        return None
    figure, axes = _figure(5.0, 3.1)
    axes.plot(columns["step"], loss, color=COLORS[0], linewidth=1.8, marker="o" if len(loss) < 40 else None)
    axes.lines[0].set_markersize(3.5)
    positive = [value for value in loss if math.isfinite(value) and value > 0.0]
    if len(positive) == len(loss) and max(positive) > 50.0 * min(positive):
        axes.set_yscale("log")
    axes.set_xlabel("step")
    axes.set_ylabel("loss")
    return _titled(figure, axes, "Training loss")


def parameter_figure(run: Run) -> Any | None:
    """Traced coefficients per step; None when none were traced."""
    columns = run.trace_columns
    names = drawn_parameters(columns)
    if not names:
        return None
    figure, axes = _figure(5.0, 3.1)
    for position, name in enumerate(names):
        color = COLORS[position % len(COLORS)]
        style = "-" if position < len(COLORS) else "--"
        axes.plot(
            columns["step"], columns[name], color=color, linestyle=style, linewidth=1.5, label=_short(name)
        )
    axes.axhline(0.0, color=MUTED, linewidth=0.6)
    axes.set_xlabel("step")
    axes.set_ylabel("value")
    axes.legend(
        loc="center left",
        bbox_to_anchor=(1.01, 0.5),
        frameon=False,
        fontsize=8,
        labelcolor=INK,
        handlelength=1.4,
    )
    return _titled(figure, axes, "Coefficients during training")


def drawn_parameters(columns: Mapping[str, Sequence[float]]) -> list[str]:
    """Names of the parameters that share a scale; a bias that would flatten the weights is left out."""
    names = [name for name in columns if name not in ("step", "loss")]
    reach = {name: max((abs(v) for v in columns[name] if math.isfinite(v)), default=0.0) for name in names}
    weights = max((reach[name] for name in names if not name.startswith("bias")), default=0.0)
    return [n for n in names if not n.startswith("bias") or weights == 0.0 or reach[n] <= 3.0 * weights]


def score_risk_figure(runs: Sequence[Run], *, reference: bool = True) -> Any:
    """Score against risk, one mark per run, with the published reference cases in grey."""
    figure, axes = _figure(5.2, 4.0)
    axes.axvspan(84, 100, ymin=0.0, ymax=0.20, color="#2f7d5b", alpha=0.10, linewidth=0)
    axes.axvspan(70, 100, ymin=0.0, ymax=0.35, color="#1f5f8b", alpha=0.07, linewidth=0)
    axes.axhspan(55, 100, color="#a23b4a", alpha=0.06, linewidth=0)
    for x, y, words in ((99, 2, "strong"), (71, 2, "usable"), (99, 97, "high risk")):
        side, height = ("right" if x > 90 else "left"), ("bottom" if y < 50 else "top")
        axes.text(x, y, words, color=MUTED, fontsize=8, ha=side, va=height, style="italic")
    if reference:
        for position, case in enumerate(REFERENCE_CASES):
            label = "published reference cases" if position == 0 else None
            axes.scatter(
                case.score, case.risk, s=34, facecolor="white", edgecolor=MUTED, label=label, zorder=3
            )
    for position, run in enumerate(runs):
        axes.scatter(
            run.record.score,
            run.record.risk,
            s=64,
            color=COLORS[position % len(COLORS)],
            marker=MARKERS[position % len(MARKERS)],
            label=_short(run.name, 38),
            zorder=4,
        )
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    axes.set_xlabel("governance score (higher is better)")
    axes.set_ylabel("governance risk (lower is better)")
    axes.legend(loc="lower left", fontsize=8, frameon=True, framealpha=0.9, edgecolor=GRID, labelcolor=INK)
    return _titled(figure, axes, "Score against risk")


def dimension_figure(record: AuditRecord) -> Any:
    """Value of each dimension: the measured part dark, the rest light."""
    figure, axes = _figure(5.2, 4.0)
    dimensions = list(reversed(record.dimensions))
    values = [dimension.value or 0.0 for dimension in dimensions]
    measured = [dimension.measured_value or 0.0 for dimension in dimensions]
    places = range(len(dimensions))
    axes.barh(places, [1.0] * len(values), color="#eef1f4", height=0.62)
    axes.barh(places, values, color="#9dbdd6", height=0.62, label="recorded or stated")
    axes.barh(places, measured, color=COLORS[0], height=0.62, label="measured")
    for place, dimension in zip(places, dimensions, strict=True):
        words = "n/a" if dimension.value is None else f"{dimension.value:.2f}"
        axes.text(1.02, place, words, va="center", fontsize=8.5, color=INK)
    axes.set_yticks(list(places), [dimension.name.replace("_", " ") for dimension in dimensions])
    axes.set_xlim(0, 1)
    axes.grid(False)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=2, frameon=False, fontsize=8, labelcolor=INK
    )
    return _titled(figure, axes, "Thirteen dimensions")


def draw(runs: Sequence[Run], *, reference: bool = True) -> Drawings:
    """Draw every figure of a report once, for the page and for the files.

    Parameters
    ----------
    runs : sequence of Run
        What to draw.
    reference : bool, default=True
        Show the published reference cases in the plot of score against risk.
    """
    return Drawings(
        to_png(score_risk_figure(runs, reference=reference)), tuple(_draw_run(run) for run in runs)
    )


def _draw_run(run: Run) -> dict[str, bytes]:
    figures = {
        "loss": loss_figure(run),
        "parameters": parameter_figure(run),
        "dimensions": dimension_figure(run.record),
    }
    return {kind: to_png(figure) for kind, figure in figures.items() if figure is not None}


def to_png(figure: Any) -> bytes:
    """PNG of a figure, at a resolution that stays sharp on a phone."""
    out = io.BytesIO()
    # A fixed entry instead of the library's version: equal figures give equal files.
    figure.savefig(out, format="png", dpi=200, metadata={"Software": "sgdkit"})
    return out.getvalue()


def _figure(width: float, height: float) -> tuple[Any, Any]:
    matplotlib_figure = import_extra("matplotlib.figure", "report", "Drawing figures")
    figure = matplotlib_figure.Figure(figsize=(width, height), layout="constrained", facecolor="white")
    figure.get_layout_engine().set(w_pad=0.09, h_pad=0.09)
    axes = figure.subplots()
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(GRID)
    axes.grid(True, color=GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(colors=MUTED, labelcolor=INK, labelsize=8.5)
    axes.xaxis.label.set(color=MUTED, fontsize=9)
    axes.yaxis.label.set(color=MUTED, fontsize=9)
    return figure, axes


def _titled(figure: Any, axes: Any, title: str) -> Any:
    axes.set_title(title, loc="left", fontsize=10.5, fontweight="bold", color=INK, pad=8)
    return figure


def _short(text: str, limit: int = 22) -> str:
    # "$" would start a formula.
    text = text.replace("$", r"\$").removeprefix("weight ")
    # Names of encoded columns differ at their end, so what is cut is the middle.
    tail = limit // 2
    return text if len(text) <= limit else f"{text[: limit - tail - 1]}…{text[-tail:]}"
