"""``sgdkit losses``: what can stand behind ``--loss``."""

import typer

from sgdkit.cli.catalogue import catalogue, summary
from sgdkit.plugin.provenance import provenance_of_class

__all__ = ("losses",)


def losses() -> None:
    """List the losses: the tasks they are for, distribution, and one line about each."""
    cells = {"tasks": _tasks, "distribution": _distribution, "": summary}
    typer.echo(catalogue("loss", cells))


def _tasks(loss: type) -> str:
    return ", ".join(sorted(getattr(loss, "tasks", ()))) or "-"


def _distribution(loss: type) -> str:
    origin = provenance_of_class(loss)
    return f"{origin.distribution} {origin.version}"
