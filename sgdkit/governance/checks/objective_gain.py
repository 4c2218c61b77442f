"""Does the model do better than a constant prediction?"""

import numpy as np

from sgdkit.governance.checks.base import Finding, absent, check, measured
from sgdkit.governance.context import AuditContext

__all__ = ("objective_gain",)


@check(
    "objective.gain_over_baseline",
    "objective_documentation",
    threshold="more than two standard errors above the best constant prediction",
    why="An objective that a constant prediction serves as well does not stand for the task.",
    method="Balanced accuracy against one over the number of classes, or R² against zero, on test rows.",
)
def objective_gain(context: AuditContext) -> Finding:
    """Measure the gain over a constant prediction."""
    if context.is_classifier:
        labels = np.unique(context.y_test)
        if labels.size < 2:
            return absent("The test rows hold a single class.")
        hits = [np.mean(context.predictions[context.y_test == label] == label) for label in labels]
        counts = np.array([np.sum(context.y_test == label) for label in labels])
        recall = np.array(hits)
        gain = float(recall.mean()) - 1.0 / labels.size
        # Laplace-smoothed, so that a class without a single error still carries uncertainty.
        smooth = (recall * counts + 1.0) / (counts + 2.0)
        error = float(np.sqrt(np.sum(smooth * (1.0 - smooth) / counts)) / labels.size)
        metric = "balanced accuracy"
    elif context.is_regressor:
        gain, error, metric = context.test_quality, context.test_quality_error, "R²"
    else:
        return absent("No constant baseline is known for this kind of model.")
    return measured(
        f"{metric[0].upper()}{metric[1:]} is {gain:+.3f} against a constant prediction "
        f"(standard error {error:.3f}).",
        passed=gain > 2.0 * error,
        value=1.0 if gain > 2.0 * error else gain / (2.0 * error) if error else 0.0,
        uncertainty=f"standard error {error:.3g}",
        metric=metric,
        gain=gain,
        standard_error=error,
    )
