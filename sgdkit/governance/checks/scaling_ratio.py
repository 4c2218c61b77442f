"""Do the columns that reach the estimator have comparable scales?"""

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable
from sgdkit.governance.context import AuditContext

__all__ = ("scaling_ratio",)

_LIMIT = 10.0


@check(
    "scaling.scale_ratio",
    "feature_scaling_review",
    threshold=f"standard deviations within a factor of {_LIMIT:.0f}",
    why="Gradient descent needs steps in proportion to the square of the ratio, and a penalty weighs columns "
    "by their scale.",
    method="Ratio of standard deviations over columns with more than two values, and the condition number "
    "(spectrum cut at 1e-12) before and after the pipeline's steps.",
)
def scaling_ratio(context: AuditContext) -> Finding:
    """Measure conditioning before and after the steps of the pipeline."""
    if not hasattr(context.final, "coef_") and not hasattr(context.final, "coefs_"):
        return not_applicable(
            f"{type(context.final).__name__} learns no coefficients, so scale does not matter."
        )
    after = context.conditioning_received
    if after.reason and after.rank is None:
        return absent(f"Conditioning was not measured: {after.reason}.")
    if after.scale_ratio is None:
        return not_applicable("Only indicator columns reach the estimator.")
    before = context.conditioning_raw
    raw = before.condition_number
    change = f"condition number {raw:.3g} before, " if raw is not None else "condition number "
    return measured(
        f"Scales differ by a factor of {after.scale_ratio:.3g}; {change}"
        f"{after.condition_number or float('nan'):.3g} as the estimator receives the data.",
        passed=after.scale_ratio <= _LIMIT,
        value=_LIMIT / after.scale_ratio,
        scale_ratio=after.scale_ratio,
        condition_number_before=raw,
        condition_number_after=after.condition_number,
        rank_after=after.rank,
    )
