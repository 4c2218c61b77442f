"""``sgdkit plugins``: every component, where it comes from, and what failed to load."""

import json
import warnings
from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from sgdkit.cli.exit_codes import ExitCode
from sgdkit.exceptions import PluginError, PluginWarning
from sgdkit.plugin.provenance import provenance_of_class
from sgdkit.plugin.registry import Registry, default_registry
from sgdkit.plugin.specs import HOOKS
from sgdkit.text_table import format_table

__all__ = ("Listing", "list_components", "plugins")


@dataclass(frozen=True)
class Listing:
    """Components and plugins of a registry, ready to print.

    Attributes
    ----------
    components : tuple of dict
        ``kind``, ``name``, ``class``, ``distribution`` and ``version`` of each.
    problems : tuple of str
        One sentence for each plugin that failed and each name claimed twice.
    blocked : tuple of str
        Entry points that the environment variables keep out.
    """

    components: tuple[dict[str, str], ...]
    problems: tuple[str, ...]
    blocked: tuple[str, ...]


def list_components(registry: Registry) -> Listing:
    """Return everything that a registry offers, plugins loaded."""
    components, problems = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PluginWarning)  # what failed is listed below
        registry.manager.load_plugins()
    for kind in HOOKS:
        try:
            table = registry.table(kind)
        except PluginError as error:
            problems.append(str(error))
            continue
        for name, component in table.items():
            origin = provenance_of_class(component)
            components.append(
                {
                    "kind": kind,
                    "name": name,
                    "class": f"{component.__module__}.{component.__qualname__}",
                    "distribution": origin.distribution,
                    "version": origin.version,
                }
            )
    for failure in registry.manager.failures:
        cause = f"{type(failure.cause).__name__}: {failure.cause}"
        problems.append(
            f"The plugin {failure.entry_point!r} of {failure.distribution} failed to load: {cause}"
        )
    return Listing(tuple(components), tuple(problems), tuple(registry.manager.blocked))


def plugins(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """List every component: kind, name, class, distribution and version."""
    listing = list_components(default_registry())
    if as_json:
        typer.echo(json.dumps(asdict(listing), indent=1))
    else:
        columns = ("kind", "name", "class", "distribution", "version")
        rows = [[component[column] for column in columns] for component in listing.components]
        typer.echo(format_table(columns, rows, indent=""))
        for name in listing.blocked:
            typer.echo(f"\nBlocked: the plugin {name!r}, by SGDKIT_DISABLE_PLUGINS or SGDKIT_LOAD_PLUGINS.")
        for problem in listing.problems:
            typer.echo(f"\nProblem: {problem}")
    if listing.problems:
        raise typer.Exit(ExitCode.FAULT)
