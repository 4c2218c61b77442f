"""The audit record: frozen dataclasses with a versioned schema, a content hash and a place in a chain."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance import scoring
from sgdkit.governance.canonical import canonical_json, content_hash, strict_json, to_jsonable
from sgdkit.governance.items import Dimension, EvidenceItem, Gate
from sgdkit.governance.receipt import Receipt

__all__ = ("SCHEMA_VERSION", "AuditRecord", "verify_json")

SCHEMA_VERSION = "1.2"


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """Everything one audit found, ready to print, save, hash and chain.

    Attributes
    ----------
    name : str
        What was audited.
    created : str
        UTC time, ISO 8601.
    subject : mapping
        Model, task, test rows and test metrics.
    environment, training : mapping
        Versions and platform; the training trace.
    components, data : tuple of mappings
        Parts of the model with their distributions; the data's lineage where it was recorded.
    dimensions : tuple of Dimension
        Thirteen, in the order of `scoring.DIMENSIONS`.
    gates : tuple of Gate
        All gates, failed or not.
    limits : tuple of str
        What this record does not show.
    previous_hash : str or None
        Content hash of the record that this one follows.
    declaration, recipe : mapping
        What people declared; what `sgdkit.governance.replay` needs.
    exhibits : mapping
        What a report draws from the test rows; see `sgdkit.governance.exhibits.Exhibits`.
    receipt : Receipt or None
        The entry of a store that holds this record. Not part of its content.
    """

    name: str
    created: str
    subject: Mapping[str, Any]
    environment: Mapping[str, Any]
    components: tuple[Mapping[str, Any], ...]
    data: tuple[Mapping[str, Any], ...]
    training: Mapping[str, Any]
    dimensions: tuple[Dimension, ...]
    gates: tuple[Gate, ...]
    limits: tuple[str, ...] = ()
    previous_hash: str | None = None
    schema_version: str = SCHEMA_VERSION
    declaration: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    exhibits: Mapping[str, Any] = field(default_factory=dict)
    receipt: Receipt | None = field(default=None, compare=False)

    @property
    def values(self) -> dict[str, float | None]:
        """Value of each dimension; None where it does not apply."""
        return {dimension.name: dimension.value for dimension in self.dimensions}

    @property
    def score(self) -> float:
        """Governance score in [0, 100], by the source's formula."""
        return scoring.score(self.values)

    @property
    def risk(self) -> float:
        """Governance risk in [0, 100], by the source's formula."""
        return scoring.risk(self.values)

    @property
    def measured_score(self) -> float:
        """The score from measured evidence alone, in [0, 100]."""
        return scoring.score({dimension.name: dimension.measured_value for dimension in self.dimensions})

    @property
    def measured_share(self) -> float:
        """Share in [0, 1] of the weight that stands on measured items."""
        applicable = [d for d in self.dimensions if d.value is not None]
        total = sum(d.weight for d in applicable)
        return sum(d.weight * d.measured_share for d in applicable) / total if total else 0.0

    @property
    def failed_gates(self) -> tuple[Gate, ...]:
        """Gates that failed."""
        return tuple(gate for gate in self.gates if gate.failed)

    @property
    def formula_diagnosis(self) -> str:
        """Diagnosis by score and risk alone."""
        return scoring.diagnosis(self.score, self.risk)

    @property
    def diagnosis(self) -> str:
        """Diagnosis, capped at "partial discipline" while any gate fails."""
        _, _, partial, high_risk = scoring.DIAGNOSES
        if self.failed_gates and self.formula_diagnosis != high_risk:
            return partial
        return self.formula_diagnosis

    @property
    def items(self) -> dict[str, EvidenceItem]:
        """Evidence items by check id."""
        return {item.check_id: item for dimension in self.dimensions for item in dimension.items}

    @property
    def content_hash(self) -> str:
        """SHA-256 over everything in the record; any later change shows."""
        return content_hash(self._content())

    def to_dict(self) -> dict[str, Any]:
        """The record as plain JSON types, its content hash included."""
        content = self._content()
        return {**content, "content_hash": content_hash(content)}

    def to_json(self, *, indent: int | None = 2) -> str:
        """JSON text; ``indent=None`` gives the canonical form that is hashed."""
        if indent is None:
            return canonical_json(self.to_dict())
        return json.dumps(self.to_dict(), indent=indent, sort_keys=True, ensure_ascii=False, allow_nan=False)

    def to_csv(self) -> str:
        """CSV text with one row per evidence item."""
        from sgdkit.governance.render.tables import evidence_table

        return evidence_table(self).to_csv()

    def save(self, directory: str | Path) -> tuple[Path, ...]:
        """Write the report, the record, the tables and the figures; return their paths.

        Needs the ``report`` extra: ``pip install "sgdkit[report]"``.
        """
        from sgdkit.governance.render import Run, write_report

        return write_report(directory, [Run(self.name, audit=self)])

    def chained(self, previous_hash: str) -> "AuditRecord":
        """Return this record as the successor of the record with the given content hash."""
        return dataclasses.replace(self, previous_hash=previous_hash)

    def __repr__(self) -> str:
        return (
            f"<AuditRecord {self.name!r}: score {self.score:.2f}, risk {self.risk:.2f}, "
            f"{len(self.failed_gates)} of {len(self.gates)} gates failed>"
        )

    def __str__(self) -> str:
        from sgdkit.governance.render.text import to_text

        return to_text(self)

    def _content(self) -> dict[str, Any]:
        content: dict[str, Any] = to_jsonable(self)
        del content["receipt"]  # an entry of a store is made of the content
        for dimension, plain in zip(self.dimensions, content["dimensions"], strict=True):
            plain.update(
                value=dimension.value,
                measured_value=dimension.measured_value,
                measured_share=dimension.measured_share,
                grade=dimension.grade.value,
            )
        content["result"] = {
            "score": self.score,
            "risk": self.risk,
            "measured_score": self.measured_score,
            "measured_share": self.measured_share,
            "formula_diagnosis": self.formula_diagnosis,
            "diagnosis": self.diagnosis,
            "failed_gates": [gate.name for gate in self.failed_gates],
        }
        return content


def verify_json(text: str) -> bool:
    """Whether a record's JSON still has the content its hash was taken from.

    Parameters
    ----------
    text : str
        What `AuditRecord.to_json` wrote, or the ``record.json`` of a report, which holds several.

    Returns
    -------
    bool
        False when anything was changed since.

    Raises
    ------
    InvalidParameterError
        When `text` is no record with a content hash.
    """
    try:
        content = strict_json(text)
        if "records" not in content:
            return _has_its_hash(content)
        # A report names the hash of the whole file too, so that no record can go missing from it.
        whole = "content_hash" not in content or _has_its_hash(content)
        return whole and bool(content["records"]) and all(_has_its_hash(r) for r in content["records"])
    except (ValueError, AttributeError, TypeError, KeyError) as error:
        raise InvalidParameterError(
            "This text is not an audit record: expected the JSON object written by AuditRecord.to_json(), "
            "with a content_hash."
        ) from error


def _has_its_hash(content: Mapping[str, Any]) -> bool:
    rest = {name: value for name, value in content.items() if name != "content_hash"}
    return bool(content_hash(rest) == content["content_hash"])
