"""``sgdkit demo``: train, tune, audit and report on real data."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ("demo",)


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the report; made when missing.")] = Path("out"),
) -> None:
    """Train, tune and audit models on real data sets, and write a report."""
    from sgdkit.demo import run_demo

    run_demo(out)
