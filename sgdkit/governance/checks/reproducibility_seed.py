"""Is every random part seeded?"""

from sgdkit.governance.checks.base import Finding, check, not_applicable, recorded
from sgdkit.governance.context import AuditContext
from sgdkit.governance.evidence.recipe import seeds_of

__all__ = ("reproducibility_seed",)


@check(
    "reproducibility.seed",
    "reproducibility",
    why="A run with an unseeded random part cannot be repeated.",
    method="Share of the random_state parameters, nested ones included, that are set. Whether a solver draws "
    "numbers at all is not known here: the refit tells.",
)
def reproducibility_seed(context: AuditContext) -> Finding:
    """Record the seeds."""
    seeds = seeds_of(context.model)
    if not seeds:
        return not_applicable("Nothing in the model is random.")
    unset = sorted(key for key, value in seeds.items() if value is None)
    known = {key: value for key, value in seeds.items() if isinstance(value, int)}
    return recorded(
        f"Not seeded: {', '.join(unset)}." if unset else "Every random part is seeded.",
        value=1.0 - len(unset) / len(seeds),
        seeds=known,
    )
