"""Is it on record which optimizer ran, and where it came from?"""

from sgdkit.governance.checks.base import Finding, check, recorded
from sgdkit.governance.context import AuditContext

__all__ = ("optimizer_components",)


@check(
    "optimizer.components",
    "optimizer_documentation",
    why="The same name can be another algorithm in another version or plugin.",
    method="Class, distribution, version and parameters of the estimator and of the parts it reports.",
)
def optimizer_components(context: AuditContext) -> Finding:
    """Record the optimizer and its origin."""
    by_kind = {entry["kind"]: entry for entry in context.components}
    optimizer = by_kind.get("optimizer")
    if optimizer is not None:
        origin = f"{optimizer.get('distribution', '')} {optimizer.get('version', '')}".strip()
        return recorded(f"Optimizer {optimizer.get('name', '')} from {origin}.", optimizer=optimizer)
    estimator = by_kind["estimator"]
    solver = context.params.get("solver")
    words = f"its solver {solver!r}" if solver else "its built-in training method"
    return recorded(
        f"{estimator['class']} from {estimator['distribution']} {estimator['version']} with {words}.",
        value=1.0 if solver else 0.5,
        estimator=estimator["class"],
        solver=solver,
    )
