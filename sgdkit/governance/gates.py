"""Gates: conditions that no score buys back. Each is a function from evidence to a reason to fail."""

from collections.abc import Callable, Mapping, Sequence

from sgdkit.governance.grading import Grade
from sgdkit.governance.record import Dimension, EvidenceItem, Gate

__all__ = ("GATES", "evaluate_gates")

Items = Mapping[str, EvidenceItem]


def _failed(items: Items, *check_ids: str) -> EvidenceItem | None:
    """First of the named items that was tested and failed."""
    for check_id in check_ids:
        item = items.get(check_id)
        if item is not None and item.passed is False:
            return item
    return None


def not_diverged(items: Items) -> str:
    """Training did not diverge."""
    item = _failed(items, "optimizer.divergence")
    return item.summary if item else ""


def near_optimum(items: Items) -> str:
    """Training ended at, or close to, the optimum of its objective."""
    longer = items.get("optimizer.longer_training")
    if longer is not None and longer.grade is Grade.MEASURED:
        return longer.summary if longer.passed is False else ""
    # Without the measurement the solver's own flag is all there is; a raised flag is a reason to stop.
    item = _failed(items, "optimizer.stop_reason")
    return item.summary if item else ""


def no_leakage(items: Items) -> str:
    """No test row and no test statistic reached training."""
    item = _failed(items, "validation.duplicates", "scaling.before_split", "scaling.train_statistics")
    return item.summary if item else ""


def refit_reproduces(items: Items) -> str:
    """Training again on the same rows gives the same parameters."""
    item = _failed(items, "reproducibility.refit")
    return item.summary if item else ""


def fairness_examined(items: Items) -> str:
    """Where a sensitive attribute was supplied, outcomes were compared between its groups."""
    counts = items.get("fairness.group_counts")
    if counts is None or counts.grade is not Grade.MEASURED:
        return ""
    gaps = (items.get("fairness.outcome_gap"), items.get("fairness.error_gap"))
    if any(gap is not None and gap.grade is Grade.MEASURED for gap in gaps):
        return ""
    return "A sensitive attribute was supplied, but no outcome could be compared between its groups."


GATES: tuple[Callable[[Items], str], ...] = (
    not_diverged,
    near_optimum,
    no_leakage,
    refit_reproduces,
    fairness_examined,
)


def evaluate_gates(dimensions: Sequence[Dimension]) -> tuple[Gate, ...]:
    """All gates with their reasons.

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
    gates = [Gate(gate.__name__, (gate.__doc__ or "").strip(), gate(items)) for gate in GATES]
    absent = [dimension.name for dimension in dimensions if dimension.grade is Grade.ABSENT]
    gates.append(
        Gate(
            "every_dimension_has_evidence",
            "Every dimension that applies has evidence.",
            f"No evidence at all for {', '.join(absent)}." if absent else "",
        )
    )
    return tuple(gates)
