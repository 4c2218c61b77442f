"""How much of the result is the seed's doing?"""

import numpy as np

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable, ramp
from sgdkit.governance.context import AuditContext
from sgdkit.governance.evidence.recipe import seeds_of
from sgdkit.governance.items import Tier

__all__ = ("SPREAD_LIMIT", "reproducibility_seeds")

SPREAD_LIMIT = 0.05
_SEEDS = (101, 102, 103)


@check(
    "reproducibility.seed_spread",
    "reproducibility",
    threshold=f"at most {SPREAD_LIMIT:.0%} of the test rows get another class, or predictions move by "
    f"{SPREAD_LIMIT:.0%} of their spread",
    why="A seed makes a run repeatable, not right: what another seed would change is uncertainty.",
    method=f"Sets every random_state to {len(_SEEDS)} other values, trains on all training rows and "
    "compares the "
    "answers on the test rows with the audited model's; mean over the seeds.",
    tier=Tier.REFIT,
    needs=("X_train",),
)
def reproducibility_seeds(context: AuditContext) -> Finding:
    """Measure how far answers move under other seeds."""
    names = list(seeds_of(context.model))
    if not names:
        return not_applicable("Nothing in the model is random.")
    if context.X_train is None:
        return absent("X_train was not given, so the model could not be trained again.")
    if context.task == "other":
        return absent("Answers of this kind of model are not compared.")
    moved = [context.movement(context.refit(params=dict.fromkeys(names, seed))) for seed in _SEEDS]
    mean = float(np.mean(moved))
    return measured(
        f"Other seeds move the answers on test rows by {mean:.2%} on average, {max(moved):.2%} at most.",
        passed=mean <= SPREAD_LIMIT,
        value=ramp(mean, good=SPREAD_LIMIT, bad=0.5),
        uncertainty=f"{len(_SEEDS)} seeds",
        mean=mean,
        largest=max(moved),
        n_seeds=len(_SEEDS),
    )
