"""Does the metric prefer the right answers?"""

import numpy as np

from sgdkit.governance.checks.base import Finding, absent, check, measured
from sgdkit.governance.context import AuditContext
from sgdkit.governance.tabular import evenly_spaced

__all__ = ("objective_direction",)

_DRAWS = 19
_MAX_ROWS = 2000


@check(
    "objective.metric_direction",
    "objective_documentation",
    threshold=f"the metric is not lower on the true targets than on each of {_DRAWS} permutations of them",
    why="A metric that rewards what the loss punishes (an error with the wrong sign) chooses the worst "
    "model.",
    method="Scores the model on up to 2,000 test rows with their targets, and with targets permuted "
    "among them. By "
    "chance all of 19 permutations are higher in one of twenty audits of a model that has learned nothing.",
)
def objective_direction(context: AuditContext) -> Finding:
    """Measure whether the metric falls when the targets are wrong."""
    if context.task == "other" or context.score_params or context.test_score is None:
        return absent("Targets of this kind cannot be permuted.")
    generator = context.generator("objective.metric_direction")
    rows = evenly_spaced(len(context.y_test), _MAX_ROWS)
    real = context.score_rows(rows, rows)
    wrong = [context.score_rows(rows, generator.permutation(rows)) for _ in range(_DRAWS)]
    below = int(np.sum(np.array(wrong) > real))
    return measured(
        f"The metric is {real:.4g} on the true targets and {np.mean(wrong):.4g} on permuted ones.",
        passed=below < _DRAWS,
        value=1.0 - below / _DRAWS,
        uncertainty=f"{_DRAWS} permutations",
        real=real,
        permuted_mean=float(np.mean(wrong)),
        n_permutations_above=below,
    )
