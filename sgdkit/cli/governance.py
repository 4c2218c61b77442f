"""``sgdkit governance``: begin a declaration."""

from pathlib import Path
from typing import Annotated

import typer

from sgdkit.exceptions import InvalidParameterError

__all__ = ("app", "init")

app = typer.Typer(help="Say in a file what no measurement can know about a model.", no_args_is_help=True)


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
    typer.echo(f"Wrote {out}; say in it what you know, then audit with declaration={str(out)!r}.")
