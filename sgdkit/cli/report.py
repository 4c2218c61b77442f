"""``sgdkit report``: runs from several folders in one report, side by side."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ("report",)


def report(
    runs: Annotated[
        list[Path], typer.Argument(help="Folders that `sgdkit train` or a report wrote, or records.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the report; made when missing.")] = Path("report"),
    title: Annotated[str | None, typer.Option(help="Heading of the page.")] = None,
    reference: Annotated[
        bool, typer.Option(help="Show the published reference cases beside the runs.")
    ] = False,
) -> None:
    """Write one report of several runs: page, Markdown, tables, figures, model cards, bills of materials."""
    from sgdkit.governance.render.html import TITLE
    from sgdkit.governance.render.read_runs import read_runs
    from sgdkit.governance.render.write import write_report
    from sgdkit.runs.staging import staged_folder
    from sgdkit.text_table import format_table

    found = read_runs(runs)
    with staged_folder(out) as stage:
        paths = write_report(stage, found, title=title or TITLE, reference=reference)
    rows = [
        [
            run.name,
            "-" if (test := run.record.subject.get("test_score")) is None else f"{test:.3f}",
            f"{run.record.score:.1f}",
            f"{run.record.risk:.1f}",
            f"{run.record.measured_share:.0%}",
            str(len(run.record.failed_gates)),
        ]
        for run in found
    ]
    columns = ["run", "test score", "governance score", "risk", "weight measured", "gates failed"]
    typer.echo(format_table(columns, rows, indent=""))
    typer.echo(f"\nWrote {len(paths)} files to {out}; open {out / 'report.html'} in a browser.")
