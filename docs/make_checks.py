"""Write docs/checks.md from the checks themselves: ``python -m docs.make_checks``."""

from pathlib import Path

from sgdkit.governance.checks.builtin import BUILTIN
from sgdkit.governance.checks.norms import DIMENSION_NORMS
from sgdkit.governance.items import Tier
from sgdkit.governance.scoring import WEIGHTS

PAGE = Path(__file__).with_name("checks.md")
INTRODUCTION = """# What an audit checks

{n_checks} checks measure or record, {n_free} of them without training anything (tier `free`), {n_refit}
with a few refits (`refit`) and {n_slow} with many (`slow`); one more for each dimension asks for a
statement. A check that lacks what it needs is absent and counts zero; one that does not apply, for the
reason it gives, leaves the denominator. Beside the test rows some need the training rows (`X_train`,
`y_train`), a fitted `search`, `sensitive_features`, the entities (`groups`) or `times` of the rows, the
`procedure` from raw rows to a model, or a `store` of records.

A statistical check holds the level that it states for runs without the fault that it looks for:
permutation tests and tests against random splits are exact, those over several columns, groups or slices
are corrected for their number. What a threshold allows besides is no level but a choice, with its reason
beside it.

The page is written by `python -m docs.make_checks`; the norms are references to read, not a claim that
they are met.
"""


def text() -> str:
    """Return the page."""
    checks = [check for check in BUILTIN if not check.id.startswith("statement.")]
    tiers = {tier: sum(check.tier is tier for check in checks) for tier in Tier}
    parts = [
        INTRODUCTION.format(
            n_checks=len(checks),
            n_free=tiers[Tier.FREE],
            n_refit=tiers[Tier.REFIT],
            n_slow=tiers[Tier.SLOW],
        )
    ]
    for dimension, weight in WEIGHTS.items():
        parts.append(f"## {dimension.replace('_', ' ').capitalize()} ({weight:.0%})\n")
        parts.append(f"Norms: {'; '.join(DIMENSION_NORMS[dimension])}.\n")
        for check in checks:
            if check.dimension != dimension:
                continue
            needs = f", needs {', '.join(sorted(f'`{name}`' for name in check.needs))}" if check.needs else ""
            asked = f" Asked: {check.threshold}." if check.threshold else ""
            parts.append(f"`{check.id}` ({check.tier}{needs}).{asked}\n{check.why} {check.method}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
