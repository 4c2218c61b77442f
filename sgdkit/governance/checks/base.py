"""The contract of a check: evidence in, one finding out."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from sgdkit.blas_threads import one_blas_thread
from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance.checks.norms import DIMENSION_NORMS
from sgdkit.governance.context import AuditContext
from sgdkit.governance.grading import Grade
from sgdkit.governance.items import EvidenceItem, Tier
from sgdkit.governance.scoring import DIMENSIONS
from sgdkit.governance.statements import Statement

__all__ = (
    "Check",
    "Finding",
    "absent",
    "check",
    "measured",
    "not_applicable",
    "ramp",
    "recorded",
    "run_check",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `run_check` adds what is known about the check itself."""

    grade: Grade
    value: float
    passed: bool | None
    summary: str
    figures: dict[str, Any] = field(default_factory=dict)
    uncertainty: str = ""
    statement: Statement | None = None


def measured(
    summary: str, *, passed: bool, value: float | None = None, uncertainty: str = "", **figures: Any
) -> Finding:
    """Build the finding of a measurement; its value is 1 or 0 by outcome unless given."""
    value = float(passed) if value is None else min(1.0, max(0.0, float(value)))
    return Finding(Grade.MEASURED, value, bool(passed), summary, figures, uncertainty)


def recorded(summary: str, *, value: float = 1.0, passed: bool | None = None, **figures: Any) -> Finding:
    """Build the finding of a captured, untested fact."""
    return Finding(Grade.RECORDED, value, passed, summary, figures)


def absent(reason: str, **figures: Any) -> Finding:
    """Build the finding that evidence is missing; it counts zero."""
    return Finding(Grade.ABSENT, 0.0, None, reason, figures)


def not_applicable(reason: str) -> Finding:
    """Build the finding that a check does not apply; it leaves the denominator."""
    return Finding(Grade.NOT_APPLICABLE, 0.0, None, reason)


def ramp(figure: float, *, good: float, bad: float) -> float:
    """1 up to `good`, 0 from `bad` on, linear between: no cliff at a threshold.

    Examples
    --------
    >>> from sgdkit.governance.checks.base import ramp
    >>> ramp(0.75, good=0.5, bad=1.0)
    0.5
    """
    return min(1.0, max(0.0, (bad - figure) / (bad - good)))


@dataclass(frozen=True, slots=True)
class Check:
    """One audit check.

    Attributes
    ----------
    id : str
        ``"<topic>.<what>"``, unique.
    dimension : str
        The dimension it gives evidence for.
    function : callable
        From `AuditContext` to `Finding`. Pure: it changes nothing it is given.
    tier : Tier
        What it costs.
    threshold, why, method : str
        What is asked for, for which reason, and how it is measured.
    needs : frozenset of str
        Inputs beyond model and test rows: ``"X_train"``, ``"search"``, ``"sensitive_features"``,
        ``"groups"``, ``"times"``, ``"procedure"``, ``"store"``.
    norm_refs : tuple of str
        Norms it serves; those of its dimension when empty.
    """

    id: str
    dimension: str
    function: Callable[[AuditContext], Finding]
    tier: Tier
    threshold: str
    why: str
    method: str
    needs: frozenset[str] = frozenset()
    norm_refs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.dimension not in DIMENSIONS:
            raise InvalidParameterError(
                f"Check {self.id!r} names the dimension {self.dimension!r}; "
                f"it must be one of {', '.join(DIMENSIONS)}."
            )
        if not self.norm_refs:
            object.__setattr__(self, "norm_refs", DIMENSION_NORMS[self.dimension])

    def __call__(self, context: AuditContext) -> Finding:
        """Run the check."""
        return self.function(context)


def check(
    id: str,
    dimension: str,
    *,
    threshold: str = "",
    why: str,
    method: str,
    tier: Tier = Tier.FREE,
    needs: tuple[str, ...] = (),
    norm_refs: tuple[str, ...] = (),
) -> Callable[[Callable[[AuditContext], Finding]], Check]:
    """Turn a function into a `Check`."""

    def wrap(function: Callable[[AuditContext], Finding]) -> Check:
        return Check(id, dimension, function, tier, threshold, why, method, frozenset(needs), norm_refs)

    return wrap


def run_check(check: Check, context: AuditContext) -> EvidenceItem:
    """Run a check and join its finding with what is known about the check.

    A check that raises gives an absent item that names the error's type: the audit goes on, and nothing is
    counted for it. The message is left out, as it may quote a row. A missing extra is an error, because
    its sentence says what to install.
    """
    # Many small products of a free check are slower on several threads, much so on a busy machine. Refits
    # keep the threads that the model was trained with: sums depend on them in their last bits.
    threads = one_blas_thread() if check.tier is Tier.FREE else nullcontext()
    try:
        with threads:
            finding = check(context)
    except ImportError:
        raise
    except Exception as error:
        finding = absent(f"The check could not run here ({type(error).__name__}).")
    statement = finding.statement
    return EvidenceItem(
        author=statement.author if statement else None,
        date=statement.date if statement else None,
        expires=statement.expires if statement else None,
        dimension=check.dimension,
        check_id=check.id,
        grade=finding.grade,
        value=finding.value,
        passed=finding.passed,
        summary=finding.summary,
        measured=finding.figures,
        threshold=check.threshold,
        why=check.why,
        method=check.method,
        uncertainty=finding.uncertainty,
        seed=context.random_state,
        cost=check.tier,
        inputs_hash=context.test_fingerprint,
        artefact_hash=context.parameters_hash[0],
        norm_refs=check.norm_refs,
    )
