"""Why did training stop?"""

from sgdkit.governance.checks.base import Finding, absent, check, not_applicable, recorded
from sgdkit.governance.context import AuditContext
from sgdkit.governance.evidence.training import grows_by_iteration

__all__ = ("optimizer_stop",)


@check(
    "optimizer.stop_reason",
    "optimizer_documentation",
    threshold="the stopping rule was met before the iterations ran out",
    why="A run that was cut off ends wherever it happened to be.",
    method="Reads converged_ and stop_reason_, or compares n_iter_ with max_iter. The solver's own word: "
    "not a measurement.",
)
def optimizer_stop(context: AuditContext) -> Finding:
    """Record whether and why training stopped."""
    trace = context.trace
    if trace.converged is None and grows_by_iteration(context.final):
        return not_applicable("It grew as many trees as it was told; nothing was to be reached.")
    if trace.converged is None:
        return absent(f"{type(context.final).__name__} does not say why it stopped.")
    budget = f" of {trace.max_iter:,}" if trace.max_iter is not None and trace.max_iter > 0 else ""
    ran = f" after {trace.n_iter:,}{budget} iterations" if trace.n_iter is not None else ""
    word = "Stopped by its rule" if trace.converged else "Not converged: stopped"
    reason = f" ({trace.stop_reason})" if trace.stop_reason else ""
    return recorded(
        f"{word}{ran}{reason}.",
        value=float(trace.converged),
        passed=trace.converged,
        n_iter=trace.n_iter,
        max_iter=trace.max_iter,
        stop_reason=trace.stop_reason,
    )
