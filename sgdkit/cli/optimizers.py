"""``sgdkit optimizers``: what can stand behind ``--optimizer``."""

import typer

from sgdkit.cli.catalogue import catalogue, summary
from sgdkit.losses import Hinge, Logistic, SquaredError
from sgdkit.optimizers import UpdateRule
from sgdkit.penalties import Penalty
from sgdkit.plugin.provenance import provenance_of_class
from sgdkit.solvers.base import Solver

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


def _sparse(optimizer: type[UpdateRule] | type[Solver]) -> str:
    return _SPARSE[optimizer.sparse] if issubclass(optimizer, UpdateRule) else "reads non-zeros"


def _l1(optimizer: type[UpdateRule] | type[Solver]) -> str:
    if issubclass(optimizer, UpdateRule):
        return "yes" if optimizer.has_proximal_step else "no"
    lasso, losses = Penalty(l1=1.0, l2=0.0), (SquaredError(), Logistic(), Hinge())
    return "yes" if any(optimizer().refusal(loss, lasso) is None for loss in losses) else "no"


def _distribution(optimizer: type) -> str:
    origin = provenance_of_class(optimizer)
    return f"{origin.distribution} {origin.version}"
