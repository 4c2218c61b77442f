"""Gates: conditions that no score buys back, each a function from evidence to a verdict.

A verdict is the reason to fail, an empty string where the condition was tested and holds, and None where
nothing tested it. What was not tested does not hold.
"""

from collections.abc import Callable, Mapping, Sequence

from sgdkit.governance.grading import Grade
from sgdkit.governance.items import Dimension, EvidenceItem, Gate

__all__ = ("GATES", "evaluate_gates")

Items = Mapping[str, EvidenceItem]
Verdict = str | None


def not_diverged(items: Items) -> Verdict:
    """Training did not diverge."""
    return _verdict(items, "optimizer.divergence")


def near_optimum(items: Items) -> Verdict:
    """Training ended at, or close to, the optimum of its objective."""
    verdicts = [_verdict(items, name) for name in ("optimizer.longer_training", "optimizer.reference_gap")]
    if known := [verdict for verdict in verdicts if verdict is not None]:
        return next(filter(None, known), "")
    # The solver's own word is no test, but where it says "not converged" there is reason enough to stop.
    item = items.get("optimizer.stop_reason")
    return item.summary if item is not None and item.passed is False else None


def no_leakage(items: Items) -> Verdict:
    """No test row and no test statistic reached training."""
    return _verdict(
        items,
        "validation.duplicates",
        "validation.near_duplicates",
        "validation.held_out_intervention",
        "validation.group_overlap",
        "validation.time_order",
        "validation.search_folds",
        "validation.target_leak",
        "scaling.before_split",
        "scaling.train_statistics",
    )


def refit_reproduces(items: Items) -> Verdict:
    """Training again on the same rows gives the same parameters."""
    return _verdict(
        items, "reproducibility.refit", "reproducibility.fresh_process", "reproducibility.workers"
    )


def record_chain_whole(items: Items) -> Verdict:
    """The store that keeps the record was not changed."""
    return _verdict(items, "traceability.record_chain")


def signed_off(items: Items) -> Verdict:
    """Where the declared materiality is high, a reviewer signed off on this very model."""
    item = items.get("governance.sign_off")
    if item is None or item.measured.get("materiality") != "high":
        return None
    return "" if item.passed else item.summary


def fairness_examined(items: Items) -> Verdict:
    """Where a sensitive attribute was supplied, outcomes were compared between its groups."""
    if not _is_measured(items, "fairness.group_counts"):
        return None
    if _is_measured(items, "fairness.outcome_gap") or _is_measured(items, "fairness.error_gap"):
        return ""
    return "A sensitive attribute was supplied, but no outcome could be compared between its groups."


GATES: tuple[Callable[[Items], Verdict], ...] = (
    not_diverged,
    near_optimum,
    no_leakage,
    refit_reproduces,
    record_chain_whole,
    fairness_examined,
    signed_off,
)


def evaluate_gates(dimensions: Sequence[Dimension]) -> tuple[Gate, ...]:
    """All gates with their verdicts.

    Parameters
    ----------
    dimensions : sequence of Dimension
        The dimensions of a record.

    Returns
    -------
    tuple of Gate
        One per function of `GATES`, and ``every_dimension_has_evidence``.
    """
    items = {item.check_id: item for dimension in dimensions for item in dimension.items}
    gates = [_gate(gate.__name__, (gate.__doc__ or "").strip(), gate(items)) for gate in GATES]
    absent = [dimension.name for dimension in dimensions if dimension.grade is Grade.ABSENT]
    reason = f"No evidence at all for {', '.join(absent)}." if absent else ""
    gates.append(_gate("every_dimension_has_evidence", "Every dimension that applies has evidence.", reason))
    return tuple(gates)


def _gate(name: str, asks: str, verdict: Verdict) -> Gate:
    return Gate(name, asks, reason=verdict or "", tested=verdict is not None)


def _is_measured(items: Items, check_id: str) -> bool:
    return check_id in items and items[check_id].grade is Grade.MEASURED


def _verdict(items: Items, *check_ids: str) -> Verdict:
    """Reason of the first named check that failed; None unless the first one was measured."""
    for check_id in check_ids:
        item = items.get(check_id)
        if item is not None and item.passed is False:
            return item.summary
    return "" if _is_measured(items, check_ids[0]) else None
