"""Does the model do better than the same model trained on shuffled labels?"""

import numpy as np

from sgdkit.governance.checks.base import Finding, absent, check, measured
from sgdkit.governance.context import AuditContext
from sgdkit.governance.items import Tier

__all__ = ("validation_labels",)

_DRAWS = 19


@check(
    "validation.label_permutation",
    "validation_discipline",
    threshold=f"better than each of {_DRAWS} models trained on permuted labels (5 % level)",
    why="A result that shuffled labels reach as well does not come from the features.",
    method="Permutes the target of at most 5,000 training rows, trains the whole model again and scores the "
    "test rows by balanced accuracy or R²; the model itself is trained on the same rows.",
    tier=Tier.SLOW,
    needs=("X_train",),
)
def validation_labels(context: AuditContext) -> Finding:
    """Measure the result under permuted labels."""
    if context.task == "other":
        return absent("No common scale is known for this kind of model.")
    if context.X_train is None:
        return absent("X_train was not given, so the model could not be trained again.")
    generator, rows = context.generator("validation.label_permutation"), context.train_sample
    truth = np.asarray(context.y_train)
    real = _quality(context, context.refit(rows))
    null = []
    for _ in range(_DRAWS):
        permuted = truth.copy()
        permuted[rows] = truth[generator.permutation(rows)]
        null.append(_quality(context, context.refit(rows, y=permuted)))
    p_value = (1.0 + float(np.sum(np.array(null) >= real))) / (1.0 + _DRAWS)
    metric = "Balanced accuracy" if context.is_classifier else "R²"
    return measured(
        f"{metric} is {real:.3f}; with permuted labels it is {np.mean(null):.3f} on average and "
        f"{np.max(null):.3f} at most.",
        passed=p_value <= 0.05,
        uncertainty=f"permutation p = {p_value:.3g}",
        real=real,
        permuted_mean=float(np.mean(null)),
        permuted_max=float(np.max(null)),
        p_value=p_value,
        n_rows=int(rows.size),
    )


def _quality(context: AuditContext, model: object) -> float:
    predictions = np.asarray(model.predict(context.X_test))  # type: ignore[attr-defined]
    if not context.is_classifier:
        return context.quality(context.y_test, predictions)
    labels = np.unique(context.y_test)
    return float(np.mean([np.mean(predictions[context.y_test == label] == label) for label in labels]))
