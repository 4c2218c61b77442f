"""How steep is the objective where training ended?"""

from sgdkit.governance.checks.base import Finding, absent, check, measured
from sgdkit.governance.context import AuditContext

__all__ = ("optimizer_gradient",)

_LIMIT = 0.05


@check(
    "optimizer.exit_gradient",
    "optimizer_documentation",
    threshold=f"at most {_LIMIT:.0%} of the gradient at the best constant",
    why="At an optimum the gradient is zero; a trace that is not watched does not say that it was.",
    method="Gradient of the whole objective on the training rows at the learned coefficients, in units of "
    "each column's spread, over the same at a constant model.",
    needs=("X_train",),
)
def optimizer_gradient(context: AuditContext) -> Finding:
    """Measure the gradient at the end of training."""
    found = context.objective
    if isinstance(found, str):
        return absent(f"{found}.")
    objective, W, b = found
    share = objective.gradient_share(W, b)
    return measured(
        f"At the end the gradient has {share:.2%} of its length at the best constant.",
        passed=share <= _LIMIT,
        value=min(1.0, _LIMIT / share) if share > 0.0 else 1.0,
        share=share,
    )
