"""Audit, summary, trace and evidence tables, each as CSV and JSON."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sgdkit.governance.canonical import to_jsonable
from sgdkit.governance.grading import capped_value
from sgdkit.governance.record import AuditRecord
from sgdkit.governance.reference import REFERENCE_CASES, training_trace
from sgdkit.governance.render.run import Run
from sgdkit.governance.scoring import DIMENSIONS

__all__ = (
    "Table",
    "audit_table",
    "evidence_table",
    "reference_audit_table",
    "reference_trace_table",
    "summary_table",
    "trace_table",
)


@dataclass(frozen=True)
class Table:
    """Rows under named columns; a value that is missing is None."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    @classmethod
    def of(cls, records: Sequence[dict[str, Any]]) -> "Table":
        """Table of dicts; columns in order of first appearance."""
        names = tuple(dict.fromkeys(name for record in records for name in record))
        return cls(names, tuple(tuple(record.get(name) for name in names) for record in records))

    def records(self) -> list[dict[str, Any]]:
        """Rows as dicts of plain JSON types."""
        return [to_jsonable(dict(zip(self.columns, row, strict=True))) for row in self.rows]

    def to_csv(self) -> str:
        """CSV text with a header; missing values are empty."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.columns)
        for row in self.rows:
            writer.writerow("" if _is_missing(value) else value for value in row)
        return out.getvalue()


def audit_table(runs: Sequence[Run]) -> Table:
    """One row per run: case, thirteen dimensions, score, risk and diagnosis.

    The columns up to ``diagnostic`` are those of the reference workflow; what follows tells how much of
    the score was measured.
    """
    return Table.of([_audit_row(run) for run in runs])


def reference_audit_table() -> Table:
    """The four published cases, in the same columns."""
    return Table.of([case.as_row() for case in REFERENCE_CASES])


def reference_trace_table() -> Table:
    """The published training trace: step, weight, bias, loss."""
    return Table(
        ("step", "weight", "bias", "loss"),
        tuple((row.step, row.weight, row.bias, row.loss) for row in training_trace()),
    )


def summary_table(runs: Sequence[Run]) -> Table:
    """One row per run: what was trained, how it ended, and the governance figures."""
    return Table.of([_summary_row(run) for run in runs])


def trace_table(runs: Sequence[Run]) -> Table:
    """One row per run and step: loss, and the coefficients that were traced."""
    records = []
    for run in runs:
        columns = run.trace_columns
        for row in zip(*columns.values(), strict=True):
            record = dict(zip(columns, row, strict=True))
            records.append({"case_name": run.name, "step": int(record.pop("step")), **record})
    table = Table.of(records)
    # The loss stands last, after the coefficients of every run.
    order = [name for name in table.columns if name != "loss"] + ["loss"] * ("loss" in table.columns)
    places = [table.columns.index(name) for name in order]
    return Table(tuple(order), tuple(tuple(row[i] for i in places) for row in table.rows))


def evidence_table(record: AuditRecord) -> Table:
    """One row per evidence item of a record."""
    return Table.of(
        [
            {
                "dimension": item.dimension,
                "check_id": item.check_id,
                "grade": item.grade.value,
                "value": item.value,
                "capped_value": capped_value(item),
                "passed": item.passed,
                "summary": item.summary,
                "threshold": item.threshold,
                "uncertainty": item.uncertainty,
                "method": item.method,
                "cost": item.cost.value,
            }
            for dimension in record.dimensions
            for item in dimension.items
        ]
    )


def _audit_row(run: Run) -> dict[str, Any]:
    record = run.record
    return {
        "case_name": run.name,
        "model_context": run.context,
        "training_goal": run.goal,
        **{name: _rounded(record.values[name]) for name in DIMENSIONS},
        "governance_score": _rounded(record.score),
        "governance_risk": _rounded(record.risk),
        "diagnostic": record.diagnosis,
        "governance_measured_score": _rounded(record.measured_score),
        "governance_measured_share": _rounded(record.measured_share),
        "governance_failed_gates": len(record.failed_gates),
        "content_hash": record.content_hash,
    }


def _summary_row(run: Run) -> dict[str, Any]:
    record = run.record
    training = record.training
    lineage = record.data[0] if record.data else {}
    return {
        "case_name": run.name,
        "governance_score": _rounded(record.score),
        "governance_risk": _rounded(record.risk),
        "governance_measured_score": _rounded(record.measured_score),
        "governance_measured_share": _rounded(record.measured_share),
        "failed_gates": "; ".join(gate.name for gate in record.failed_gates),
        "diagnostic": record.diagnosis,
        "estimator": record.subject.get("estimator"),
        "task": record.subject.get("task"),
        "n_train": lineage.get("n_rows"),
        "n_test": record.subject.get("n_test"),
        "test_score": record.subject.get("test_score"),
        "n_iter": training.get("n_iter"),
        "converged": training.get("converged"),
        "stop_reason": training.get("stop_reason"),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
