"""Does the order of the rows change the result?"""

import numpy as np

from sgdkit.governance.checks.base import Finding, absent, check, measured, ramp
from sgdkit.governance.checks.reproducibility_seeds import SPREAD_LIMIT
from sgdkit.governance.context import AuditContext
from sgdkit.governance.items import Tier

__all__ = ("reproducibility_order",)

_DRAWS = 2


@check(
    "reproducibility.row_order",
    "reproducibility",
    threshold=f"at most {SPREAD_LIMIT:.0%} of the test rows get another class, or predictions move by "
    f"{SPREAD_LIMIT:.0%} of their spread",
    why="The order in which rows happen to lie in a file is no property of the world; with a fixed seed "
    "it is "
    "the hidden half of the randomness.",
    method=f"Trains on the same rows in {_DRAWS} other orders, seeds unchanged, and compares the "
    "answers on the "
    "test rows with the audited model's.",
    tier=Tier.REFIT,
    needs=("X_train",),
)
def reproducibility_order(context: AuditContext) -> Finding:
    """Measure how far answers move when the rows are reordered."""
    if context.X_train is None:
        return absent("X_train was not given, so the model could not be trained again.")
    if context.task == "other":
        return absent("Answers of this kind of model are not compared.")
    generator, n_rows = context.generator("reproducibility.row_order"), len(context.y_train)  # type: ignore[arg-type]
    moved = [context.movement(context.refit(generator.permutation(n_rows))) for _ in range(_DRAWS)]
    mean = float(np.mean(moved))
    return measured(
        f"Other orders of the training rows move the answers on test rows by {mean:.2%} on average.",
        passed=mean <= SPREAD_LIMIT,
        value=ramp(mean, good=SPREAD_LIMIT, bad=0.5),
        uncertainty=f"{_DRAWS} orders",
        mean=mean,
        largest=max(moved),
        n_orders=_DRAWS,
    )
