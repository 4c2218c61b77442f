"""``sgdkit optimizers``: what can stand behind ``--optimizer``."""

import typer

from sgdkit.cli.catalogue import catalogue, summary
from sgdkit.optimizers import UpdateRule
from sgdkit.plugin.provenance import provenance_of_class

__all__ = ("optimizers",)

_SPARSE = {
    "exact": "skips zeros",
    "catch_up": "skips zeros, catches up",
    "dense": "moves every weight",
}


def optimizers() -> None:
    """List the optimizers: what they are, sparse rows, l1, distribution, and one line about each."""
    cells = {"kind": _kind, "sparse rows": _sparse, "l1": _l1, "distribution": _distribution, "": summary}
    typer.echo(catalogue("optimizer", cells))


def _kind(optimizer: type) -> str:
    return "update rule" if issubclass(optimizer, UpdateRule) else "solver"


def _sparse(optimizer: type) -> str:
    declared = getattr(optimizer, "sparse", None)
    if isinstance(declared, bool):
        return "yes" if declared else "no"
    return "-" if declared is None else _SPARSE.get(declared, str(declared))


def _l1(optimizer: type) -> str:
    able = getattr(optimizer, "has_proximal_step", getattr(optimizer, "supports_l1", None))
    return "-" if able is None else "yes" if able else "no"


def _distribution(optimizer: type) -> str:
    origin = provenance_of_class(optimizer)
    return f"{origin.distribution} {origin.version}"
