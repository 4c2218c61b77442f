"""Does the model fit the training rows better than the test rows?"""

from sgdkit.governance.checks.base import Finding, absent, check, measured, ramp
from sgdkit.governance.context import AuditContext

__all__ = ("regularization_gap",)


@check(
    "regularization.train_test_gap",
    "regularization_review",
    threshold="accuracy or R² at most 0.05, or two standard errors, lower on test rows",
    why="A gap is what regularisation is there to close.",
    method="Accuracy or R² on X_train minus the same on the test rows.",
    needs=("X_train",),
)
def regularization_gap(context: AuditContext) -> Finding:
    """Measure the gap between training and test rows."""
    if context.task == "other":
        return absent("No common scale is known for this kind of model.")
    if context.X_train is None:
        return absent("X_train was not given.")
    train = context.quality(context.y_train, context.predict(context.X_train))
    gap = train - context.test_quality
    limit = max(0.05, 2.0 * context.test_quality_error)
    return measured(
        f"{train:.3f} on training rows, {context.test_quality:.3f} on test rows.",
        passed=gap <= limit,
        value=ramp(gap, good=limit, bad=limit + 0.2),
        uncertainty=f"standard error {context.test_quality_error:.3g}",
        train=train,
        test=context.test_quality,
        gap=gap,
    )
