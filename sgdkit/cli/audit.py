"""``sgdkit audit``: the audit in a folder, or a new one on other rows."""

from pathlib import Path
from typing import Annotated, Any

import typer

from sgdkit.cli.exit_codes import ExitCode
from sgdkit.cli.reading import FORMATS, Columns, Format, Missing, Separator, check_choice, split_names
from sgdkit.cli.watch import TerminalWatch
from sgdkit.governance import AuditRecord
from sgdkit.governance.render import Run, write_report
from sgdkit.runs.describe import figure, figure_table
from sgdkit.runs.reaudit import Reaudit, fault_of, reaudit, written_record
from sgdkit.runs.staging import staged_folder

__all__ = ("audit",)

TIERS = ("free", "refit", "slow")


def audit(
    folder: Annotated[Path, typer.Argument(help="Folder that `sgdkit train` wrote.")],
    data: Annotated[
        Path | None, typer.Option(help="Rows to audit the model on again, target included.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the report of the new audit; needs --data.")
    ] = None,
    declaration: Annotated[
        Path | None,
        typer.Option(help="What people declare, as `sgdkit governance init` begins it; needs --data."),
    ] = None,
    tier: Annotated[
        str | None,
        typer.Option(
            help="Most expensive checks to run: free only predicts, refit trains the model a few times, slow "
            "some eighty times; needs --data. Default: refit."
        ),
    ] = None,
    format: Format = None,
    columns: Columns = None,
    separator: Separator = None,
    missing: Missing = None,
) -> None:
    """Print the audit in a folder; with --data, audit its model again and say what changed.

    Exits with 5 where the record or the model was altered, or a gate fails that did not before.
    """
    check_choice("--format", format, FORMATS)
    check_choice("--tier", tier, TIERS)
    if tier is not None and data is None:
        raise typer.BadParameter("--tier is of a new audit; give --data too.")
    if out is not None and data is None:
        raise typer.BadParameter("--out is for the report of a new audit; give --data too.")
    if declaration is not None and data is None:
        raise typer.BadParameter("--declaration enters a new audit; give --data too.")
    if fault := fault_of(folder):
        typer.echo(f"sgdkit: {fault}", err=True)
        raise typer.Exit(ExitCode.CHANGED)
    record = written_record(folder)
    if data is None:
        typer.echo(str(record))
        return
    reading: dict[str, Any] = {"format": format, "columns": split_names(columns), "separator": separator}
    reading |= {"declaration": declaration, "tier": tier or "refit", "missing": tuple(missing or ())}
    with TerminalWatch() as watch:
        again = reaudit(folder, data, watch, **reading)
        watch.say(_told(record, again))
        if out is not None:
            with staged_folder(out) as stage:
                write_report(
                    stage, [Run(again.record.name, audit=again.record)], title=record.name, reference=False
                )
            watch.say(f"\nWrote the new audit to {out}; open {out / 'report.html'} in a browser.")
    if again.changes.worse:
        raise typer.Exit(ExitCode.CHANGED)


def _told(before: AuditRecord, again: Reaudit) -> str:
    """Return the changes since the written audit as text."""
    after, changes = again.record, again.changes
    figures = [
        ["test rows", f"{before.subject['n_test']:,}", f"{after.subject['n_test']:,}"],
        *([name.replace("_", " "), figure(then), figure(now)] for name, then, now in changes.metrics),
        ["governance score", f"{before.score:.1f}", f"{after.score:.1f}"],
        ["risk", f"{before.risk:.1f}", f"{after.risk:.1f}"],
        ["gates failed", str(len(before.failed_gates)), str(len(after.failed_gates))],
    ]
    lines = [
        f"{before.name}, audited {before.created[:10]} and now",
        figure_table(["", "then", "now"], figures),
        "",
        f"  {again.refitted}",
        "",
    ]
    for title, found in (("Gates", changes.gates), ("Checks", changes.items)):
        if found:
            lines.append(f"{title} with another outcome")
            lines += [f"  {name}: {then}, now {now}. {why}".rstrip() for name, then, now, why in found]
        else:
            lines.append(f"{title}: none has another outcome.")
    return "\n".join(lines)
