"""Do the coefficients stand on more than these rows?"""

import numpy as np

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable, ramp
from sgdkit.governance.context import AuditContext
from sgdkit.governance.items import Tier

__all__ = ("regularization_stability",)

_DRAWS = 10
_LIMIT = 0.5


@check(
    "regularization.coefficient_stability",
    "regularization_review",
    threshold=f"the spread over bootstrap samples is at most {_LIMIT:.0%} of the coefficients' size",
    why="A coefficient that hangs on which rows were drawn explains nothing, whatever the score says.",
    method=f"Trains on {_DRAWS} bootstrap samples of at most 5,000 training rows. Sum of the coefficients' "
    "standard deviations over the sum of their absolute sizes, each times the spread of its column; the "
    "share of the weight whose sign is not settled is reported beside it.",
    tier=Tier.SLOW,
    needs=("X_train",),
)
def regularization_stability(context: AuditContext) -> Finding:
    """Measure the share of weight on unstable coefficients."""
    if not hasattr(context.final, "coef_"):
        return not_applicable("The estimator has no coefficients.")
    if context.X_train is None:
        return absent("X_train was not given, so coefficients could not be drawn again.")
    generator, rows = context.generator("regularization.coefficient_stability"), context.train_sample
    ours = np.atleast_2d(np.asarray(context.final.coef_, dtype=np.float64))
    drawn = []
    for _ in range(_DRAWS):
        model = context.refit(generator.choice(rows, rows.size))
        final = model[-1] if hasattr(model, "named_steps") else model
        coefficients = np.atleast_2d(np.asarray(final.coef_, dtype=np.float64))
        if coefficients.shape != ours.shape:
            return absent(
                "Bootstrap samples give other columns or classes, so coefficients cannot be matched."
            )
        drawn.append(coefficients)
    agree = np.mean(np.sign(drawn) == np.sign(np.median(drawn, axis=0)), axis=0)
    weight = np.abs(ours) * context.received_spread
    total = float(weight.sum())
    share = float(weight[agree < 0.85].sum()) / total if total > 0.0 else 0.0
    spread = np.std(drawn, axis=0) * context.received_spread
    relative = float(spread.sum()) / total if total > 0.0 else 0.0
    return measured(
        f"Over {_DRAWS} bootstrap samples coefficients spread by {relative:.1%} of their size; {share:.1%} "
        "of the weight has no settled sign.",
        passed=relative <= _LIMIT,
        value=ramp(relative, good=_LIMIT, bad=2.0),
        uncertainty=f"{_DRAWS} draws",
        relative_spread=relative,
        unstable_weight=share,
        n_coefficients=int(ours.size),
    )
