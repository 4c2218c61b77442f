"""Evidence items, the dimensions they belong to, and gates: frozen dataclasses of a record."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sgdkit.governance import grading
from sgdkit.governance.grading import Grade

__all__ = ("Dimension", "EvidenceItem", "Gate", "Tier")


class Tier(StrEnum):
    """What a check costs: nothing beyond predictions, a few refits, or more."""

    FREE = "free"
    REFIT = "refit"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """One piece of evidence for one dimension.

    Attributes
    ----------
    dimension, check_id : str
        Where it belongs and which check produced it.
    grade : Grade
        How it came about.
    value : float
        In [0, 1], before the cap of the grade.
    passed : bool or None
        Outcome against `threshold`; None where nothing was tested.
    summary : str
        What was found, in one sentence.
    measured : mapping
        Figures behind the value; never a row of data.
    threshold, why, method, uncertainty : str
        What was asked for, for which reason, how it was measured, how sure the figure is.
    seed : int or None
        Seed of any random part.
    cost : Tier
        Cost tier of the check.
    inputs_hash, artefact_hash : str or None
        Hashes of the data and of the learned parameters the item speaks about.
    author, date, expires : str or None
        For statements: who, when, until when (ISO dates).
    norm_refs : tuple of str
        Norms the item serves.
    """

    dimension: str
    check_id: str
    grade: Grade
    value: float
    passed: bool | None
    summary: str
    measured: Mapping[str, Any] = field(default_factory=dict)
    threshold: str = ""
    why: str = ""
    method: str = ""
    uncertainty: str = ""
    seed: int | None = None
    cost: Tier = Tier.FREE
    inputs_hash: str | None = None
    artefact_hash: str | None = None
    author: str | None = None
    date: str | None = None
    expires: str | None = None
    norm_refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dimension:
    """One of the thirteen dimensions with its evidence."""

    name: str
    weight: float
    items: tuple[EvidenceItem, ...]

    @property
    def value(self) -> float | None:
        """Mean capped value of the items that apply, in [0, 1]; None when none applies."""
        return grading.dimension_value(self.items)

    @property
    def measured_value(self) -> float | None:
        """The same from measured items alone, over the same denominator."""
        return grading.dimension_value(self.items, measured_only=True)

    @property
    def measured_share(self) -> float:
        """Share in [0, 1] of the applicable items that were measured."""
        return grading.measured_share(self.items)

    @property
    def grade(self) -> Grade:
        """Strongest grade among the items."""
        return grading.dimension_grade(self.items)


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition that no score buys back.

    Attributes
    ----------
    name, asks : str
        Its name, and the condition in words.
    reason : str
        Why it failed; empty otherwise.
    tested : bool
        Whether anything tested it. What was not tested does not hold.
    """

    name: str
    asks: str
    reason: str = ""
    tested: bool = True

    @property
    def failed(self) -> bool:
        """Whether the gate failed."""
        return bool(self.reason)

    @property
    def outcome(self) -> str:
        """``"failed"``, ``"holds"`` or ``"not tested"``."""
        return "failed" if self.failed else "holds" if self.tested else "not tested"
