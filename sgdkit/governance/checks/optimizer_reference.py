"""How much lower could the objective be?"""

from sgdkit.governance.checks.base import Finding, absent, check, measured, ramp
from sgdkit.governance.context import AuditContext
from sgdkit.governance.items import Tier

__all__ = ("optimizer_reference",)

_LIMIT = 0.05


@check(
    "optimizer.reference_gap",
    "optimizer_documentation",
    threshold=f"at most {_LIMIT:.0%} of the way from the best constant to the optimum is left",
    why="A solver's word that it converged is no evidence; how far another one gets from there is.",
    method="Writes the objective down from the model's own parameters and lets SciPy's L-BFGS go on from the "
    "learned coefficients, and from zero. The optimum can only be lower still, so the gap is at least this.",
    tier=Tier.REFIT,
    needs=("X_train",),
)
def optimizer_reference(context: AuditContext) -> Finding:
    """Measure the gap to a reference optimum of the same objective."""
    found = context.objective
    if isinstance(found, str):
        return absent(f"{found}.")
    objective, W, b = found
    ours, _, _ = objective.value_and_gradient(W, b)
    start, _, _ = objective.value_and_gradient(W * 0.0, objective.constant())
    best = objective.lowest_value(W, b)
    way = start - best
    share = (ours - best) / way if way > 1e-12 * max(1.0, abs(start)) else 0.0
    return measured(
        f"The objective is {ours:.6g}; {best:.6g} can be reached, and a constant has {start:.6g}. "
        f"{max(0.0, share):.2%} of the way is left.",
        passed=share <= _LIMIT,
        value=ramp(share, good=0.01, bad=4.0 * _LIMIT),
        objective=ours,
        reference=best,
        constant=start,
        share_of_way_left=share,
    )
