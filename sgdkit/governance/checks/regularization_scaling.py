"""Does the penalty fall on columns of comparable scale?"""

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable
from sgdkit.governance.context import AuditContext

__all__ = ("regularization_scaling",)

_LIMIT = 10.0


@check(
    "regularization.penalty_scale",
    "regularization_review",
    threshold=f"penalised columns have standard deviations within a factor of {_LIMIT:.0f}",
    why="A penalty on raw columns punishes a unit of measurement: metres are shrunk and millimetres are not.",
    method="Whether the parameters put a penalty on coefficients, and the ratio of the standard deviations "
    "of the columns that reach the estimator.",
)
def regularization_scaling(context: AuditContext) -> Finding:
    """Measure whether a penalty is applied after scaling."""
    if not hasattr(context.final, "coef_"):
        return not_applicable("The estimator has no coefficients to penalise.")
    params = context.params
    strengths = [params[name] for name in ("alpha", "C", "weight_decay") if name in params]
    if not strengths or params.get("penalty", "l2") in (None, "none") or all(s == 0 for s in strengths):
        return not_applicable("No penalty falls on the coefficients.")
    found = context.conditioning_received
    if found.scale_ratio is None:
        if found.reason and found.rank is None:
            return absent(f"Scales were not measured: {found.reason}.")
        return not_applicable("Only indicator columns reach the estimator.")
    return measured(
        f"The penalty falls on columns whose scales differ by a factor of {found.scale_ratio:.3g}.",
        passed=found.scale_ratio <= _LIMIT,
        value=_LIMIT / found.scale_ratio,
        scale_ratio=found.scale_ratio,
    )
