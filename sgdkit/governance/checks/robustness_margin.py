"""How far are test rows from the boundary of a linear classifier?"""

import numpy as np

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable, ramp
from sgdkit.governance.context import AuditContext

__all__ = ("robustness_margin",)

_STEP = 0.1
_LIMIT = 0.1


@check(
    "robustness.adversarial_margin",
    "robustness_review",
    threshold=f"accuracy falls by at most {_LIMIT} when every row may move by {_STEP} (Euclidean length) the "
    "worst way",
    why="Noise seldom points the worst way; who wants to be misjudged does.",
    method="For a linear classifier the distance to the nearest other class is exact: the difference of two "
    "scores over the length of the difference of their coefficients (Euclidean) or its sum of absolute "
    "values (largest change of any feature). Features in standard deviations as the estimator receives them.",
)
def robustness_margin(context: AuditContext) -> Finding:
    """Measure the accuracy left under the worst change of a given size."""
    if not context.is_classifier:
        return not_applicable("Only classifiers have a boundary.")
    coef = getattr(context.final, "coef_", None)
    if coef is None or not hasattr(context.final, "decision_function"):
        return not_applicable("The boundary of this classifier is not linear.")
    W = np.atleast_2d(np.asarray(coef, dtype=np.float64)) * context.received_spread
    scores = np.asarray(context.outputs(context.model, context.X_test))
    if scores.ndim == 1:
        W, scores = np.stack([-W[0], W[0]]) / 2.0, np.stack([-scores, scores], axis=1) / 2.0
    if scores.shape[1] != len(W):
        return absent("The scores do not fit the coefficients.")
    n_classes = len(W)
    if n_classes > 100:
        return absent(f"{n_classes} classes; distances are computed between at most 100.")
    correct = context.test_losses == 0.0
    if not correct.any():
        return measured("No test row is judged rightly, so none has a margin.", passed=False)
    top = scores.argmax(axis=1)
    euclid = np.full(len(scores), np.inf)
    largest = np.full(len(scores), np.inf)
    for other in range(n_classes):
        difference = scores[np.arange(len(scores)), top] - scores[:, other]
        for norm, kept in ((2, euclid), (1, largest)):
            length = np.linalg.norm(W - W[other], ord=norm, axis=1)[top]
            distance = np.divide(difference, length, out=np.full(len(scores), np.inf), where=length > 0.0)
            np.minimum(kept, distance, out=kept, where=top != other)
    left = float(np.mean(correct & (euclid > _STEP)))
    drop = context.test_quality - left
    return measured(
        f"Accuracy falls from {context.test_quality:.3f} to {left:.3f} when each row may move by {_STEP} the "
        f"worst way; the median distance to the boundary is {np.median(euclid[correct]):.3g}.",
        passed=drop <= _LIMIT,
        value=ramp(drop, good=_LIMIT, bad=0.5),
        uncertainty=f"exact for these rows; standard error {context.test_quality_error:.3g}",
        drop=drop,
        step=_STEP,
        median_euclidean_margin=float(np.median(euclid[correct])),
        median_largest_change_margin=float(np.median(largest[correct])),
    )
