"""Does anything learned change when the held-out rows do?"""

from typing import Any

import numpy as np
import scipy.sparse as sp

from sgdkit.governance.checks.base import Finding, absent, check, measured
from sgdkit.governance.collect import parameters_hash
from sgdkit.governance.context import AuditContext
from sgdkit.governance.items import Tier
from sgdkit.governance.procedure import Procedure
from sgdkit.governance.tabular import is_frame, take_rows

__all__ = ("corrupted", "validation_intervention")


@check(
    "validation.held_out_intervention",
    "validation_discipline",
    threshold="everything learned stays equal bit for bit",
    why="Whatever a held-out row can change in the model has leaked from it, however the code is written.",
    method="Runs the whole way from raw rows to a model (the procedure) twice as it is, and once with every "
    "held-out row replaced: numbers permuted among those rows and stretched, other values permuted, targets "
    "permuted. Compares hashes of everything learned, or predictions where it cannot be seen.",
    tier=Tier.REFIT,
    needs=("procedure",),
)
def validation_intervention(context: AuditContext) -> Finding:
    """Measure whether held-out rows reach the model."""
    procedure = context.procedure
    if procedure is None:
        return absent(
            "The way from raw rows to the model (procedure) was not given, so only the pipeline itself could "
            "be watched."
        )
    rows = np.asarray(procedure.rows)
    first, second = (_signature(procedure, procedure.X, procedure.y) for _ in range(2))
    if first != second:
        return absent("The procedure gives another model each time, so a change would prove nothing.")
    X, y = corrupted(procedure, context.generator("validation.held_out_intervention"))
    same = _signature(procedure, X, y) == first
    return measured(
        "Replacing the held-out rows "
        + ("changes nothing that the model learned." if same else "changes the model: they have leaked."),
        passed=same,
        n_rows=int(rows.size),
        n_held_out=int(procedure.held_out.size),
    )


def _signature(procedure: Procedure, X: Any, y: Any) -> bytes | str:
    model = procedure.train(X, y, procedure.rows)
    digest, count = parameters_hash(model)
    return digest if count else np.asarray(model.predict(take_rows(X, procedure.rows))).tobytes()


def corrupted(procedure: Procedure, generator: np.random.Generator) -> tuple[Any, Any]:
    """Copies of the rows and targets of a procedure with nothing true left in those held out."""
    held, X, y = procedure.held_out, procedure.X, np.array(procedure.y, copy=True)
    y[held] = np.roll(np.sort(y[held]), 1)[generator.permutation(held.size)]
    if sp.issparse(X):
        changed = sp.csr_array(X, copy=True).astype(np.float64)
        outside = np.isin(np.repeat(np.arange(X.shape[0]), np.diff(changed.indptr)), held)
        changed.data[outside] = 7.0 * changed.data[outside] + 3.0
        return type(X)(changed), y
    if is_frame(X):
        changed = X.copy()
        for j in range(X.shape[1]):
            column = np.array(X.iloc[:, j], copy=True)
            column[held] = _other(column[held], generator)
            changed.isetitem(j, type(X.iloc[:, j])(column, index=X.index))
        return changed, y
    changed = np.array(X, copy=True)
    for j in range(X.shape[1]):
        changed[held, j] = _other(changed[held, j], generator)
    return changed, y


def _other(values: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    mixed = values[generator.permutation(values.size)]
    return 7.0 * mixed + 3.0 if values.dtype.kind == "f" else mixed
