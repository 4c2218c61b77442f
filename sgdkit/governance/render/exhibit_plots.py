"""Figures of what was measured on test rows: reliability, groups and robustness."""

from collections.abc import Mapping
from typing import Any

from sgdkit.governance.render.style import COLORS, INK, MARKERS, MUTED, new_figure, new_panels, short, titled

__all__ = ("drawn_metrics", "group_figure", "reliability_figure", "robustness_figure")


def reliability_figure(exhibits: Mapping[str, Any]) -> Any | None:
    """How often predicted probabilities came true, with intervals; None without bins."""
    bins = exhibits.get("reliability")
    if not bins:
        return None
    figure, axes = new_figure(5.0, 3.7)
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1.0, linestyle="--", label="as predicted")
    x = [one["predicted"] for one in bins]
    y = [one["observed"] for one in bins]
    axes.errorbar(
        x,
        y,
        yerr=[
            [max(0.0, one["observed"] - one["low"]) for one in bins],
            [one["high"] - one["observed"] for one in bins],
        ],
        fmt="o-",
        color=COLORS[0],
        linewidth=1.4,
        markersize=4,
        capsize=2.5,
        elinewidth=1.0,
        label="observed, 95 % interval",
    )
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlabel(f"predicted probability of {short(exhibits['event'], 30)}")
    axes.set_ylabel("how often it came true")
    axes.legend(loc="upper left", fontsize=8, frameon=False, labelcolor=INK)
    return titled(figure, axes, "Do probabilities come true?")


def drawn_metrics(exhibits: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Pairs of attribute and metric of the group figure, in order."""
    pairs = dict.fromkeys((one["attribute"], one["metric"]) for one in exhibits.get("groups", ()))
    return tuple(pairs)


def group_figure(exhibits: Mapping[str, Any]) -> Any | None:
    """Metrics of every group with intervals, one panel per attribute and metric; None without groups."""
    pairs = drawn_metrics(exhibits)
    if not pairs:
        return None
    by_pair = {
        pair: [one for one in exhibits["groups"] if (one["attribute"], one["metric"]) == pair]
        for pair in pairs
    }
    tallest = max(len(found) for found in by_pair.values())
    # Panels stand one above the other: side by side their letters would be too small on a phone.
    figure, panels = new_panels(5.0, 0.8 + 0.24 * tallest, len(pairs))
    for axes, (pair, found) in zip(panels, by_pair.items(), strict=True):
        places = list(range(len(found)))[::-1]
        for place, one in zip(places, found, strict=True):
            if one["value"] is None:
                axes.text(
                    0.02,
                    place,
                    "under 10 rows",
                    color=MUTED,
                    fontsize=7.5,
                    va="center",
                    style="italic",
                    transform=axes.get_yaxis_transform(),
                )
                continue
            axes.plot([one["low"], one["high"]], [place, place], color=COLORS[0], linewidth=1.6)
            axes.plot(one["value"], place, "o", color=COLORS[0], markersize=5)
        axes.set_yticks(places, [f"{short(one['group'], 18)} ({one['n']:,})" for one in found])
        axes.set_ylim(-0.6, len(found) - 0.4)
        axes.margins(x=0.08)
        attribute = f"{short(pair[0], 16)}: " if len({attribute for attribute, _ in pairs}) > 1 else ""
        axes.set_title(attribute + pair[1], loc="left", fontsize=9.5, fontweight="bold", color=INK)
    return figure


def robustness_figure(exhibits: Mapping[str, Any]) -> Any | None:
    """Quality along growing disturbance, one panel per kind; None without curves."""
    curves = exhibits.get("curves")
    if not curves:
        return None
    figure, panels = new_panels(5.0, 2.2, len(curves))
    for position, (axes, curve) in enumerate(zip(panels, curves, strict=True)):
        axes.errorbar(
            curve["amounts"],
            curve["quality"],
            yerr=curve["spread"],
            color=COLORS[position],
            marker=MARKERS[position],
            markersize=4,
            linewidth=1.5,
            capsize=2.5,
            elinewidth=1.0,
        )
        axes.set_xlabel(curve["unit"])
        axes.set_ylabel(exhibits["quality"])
        axes.set_title(curve["name"], loc="left", fontsize=9.5, fontweight="bold", color=INK)
    low = min(axes.get_ylim()[0] for axes in panels)
    high = max(axes.get_ylim()[1] for axes in panels)
    for axes in panels:
        axes.set_ylim(low, high)
    return figure
