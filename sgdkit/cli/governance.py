"""``sgdkit governance``: begin a declaration, and show the published reference figures."""

from pathlib import Path
from typing import Annotated

import typer

from sgdkit.exceptions import InvalidParameterError

__all__ = ("app", "init", "reference")

app = typer.Typer(
    help="Declare what no measurement can know; show the reference figures.", no_args_is_help=True
)


@app.callback()
def governance() -> None:
    """Take the place before a command."""


@app.command()
def init(
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Record, or folder with a record.json, that fills in what it knows."),
    ] = None,
    out: Annotated[Path, typer.Option(help="The file to write; an existing one is kept.")] = Path(
        "governance.toml"
    ),
    name: Annotated[str | None, typer.Option(help="Which record, where the file holds several.")] = None,
) -> None:
    """Write a declaration to fill in: every field with what it asks for."""
    from sgdkit.governance.declaration_template import declaration_template
    from sgdkit.governance.read import read_record

    text = declaration_template(None if source is None else read_record(source, name))
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise InvalidParameterError(
            f"{out} exists, and may hold what people said; give another name with --out."
        ) from None
    typer.echo(
        f"Wrote {out}; say in it what you know, then audit with it: sgdkit audit FOLDER --data FILE "
        f"--declaration {out}, or audit(..., declaration={str(out)!r})."
    )


@app.command()
def reference(
    out: Annotated[
        Path | None, typer.Option(help="Folder for the tables as CSV and JSON; made when missing.")
    ] = None,
) -> None:
    """Compute the four published reference cases and the reference training trace, to the digit."""
    from sgdkit.governance.reference import REFERENCE_CASES, training_trace
    from sgdkit.governance.render.reference import write_reference
    from sgdkit.text_table import format_table

    cases = [
        [case.case_name, f"{case.score:.3f}", f"{case.risk:.3f}", case.diagnostic] for case in REFERENCE_CASES
    ]
    typer.echo(format_table(["case", "score", "risk", "diagnosis"], cases, indent=""))
    first, *_, last = training_trace()
    steps = [
        [str(row.step), *(f"{value:.6f}" for value in (row.weight, row.bias, row.loss))]
        for row in (first, last)
    ]
    typer.echo("")
    typer.echo(format_table(["step", "weight", "bias", "loss"], steps, indent=""))
    if out is not None:
        paths = write_reference(out)
        typer.echo(f"\nWrote {', '.join(path.name for path in paths)} to {out}.")
