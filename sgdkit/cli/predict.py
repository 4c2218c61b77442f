"""``sgdkit predict``: predictions of a written model for the rows of a file."""

from pathlib import Path
from typing import Annotated

import typer

from sgdkit.cli.reading import FORMATS, Columns, Format, Missing, Separator, check_choice, split_names
from sgdkit.cli.watch import TerminalWatch

__all__ = ("predict",)


def predict(
    model: Annotated[Path, typer.Argument(help="Folder that `sgdkit train` wrote, or its model.skops.")],
    data: Annotated[Path, typer.Argument(help="Rows with the model's features; other columns may be there.")],
    out: Annotated[Path, typer.Option(help="CSV file to write.")] = Path("predictions.csv"),
    proba: Annotated[bool, typer.Option("--proba", help="Add the probability of each class.")] = False,
    keep: Annotated[
        list[str] | None, typer.Option(help="Column of the rows to copy in front; can be repeated.")
    ] = None,
    format: Format = None,
    columns: Columns = None,
    separator: Separator = None,
    missing: Missing = None,
) -> None:
    """Write the predictions of a model, one line for each row of a file, in its order."""
    from sgdkit.runs.predict import predict_file

    check_choice("--format", format, FORMATS)
    with TerminalWatch() as watch:
        watch.step("predicting")
        n_rows = predict_file(
            model,
            data,
            out,
            proba=proba,
            keep=tuple(keep or ()),
            format=format,
            columns=split_names(columns),
            separator=separator,
            missing=tuple(missing or ()),
        )
        watch.say(f"Wrote {n_rows:,} predictions to {out}.")
