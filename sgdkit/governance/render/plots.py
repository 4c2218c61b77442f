"""Figures of a report: what each run learned, and all runs side by side."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sgdkit.governance.record import AuditRecord
from sgdkit.governance.reference import REFERENCE_CASES
from sgdkit.governance.render.exhibit_plots import group_figure, reliability_figure, robustness_figure
from sgdkit.governance.render.run import Run
from sgdkit.governance.render.style import (
    COLORS,
    GRID,
    INK,
    MARKERS,
    MUTED,
    new_figure,
    short,
    titled,
    to_png,
    to_svg,
)

__all__ = (
    "Drawing",
    "Drawings",
    "dimension_figure",
    "draw",
    "drawn_parameters",
    "loss_figure",
    "parameter_figure",
    "score_risk_figure",
)


@dataclass(frozen=True)
class Drawing:
    """One figure, drawn: as PNG for the page and as SVG for print."""

    png: bytes
    svg: bytes

    @classmethod
    def of(cls, figure: Any) -> "Drawing":
        """Draw a figure in both forms; its layout is computed once."""
        png = to_png(figure)
        figure.set_layout_engine("none")
        return cls(png, to_svg(figure))


@dataclass(frozen=True)
class Drawings:
    """Figures of a report.

    Attributes
    ----------
    overview : Drawing
        Score against risk.
    runs : tuple of dict of str to Drawing
        ``loss``, ``parameters``, ``dimensions``, ``reliability``, ``groups`` and ``robustness`` of each run,
        where it has them.
    """

    overview: Drawing
    runs: tuple[dict[str, Drawing], ...]


def loss_figure(run: Run) -> Any | None:
    """Loss per step; None when the run left no trace."""
    columns = run.trace_columns
    loss = columns.get("loss", ())
    if len(loss) < 2:
        return None
    figure, axes = new_figure(5.0, 3.1)
    axes.plot(columns["step"], loss, color=COLORS[0], linewidth=1.8, marker="o" if len(loss) < 40 else None)
    axes.lines[0].set_markersize(3.5)
    positive = [value for value in loss if math.isfinite(value) and value > 0.0]
    if len(positive) == len(loss) and max(positive) > 50.0 * min(positive):
        axes.set_yscale("log")
    _label_steps(axes)
    axes.set_ylabel("loss")
    return titled(figure, axes, "Training loss")


def _label_steps(axes: Any) -> None:
    axes.set_xlabel("step")
    axes.locator_params(axis="x", integer=True)  # a run of three steps has no step 1.25


def parameter_figure(run: Run) -> Any | None:
    """Traced coefficients per step; None when none were traced, or only one step."""
    columns = run.trace_columns
    names = drawn_parameters(columns)
    if not names:
        return None
    figure, axes = new_figure(5.0, 3.1)
    for position, name in enumerate(names):
        color = COLORS[position % len(COLORS)]
        style = "-" if position < len(COLORS) else "--"
        axes.plot(
            columns["step"], columns[name], color=color, linestyle=style, linewidth=1.5, label=short(name)
        )
    axes.axhline(0.0, color=MUTED, linewidth=0.6)
    _label_steps(axes)
    axes.set_ylabel("value")
    axes.legend(
        loc="center left",
        bbox_to_anchor=(1.01, 0.5),
        frameon=False,
        fontsize=8,
        labelcolor=INK,
        handlelength=1.4,
    )
    return titled(figure, axes, "Coefficients during training")


def drawn_parameters(columns: Mapping[str, Sequence[float]]) -> list[str]:
    """Names of the parameters that share a scale; a bias that would flatten the weights is left out.

    A single step makes no curve, so then there are none.
    """
    if len(columns.get("step", ())) < 2:
        return []
    names = [name for name in columns if name not in ("step", "loss")]
    reach = {name: max((abs(v) for v in columns[name] if math.isfinite(v)), default=0.0) for name in names}
    weights = max((reach[name] for name in names if not name.startswith("bias")), default=0.0)
    return [n for n in names if not n.startswith("bias") or weights == 0.0 or reach[n] <= 3.0 * weights]


def score_risk_figure(runs: Sequence[Run], *, reference: bool = True) -> Any:
    """Score against risk, one mark per run, with the published reference cases in grey."""
    figure, axes = new_figure(5.2, 4.0)
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
            label=short(run.name, 38),
            zorder=4,
        )
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    axes.set_xlabel("governance score (higher is better)")
    axes.set_ylabel("governance risk (lower is better)")
    axes.legend(loc="lower left", fontsize=8, frameon=True, framealpha=0.9, edgecolor=GRID, labelcolor=INK)
    return titled(figure, axes, "Score against risk")


def dimension_figure(record: AuditRecord) -> Any:
    """Value of each dimension: the measured part dark, the rest light."""
    figure, axes = new_figure(5.2, 4.0)
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
    return titled(figure, axes, "Thirteen dimensions")


def draw(runs: Sequence[Run], *, reference: bool = True) -> Drawings:
    """Draw every figure of a report once, for the page and for the files.

    Parameters
    ----------
    runs : sequence of Run
        What to draw.
    reference : bool, default=True
        Show the published reference cases in the plot of score against risk.
    """
    overview = Drawing.of(score_risk_figure(runs, reference=reference))
    return Drawings(overview, tuple(_draw_run(run) for run in runs))


def _draw_run(run: Run) -> dict[str, Drawing]:
    figures = {
        "loss": loss_figure(run),
        "parameters": parameter_figure(run),
        "dimensions": dimension_figure(run.record),
        "reliability": reliability_figure(run.record.exhibits),
        "groups": group_figure(run.record.exhibits),
        "robustness": robustness_figure(run.record.exhibits),
    }
    return {kind: Drawing.of(figure) for kind, figure in figures.items() if figure is not None}
