"""Does training survive wrong labels?"""

import numpy as np

from sgdkit.governance.checks.base import Finding, absent, check, measured, ramp
from sgdkit.governance.context import AuditContext
from sgdkit.governance.items import Tier

__all__ = ("robustness_label_noise",)

_SHARE = 0.1
_LIMIT = 0.05
_DRAWS = 3


@check(
    "robustness.label_noise",
    "robustness_review",
    threshold=f"accuracy or R² on the test rows falls by at most {_LIMIT}, or two standard errors",
    why="Labels are made by people and devices; a training that follows every wrong one is brittle.",
    method=f"Gives {_SHARE:.0%} of at most 5,000 training rows the target of another row at random, "
    "trains the "
    f"whole model again, {_DRAWS} times, and compares with training on the same rows as they are.",
    tier=Tier.SLOW,
    needs=("X_train",),
)
def robustness_label_noise(context: AuditContext) -> Finding:
    """Measure the loss of quality from wrong labels."""
    if context.task == "other":
        return absent("No common scale is known for this kind of model.")
    if context.X_train is None:
        return absent("X_train was not given, so the model could not be trained again.")
    generator, rows = context.generator("robustness.label_noise"), context.train_sample
    truth = np.asarray(context.y_train)
    clean = context.row_losses(context.y_test, context.refit(rows).predict(context.X_test))
    noisy = []
    for _ in range(_DRAWS):
        wrong = generator.choice(rows, max(1, round(_SHARE * rows.size)), replace=False)
        changed = truth.copy()
        changed[wrong] = truth[generator.permutation(wrong)]
        model = context.refit(rows, y=changed)
        noisy.append(context.row_losses(context.y_test, model.predict(context.X_test)))
    difference = np.mean(noisy, axis=0) - clean
    drop, error = float(difference.mean()), float(difference.std() / np.sqrt(difference.size))
    limit = max(_LIMIT, 2.0 * error)
    return measured(
        f"With {_SHARE:.0%} of the labels shuffled, quality on the test rows falls by {drop:.3f}.",
        passed=drop <= limit,
        value=ramp(drop, good=limit, bad=limit + 0.2),
        uncertainty=f"standard error {error:.3g}",
        drop=drop,
        share=_SHARE,
        n_draws=_DRAWS,
    )
