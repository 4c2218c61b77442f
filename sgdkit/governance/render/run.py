"""One run in a report: an audit with its name, purpose and traces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance.record import AuditRecord
from sgdkit.governance.trace import ParameterTrace

__all__ = ("Run",)


@dataclass(frozen=True)
class Run:
    """One run in a report.

    Parameters
    ----------
    name : str
        Name of the case.
    context : str, default=""
        What the model is and on what data.
    goal : str, default=""
        What training was meant to achieve.
    audit : AuditRecord
        Result of `sgdkit.governance.audit`.
    trace : ParameterTrace, mapping of str to sequence, or None, default=None
        Columns ``step``, coefficients and ``loss`` per epoch. Without it the audit's own training trace
        gives ``step`` and ``loss``.
    cv_results : mapping of str to sequence, or None, default=None
        Result of ``cross_validate`` with `governance_scoring`, one entry per fold.
    """

    name: str
    context: str = ""
    goal: str = ""
    audit: AuditRecord | None = None
    trace: ParameterTrace | Mapping[str, Sequence[float]] | None = None
    cv_results: Mapping[str, Sequence[float]] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.audit, AuditRecord):
            raise InvalidParameterError(
                f"The run {self.name!r} has no audit; give Run(name, audit=sgdkit.audit(...))."
            )
        made = self.record.training.get("n_iter")
        traced = len(self.trace.rows) if isinstance(self.trace, ParameterTrace) else 0
        if made and traced not in (0, made):
            raise InvalidParameterError(
                f"The trace of the run {self.name!r} holds {traced} epochs, the audited model made {made}. "
                "A later fit has overwritten it, for clones share callbacks. Cross-validate a pipeline that "
                "was built without the trace, or fit the audited model last."
            )

    @property
    def record(self) -> AuditRecord:
        """The audit, known to be there."""
        assert self.audit is not None
        return self.audit

    @property
    def trace_columns(self) -> dict[str, tuple[float, ...]]:
        """Trace as equal-length columns that start with ``step``; empty when there is none."""
        given = self.trace.columns if isinstance(self.trace, ParameterTrace) else self.trace
        if given:
            return {name: tuple(float(v) for v in values) for name, values in given.items()}
        recorded: Mapping[str, Any] = self.record.training.get("columns", {})
        loss = recorded.get("objective")
        if not loss:
            return {}
        steps = recorded.get("epoch") or range(1, len(loss) + 1)
        return {
            "step": tuple(float(v) for v in steps),
            "loss": tuple(float("nan") if v is None else float(v) for v in loss),
        }

    @property
    def folds(self) -> dict[str, np.ndarray]:
        """Test columns of the cross-validation, without the prefix ``test_``."""
        results = self.cv_results or {}
        return {
            name.removeprefix("test_"): np.asarray(values, dtype=np.float64)
            for name, values in results.items()
            if name.startswith("test_")
        }
