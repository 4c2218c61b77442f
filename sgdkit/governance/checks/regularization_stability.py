"""Do the coefficients stand on more than these rows?"""

import numpy as np

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable, ramp
from sgdkit.governance.context import AuditContext
from sgdkit.governance.items import Tier

__all__ = ("regularization_stability",)

_DRAWS = 10
_LIMIT = 0.2


@check(
    "regularization.coefficient_stability",
    "regularization_review",
    threshold=f"at most {_LIMIT:.0%} of the weight lies on coefficients that change their sign in more than "
    "one of ten bootstrap draws",
    why="A coefficient whose sign hangs on which rows were drawn explains nothing, whatever the score says.",
    method=f"Trains on {_DRAWS} bootstrap samples of at most 5,000 training rows; weights each "
    "coefficient by "
    "its absolute size times the spread of its column.",
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
    return measured(
        f"{share:.1%} of the weight lies on coefficients whose sign is not settled over {_DRAWS} bootstrap "
        "samples.",
        passed=share <= _LIMIT,
        value=ramp(share, good=_LIMIT, bad=0.8),
        uncertainty=f"{_DRAWS} draws",
        unstable_weight=share,
        relative_spread=float(spread.sum()) / total if total > 0.0 else 0.0,
        n_coefficients=int(ours.size),
    )
