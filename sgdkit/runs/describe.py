"""What a run says about itself, as text for a terminal."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sklearn.pipeline import Pipeline

from sgdkit.governance import AuditRecord
from sgdkit.runs.config import RunConfig
from sgdkit.runs.pipeline import describe_preparation
from sgdkit.runs.rows import Rows
from sgdkit.runs.spelling import listed
from sgdkit.text_table import format_table

__all__ = (
    "describe_fit",
    "describe_metrics",
    "describe_result",
    "describe_rows",
    "figure",
    "figure_table",
)


# An accuracy or R² above this is more often a feature that gives the target away than a good model.
_TOO_GOOD = 0.995


def describe_rows(
    config: RunConfig, rows: Rows, train: Rows, test: Rows, how: str, pipeline: Pipeline
) -> str:
    """Return what was read, which task it is, how it is split and how it is prepared."""
    n_columns = rows.X.shape[1]
    lines = [
        f"{config.name}",
        f"  {len(rows):,} rows, {n_columns:,} features, from {config.data}",
        f"  Task: {rows.target.task}, {rows.target.why}"
        + ("." if rows.target.why.startswith("as ") else "; --task overrides."),
        f"  {len(train):,} rows train, {len(test):,} test ({how}, seed {config.seed}).",
    ]
    if rows.weights is not None:
        lines.append(f"  Weighed by {config.weight!r}, in training and in all metrics.")
    if config.sensitive:
        inside = [name for name in config.sensitive if name in rows.X.columns]
        lines.append(f"  Groups compared: {listed(config.sensitive)}.")
        if inside:
            lines.append(f"  The model uses {listed(inside)} too; --drop takes a column out of it.")
    lines += [f"  Note: {note}" for note in rows.notes]
    lines += ["", "Preparation, learned from the training rows"]
    lines += [f"  {line}" for line in describe_preparation(pipeline)]
    return "\n".join(lines) + "\n"


def describe_fit(pipeline: Pipeline, told: Sequence[str]) -> str:
    """Return what was fitted, and how training ended."""
    model = pipeline["model"]
    ended = "converged" if model.converged_ else f"stopped: {model.stop_reason_.replace('_', ' ')}"
    solved = model.components_["learning_rate"]["name"] == "own_steps"
    epochs = f"{model.n_iter_} {'iteration' if solved else 'epoch'}" + "s" * (model.n_iter_ != 1)
    lines = [
        re.sub(r"\s+", " ", f"{model!r}"),
        f"  {model.n_features_in_:,} columns, optimizer {model.optimizer_}, {epochs}, {ended}.",
        f"  Minimised {model.objective_}",
    ]
    return "\n".join([*lines, *(f"  Note: {sentence}" for sentence in told)]) + "\n"


def describe_metrics(metrics: dict[str, Any]) -> str:
    """Return the metrics as a table: one line each; training, folds, test and constant as columns."""
    folds = metrics["cross_validation"]
    columns = ["", "train", "test"]
    if folds:
        columns.insert(2, f"{len(next(iter(folds.values())))} folds")
    if metrics["constant"]:
        columns.append("constant")
    rows = []
    for name in metrics["test"]:
        row = [name.replace("_", " "), figure(metrics["train"].get(name)), figure(metrics["test"][name])]
        if folds:
            values = folds[name]
            mean = sum(values) / len(values)
            spread = (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5
            row.insert(2, f"{figure(mean)} ± {figure(spread, mean)}")
        if metrics["constant"]:
            row.append(figure(metrics["constant"].get(name)))
        rows.append(row)
    table = figure_table(columns, rows)
    name, value = next(iter(metrics["test"].items()))
    if name != "ndcg_at_10" and value is not None and value > _TOO_GOOD:
        table += (
            "\n  Note: almost no fault on the test rows; make sure that no feature is made from the target."
        )
    return table + "\n"


def describe_result(record: AuditRecord, paths: Sequence[Path]) -> str:
    """Return the audit in short, and what was written."""
    lines = [
        f"Governance score {record.score:.1f} of 100, risk {record.risk:.1f}; measurements carry "
        f"{record.measured_share:.0%} of the weight",
        *(f"  Gate failed: {gate.reason}" for gate in record.failed_gates),
        "",
        f"Wrote {len(paths)} files to {paths[0].parent}; open {paths[0]} in a browser.",
    ]
    return "\n".join(lines)


def figure_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows of a name and figures, the figures one below the other at the right."""
    widths = [max(len(row[j]) for row in [columns, *rows]) for j in range(len(columns))]
    head, *lines = (
        [row[0], *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        for row in [columns, *rows]
    )
    return format_table(head, lines)


def figure(value: float | None, like: float | None = None) -> str:
    """Return a figure with three decimals, or fewer where it, or what it stands beside, is large."""
    if value is None:
        return "-"
    size = abs(value if like is None else like)
    if size >= 10.0:
        return f"{value:,.0f}" if size >= 1e3 else f"{value:.1f}"
    return f"{round(value, 3) + 0.0:.3f}"  # no minus before a zero
