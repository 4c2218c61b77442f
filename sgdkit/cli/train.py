"""``sgdkit train``: from a file of rows to a model, its record and its report."""

import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from sgdkit.cli.exit_codes import ExitCode
from sgdkit.cli.reading import FORMATS, Columns, Format, Missing, Separator, check_choice, split_names
from sgdkit.cli.watch import TerminalWatch
from sgdkit.exceptions import InvalidParameterError

__all__ = ("train",)

TASKS = ("regression", "binary", "multiclass", "ranking")
Names = list[str] | None


def train(
    data: Annotated[
        Path | None, typer.Argument(help="Rows: .csv, .tsv, .parquet, or .svm, .libsvm, .txt; also .gz.")
    ] = None,
    target: Annotated[str | None, typer.Option(help="Column to predict; not for svmlight.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the results; made when missing.")] = None,
    config: Annotated[
        Path | None, typer.Option(help="TOML file with settings named like these flags, which win over it.")
    ] = None,
    task: Annotated[
        str | None, typer.Option(help=f"{', '.join(TASKS)}. Default: by the target, and said.")
    ] = None,
    query: Annotated[str | None, typer.Option(help="Column with the query of each row, to rank.")] = None,
    weight: Annotated[str | None, typer.Option(help="Column with the weight of each row.")] = None,
    sensitive: Annotated[
        Names, typer.Option(help="Column whose groups the audit compares; can be repeated.")
    ] = None,
    drop: Annotated[Names, typer.Option(help="Column that is no feature; can be repeated.")] = None,
    categorical: Annotated[
        Names, typer.Option(help="Column of numbers that are codes; can be repeated.")
    ] = None,
    loss: Annotated[str | None, typer.Option(help="Loss; `sgdkit losses` lists them.")] = None,
    optimizer: Annotated[str | None, typer.Option(help="Optimizer; `sgdkit optimizers` lists them.")] = None,
    penalty: Annotated[str | None, typer.Option(help="l2, l1, elasticnet or none. Default: l2.")] = None,
    alpha: Annotated[float | None, typer.Option(help="Strength of the penalty. Default: 1e-4.")] = None,
    learning_rate: Annotated[
        str | None, typer.Option(help="auto, a number, or the name of a schedule. Default: auto.")
    ] = None,
    settings: Annotated[
        Names,
        typer.Option(
            "--set",
            help="NAME=VALUE: any other parameter, such as max_iter=50 or optimizer__beta1=0.8; repeatable.",
        ),
    ] = None,
    min_frequency: Annotated[
        int | None, typer.Option(help="Rows that a category needs for a column of its own. Default: 10.")
    ] = None,
    test_size: Annotated[float | None, typer.Option(help="Share held out to test. Default: 0.25.")] = None,
    cv: Annotated[
        int | None, typer.Option(help="Folds of a cross-validation on the training rows. Default: 0, none.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of everything random. Default: 0.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the run in the report.")] = None,
    format: Format = None,
    columns: Columns = None,
    separator: Separator = None,
    missing: Missing = None,
) -> None:
    """Train a linear model on the rows of a file, test it on held-out rows, audit it and report.

    Writes model.skops, metrics.json, record.json, report.html, tables, figures, and config.toml, which
    repeats the run to the same bits.
    """
    from sgdkit.runs.config import make_config
    from sgdkit.runs.train import train_run

    check_choice("--task", task, TASKS)
    check_choice("--format", format, FORMATS)
    flags: dict[str, Any] = {
        "data": None if data is None else str(data),
        "out": None if out is None else str(out),
        "columns": split_names(columns),
        "learning_rate": _number_or_name(learning_rate),
        "set": dict(_assignment(setting) for setting in settings or ()),
    }
    flags |= {"target": target, "task": task, "query": query, "weight": weight, "sensitive": sensitive}
    flags |= {"drop": drop, "categorical": categorical, "loss": loss, "optimizer": optimizer}
    flags |= {"penalty": penalty, "alpha": alpha, "min_frequency": min_frequency, "test_size": test_size}
    flags |= {"cv": cv, "seed": seed, "name": name, "format": format, "separator": separator}
    flags |= {"missing": missing}
    with TerminalWatch() as watch:
        trained = train_run(make_config(flags, config), watch)
    if trained.diverged:
        typer.echo("sgdkit: Training diverged; the model is written for inspection, not for use.", err=True)
        raise typer.Exit(ExitCode.DIVERGED)


def _number_or_name(text: str | None) -> float | str | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return text


def _assignment(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise InvalidParameterError(f"--set is {text!r}; give NAME=VALUE, such as max_iter=50.")
    try:
        return name.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return name.strip(), value
