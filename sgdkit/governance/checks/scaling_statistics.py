"""Were scalers fitted on the training rows, and on them alone?"""

from typing import Any

import numpy as np

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable
from sgdkit.governance.collect import learned_arrays
from sgdkit.governance.context import AuditContext
from sgdkit.governance.refit import quiet_clone

__all__ = ("scaling_statistics",)

_STATISTICS = frozenset({"mean_", "var_", "scale_", "center_", "data_min_", "data_max_"})


@check(
    "scaling.train_statistics",
    "feature_scaling_review",
    threshold="equal to nine digits",
    why="A scaler that saw other rows than the training rows carries their statistics into the model.",
    method="Fits each step that holds scaling statistics, nested ones included, again on X_train and "
    "compares them.",
    needs=("X_train",),
)
def scaling_statistics(context: AuditContext) -> Finding:
    """Compare fitted scaling statistics with those of the training rows."""
    steps = context.fitted.steps[:-1]
    fitted = {i: _statistics(step) for i, (_, step) in enumerate(steps)}
    scaling = [i for i, found in fitted.items() if found]
    if not scaling:
        return not_applicable("No step of the pipeline holds scaling statistics.")
    if context.X_train is None:
        return absent("X_train was not given, so the statistics could not be checked.")
    worst = 0.0
    for i in scaling:
        again = quiet_clone(steps[i][1]).fit(context.fitted.before(i, context.X_train), context.y_train)
        expected = _statistics(again)
        for path, ours in fitted[i].items():
            theirs = expected.get(path)
            if theirs is None or ours.shape != theirs.shape:
                worst = np.inf
                continue
            # Against the largest entry as well: a mean of almost zero has no digits of its own.
            size = np.maximum(np.abs(theirs), 1e-9 * float(np.abs(theirs).max(initial=0.0)) + 1e-300)
            worst = max(worst, float(np.max(np.abs(ours - theirs) / size, initial=0.0)))
    difference = f"differ from those of the training rows by {worst:.1e} (relative)"
    return measured(
        f"Statistics of {len(scaling)} step(s) "
        f"{difference if worst else 'are exactly those of the training rows'}.",
        passed=worst <= 1e-9,
        largest_relative_difference=worst,
        n_steps=len(scaling),
    )


def _statistics(step: Any) -> dict[str, np.ndarray]:
    """Scaling statistics of a step by path."""
    return {
        path: np.asarray(array, dtype=np.float64)
        for path, array in learned_arrays(step)
        if path.rpartition(".")[2] in _STATISTICS
    }
