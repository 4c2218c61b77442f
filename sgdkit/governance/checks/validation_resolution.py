"""Is the test set large enough to say anything?"""

from sgdkit.governance.checks.base import Finding, absent, check, measured, ramp
from sgdkit.governance.context import AuditContext

__all__ = ("validation_resolution",)


@check(
    "validation.resolution",
    "validation_discipline",
    threshold="standard error of accuracy or R² at most 0.05",
    why="A difference smaller than the error of the test cannot be seen on it.",
    method="Binomial standard error of accuracy; 200 bootstrap draws of the test rows for R².",
)
def validation_resolution(context: AuditContext) -> Finding:
    """Measure the standard error of the test result."""
    if context.task == "other":
        return absent("No standard error is known for this kind of model.")
    error = context.test_quality_error
    name = "accuracy" if context.is_classifier else "R²"
    return measured(
        f"Test {name} {context.test_quality:.3f} with standard error {error:.3f} "
        f"on {len(context.y_test):,} rows.",
        passed=error <= 0.05,
        value=ramp(error, good=0.05, bad=0.25),
        uncertainty=f"standard error {error:.3g}",
        quality=context.test_quality,
        standard_error=error,
        n_test=len(context.y_test),
    )
