"""How well conditioned is the problem that the estimator receives?"""

import numpy as np

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable
from sgdkit.governance.context import AuditContext

__all__ = ("scaling_condition",)

_LIMIT = 1e3


@check(
    "scaling.condition_number",
    "feature_scaling_review",
    threshold=f"at most {_LIMIT:g} as the estimator receives the data, or no higher than before the pipeline",
    why="The steps that gradient descent needs grow with the square of the condition number.",
    method="Largest over smallest singular value of the centred numeric columns, the spectrum cut at 1e-12 "
    "of its largest value, before and after the pipeline's steps, on up to 2,048 rows. Without the cut, "
    "redundant columns make the figure noise; the rank is reported instead.",
)
def scaling_condition(context: AuditContext) -> Finding:
    """Measure the condition number before and after the steps of the pipeline."""
    if not hasattr(context.final, "coef_") and not hasattr(context.final, "coefs_"):
        return not_applicable(
            f"{type(context.final).__name__} learns no coefficients, so conditioning does not matter."
        )
    after, before = context.conditioning_received, context.conditioning_raw
    if after.condition_number is None:
        return absent(f"Conditioning was not measured: {after.reason}.")
    number, raw = after.condition_number, before.condition_number
    limit = max(_LIMIT, raw if raw is not None and context.fitted.is_pipeline else 0.0)
    words = f" ({raw:.3g} before the pipeline)" if raw is not None else ""
    return measured(
        f"The condition number is {number:.3g}{words}, at rank {after.rank} of {after.n_columns} columns.",
        passed=number <= limit,
        value=1.0 if number <= _LIMIT else 1.0 / (1.0 + np.log10(number / _LIMIT)),
        before=raw,
        after=number,
        rank_before=before.rank,
        rank_after=after.rank,
        n_columns=after.n_columns,
    )
