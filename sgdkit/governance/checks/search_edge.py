"""Does the best value of a searched parameter lie inside the values tried?"""

from collections.abc import Mapping
from typing import Any

from sgdkit.governance.checks.base import Finding, measured, recorded
from sgdkit.governance.context import AuditContext

__all__ = ("judge_edge",)


def judge_edge(context: AuditContext, searched: Mapping[str, tuple[Any, ...]], what: str) -> Finding:
    """Measure whether an optimum lies at the edge of the numbers that were tried.

    Parameters
    ----------
    context : AuditContext
        Holds the search.
    searched : mapping of str to tuple
        Values tried per parameter, at least one parameter.
    what : str
        The parameter's role, for the summary.

    Returns
    -------
    Finding
        Measured where at least three numbers were tried; recorded otherwise, as two values have no inside.
    """
    best = getattr(context.fitted.search, "best_params_", {})
    edges: list[str] = []
    inside: list[str] = []
    for name, values in searched.items():
        # One candidate grid may leave a parameter out, so the winner may not carry it.
        numbers = sorted(float(v) for v in values if isinstance(v, (int, float)) and not isinstance(v, bool))
        if len(numbers) >= 3 and isinstance(best.get(name), (int, float)):
            (edges if float(best[name]) in (numbers[0], numbers[-1]) else inside).append(name)
    if not edges and not inside:
        tried = ", ".join(f"{name} over {len(values)} values" for name, values in searched.items())
        return recorded(f"The {what} was searched ({tried}).", searched=sorted(searched))
    chosen = ", ".join(f"{name}={best[name]:g}" for name in (*edges, *inside))
    where = "at the edge of" if edges else "inside"
    return measured(
        f"The best {what} ({chosen}) lies {where} the values tried.",
        passed=not edges,
        value=0.5 if edges else 1.0,
        at_edge=edges,
        inside=inside,
    )
