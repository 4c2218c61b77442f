"""``sgdkit replay``: train a recorded model again, in this process, and compare."""

from pathlib import Path
from typing import Annotated

import typer

from sgdkit.cli.exit_codes import ExitCode
from sgdkit.exceptions import InvalidParameterError

__all__ = ("replay",)


def replay(
    record: Annotated[Path, typer.Argument(help="Record, or folder with a record.json.")],
    data: Annotated[
        Path, typer.Option(help="Rows that trained the model, in their order: .csv, .tsv, .parquet or .npz.")
    ],
    target: Annotated[
        str | None, typer.Option(help="Column of the target. Default: the one the record does not use.")
    ] = None,
    fit: Annotated[
        list[str] | None,
        typer.Option(help="NAME=COLUMN: what fit was given beside rows and target; can be repeated."),
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="The fitted model (.skops), for how far values differ.")
    ] = None,
    trust: Annotated[
        list[str] | None, typer.Option(help="Package to build classes from; can be repeated.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Which record, where the file holds several.")] = None,
    tolerance: Annotated[
        float, typer.Option(help="Largest relative difference that other versions may cause.")
    ] = 1e-6,
) -> None:
    """Train a recorded model again and compare what it learned, bit for bit.

    Exits with 5 where the data or the result are not the recorded ones.
    """
    from sgdkit.governance.model_file import load_model
    from sgdkit.governance.read import read_record
    from sgdkit.governance.replay import replay as replay_record
    from sgdkit.governance.training_file import read_training

    content = read_record(record, name)
    if not content.get("recipe"):
        raise InvalidParameterError(f"{record} was written without a recipe; audit the model again.")
    folder = record.parent if record.name == "record.json" else record
    if (folder / "config.toml").exists():  # a run of `sgdkit train` knows its rows
        from sgdkit.runs.replay import rows_of_run

        X, y, fit_params = rows_of_run(folder, data)
    else:
        X, y, fit_params = read_training(data, content, target=target, fit=dict(map(_pair, fit or ())))
    found = replay_record(
        content,
        X,
        y,
        fit_params=fit_params,
        model=None if model is None else load_model(model, trust or ()),
        trust=tuple(trust or ()),
        tolerance=tolerance,
    )
    typer.echo(str(found), err=not found.ok)
    if not found.ok:
        raise typer.Exit(ExitCode.CHANGED)


def _pair(text: str) -> tuple[str, str]:
    name, equals, column = text.partition("=")
    if not (name and equals and column):
        raise InvalidParameterError(f"--fit is {text!r}; give NAME=COLUMN, such as sample_weight=weight.")
    return name, column
