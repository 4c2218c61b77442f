"""Do predicted probabilities match what happened?"""

import numpy as np
import numpy.typing as npt

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable, ramp
from sgdkit.governance.context import AuditContext

__all__ = ("calibration_error", "objective_calibration")

_BINS = 10
_DRAWS = 200


def calibration_error(confidence: npt.NDArray[np.float64], hit: npt.NDArray[np.float64]) -> float:
    """Expected calibration error over bins of equal size, in [0, 1]."""
    order = np.argsort(confidence, kind="stable")
    return _error_in_order(confidence[order], hit[order])


def _error_in_order(confidence: npt.NDArray[np.float64], hit: npt.NDArray[np.float64]) -> float:
    n = len(confidence)
    starts = [rows[0] for rows in np.array_split(np.arange(n), min(_BINS, n))]
    return float(np.abs(np.add.reduceat(confidence - hit, starts)).sum()) / n


@check(
    "objective.calibration",
    "objective_documentation",
    threshold="expected calibration error at most 0.05, or within what chance explains at the 5 % level",
    why="Decisions read probabilities as frequencies; a loss can be low while they are off.",
    method="Ten bins of equal size of the predicted class's probability; the null draws outcomes from the "
    "predicted probabilities. The Brier score is reported beside it.",
)
def objective_calibration(context: AuditContext) -> Finding:
    """Measure calibration on the test rows."""
    if not context.is_classifier:
        return not_applicable("Only classifiers predict probabilities.")
    probabilities = context.probabilities
    if probabilities is None:
        return absent("The classifier gives no probabilities, so calibration cannot be measured.")
    classes = np.asarray(context.model.classes_)
    top = probabilities.argmax(axis=1)
    confidence = probabilities[np.arange(len(top)), top]
    hit = (classes[top] == context.y_test).astype(np.float64)
    error = calibration_error(confidence, hit)
    generator = context.generator("objective.calibration")
    ordered = np.sort(confidence)
    null = [
        _error_in_order(ordered, (generator.random(ordered.size) < ordered).astype(np.float64))
        for _ in range(_DRAWS)
    ]
    chance = float(np.quantile(null, 0.95))
    truth = (np.asarray(context.y_test)[:, None] == classes).astype(np.float64)
    brier = float(np.mean(np.sum((probabilities - truth) ** 2, axis=1)))
    limit = max(0.05, chance)
    return measured(
        f"Expected calibration error {error:.3f}; up to {chance:.3f} is explained by chance.",
        passed=error <= limit,
        value=ramp(error, good=limit, bad=limit + 0.15),
        uncertainty=f"95 % quantile under perfect calibration {chance:.3g}",
        expected_calibration_error=error,
        chance_95=chance,
        brier_score=brier,
        n_bins=_BINS,
    )
