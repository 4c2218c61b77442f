"""Were scalers fitted on the training rows, and on them alone?"""

import numpy as np
from sklearn.base import clone

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable
from sgdkit.governance.context import AuditContext

__all__ = ("scaling_statistics",)

_STATISTICS = ("mean_", "var_", "scale_", "center_", "data_min_", "data_max_")


@check(
    "scaling.train_statistics",
    "feature_scaling_review",
    threshold="equal to nine digits",
    why="A scaler that saw other rows than the training rows carries their statistics into the model.",
    method="Fits each step that holds scaling statistics again on X_train and compares them.",
    needs=("X_train",),
)
def scaling_statistics(context: AuditContext) -> Finding:
    """Compare fitted scaling statistics with those of the training rows."""
    steps = context.fitted.steps[:-1]
    scalers = [i for i, (_, step) in enumerate(steps) if any(hasattr(step, name) for name in _STATISTICS)]
    if not scalers:
        return not_applicable("No step of the pipeline holds scaling statistics.")
    if context.X_train is None:
        return absent("X_train was not given, so the statistics could not be checked.")
    worst = 0.0
    for i in scalers:
        fitted = steps[i][1]
        again = clone(fitted).fit(context.fitted.before(i, context.X_train), context.y_train)
        for name in _STATISTICS:
            ours, theirs = getattr(fitted, name, None), getattr(again, name, None)
            if ours is None or theirs is None or np.shape(ours) != np.shape(theirs):
                continue
            scale = np.maximum(np.abs(theirs), float(np.abs(theirs).max()) * 1e-9 + 1e-300)
            worst = max(worst, float(np.max(np.abs(np.asarray(ours) - theirs) / scale)))
    return measured(
        f"Statistics of {len(scalers)} scaling step(s) differ from those of the training rows by at most "
        f"{worst:.1e} (relative).",
        passed=worst <= 1e-9,
        largest_relative_difference=worst,
        n_steps=len(scalers),
    )
