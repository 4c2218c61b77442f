"""``sgdkit ledger``: a chained store of records, on the command line."""

import json
from pathlib import Path
from typing import Annotated

import typer

from sgdkit.cli.exit_codes import ExitCode
from sgdkit.text_table import format_table

__all__ = ("add", "app", "keygen", "list_entries", "show", "verify")

app = typer.Typer(help="Keep records in a file where every change shows.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="The ledger.")]


@app.command()
def add(
    file: File,
    record: Annotated[
        Path, typer.Argument(help="Record, folder with a record.json, or declaration (.toml) to add.")
    ],
    key: Annotated[Path | None, typer.Option(help="Private key to sign with.")] = None,
) -> None:
    """Add the records of a file, or a declaration; print number and hash of each entry."""
    from sgdkit.governance.declaration import read_declaration
    from sgdkit.governance.ledger import Ledger
    from sgdkit.governance.read import read_records

    ledger = Ledger(file, key=key)
    if record.suffix == ".toml":
        declared = read_declaration(record)
        receipts = [ledger.add(declared.to_dict(), kind="declaration", name=declared.task or record.stem)]
    else:
        receipts = []
        for content in read_records(record):
            content.pop("content_hash")
            receipts.append(ledger.add(content, kind="audit", name=content["name"]))
    for receipt in receipts:
        typer.echo(f"Added {receipt}")


@app.command("list")
def list_entries(file: File) -> None:
    """Print one line for each entry."""
    from sgdkit.governance.ledger import Ledger

    columns = ("number", "created", "kind", "name", "signed by", "entry hash")
    rows = [
        [entry.number, entry.created, entry.kind, entry.name, entry.signer[:16], entry.entry_hash]
        for entry in Ledger(file).entries()
    ]
    typer.echo(format_table(columns, rows, indent=""))


@app.command()
def show(file: File, number: Annotated[int, typer.Argument(help="Number of the entry.")]) -> None:
    """Print what an entry holds as JSON; of an audit, the record that `sgdkit replay` takes."""
    from sgdkit.governance.ledger import Ledger

    entry = Ledger(file).entry(number)
    content = dict(entry.content)
    if entry.kind == "audit":
        content["content_hash"] = entry.content_hash
    typer.echo(json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False))


@app.command()
def verify(
    file: File,
    head: Annotated[
        str | None, typer.Option(help="Hash of an entry, as a report prints it, that must be there.")
    ] = None,
    public_key: Annotated[
        str | None, typer.Option(help="Public key, or its file; every entry must be signed with it.")
    ] = None,
) -> None:
    """Recompute every hash and signature; say which entries were changed, removed or reordered.

    Exits with 5 where it finds something.
    """
    from sgdkit.governance.ledger import Ledger

    found = Ledger(file).verify(head=head, public_key=public_key)
    if not found.ok:
        for problem in found.problems:
            typer.echo(f"sgdkit: {problem}", err=True)
        raise typer.Exit(ExitCode.CHANGED)
    typer.echo(str(found))
    for signer, count in found.signers.items():
        typer.echo(f"Signed by {signer}: {count}")
    if head is None:
        typer.echo("Without --head, entries cut off at the end would not show.")


@app.command()
def keygen(key: Annotated[Path, typer.Argument(help="File for the private key.")]) -> None:
    """Make a key to sign with: a private file, and a public one beside it."""
    from sgdkit.governance.signing import generate_key

    public = generate_key(key)
    typer.echo(f"Wrote {key} (keep it to yourself) and {key}.pub.\nPublic key: {public}")
