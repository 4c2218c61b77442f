"""Can the shipped model be recognised by what it learned?"""

import pickle

from sgdkit.governance.checks.base import Finding, absent, check, measured
from sgdkit.governance.collect import parameters_hash
from sgdkit.governance.context import AuditContext

__all__ = ("traceability_parameters",)


@check(
    "traceability.parameters_hash",
    "traceability",
    threshold="the hash survives saving and loading",
    why="A file's own hash changes with every save; the hash of its content tells whether a deployed model "
    "is the one on record.",
    method="Hashes every learned number, saves and loads the model in memory, hashes again.",
)
def traceability_parameters(context: AuditContext) -> Finding:
    """Measure that the content hash of the parameters is stable."""
    digest, count = context.parameters_hash
    if not count:
        return absent(f"{type(context.final).__name__} keeps what it learned where it cannot be hashed.")
    # Only bytes that were written a line before are loaded; no foreign pickle is ever opened.
    again, _ = parameters_hash(pickle.loads(pickle.dumps(context.model)))
    return measured(
        f"{count:,} learned numbers have the hash {digest[:19]}…"
        + ("." if again == digest else ", but another one after loading."),
        passed=again == digest,
        parameters_hash=digest,
        n_values=count,
    )
