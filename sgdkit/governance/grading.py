"""Grades of evidence and how the items of one dimension become its value."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

__all__ = (
    "CAPS",
    "Gradable",
    "Grade",
    "capped_value",
    "dimension_grade",
    "dimension_value",
    "measured_share",
)


class Grade(StrEnum):
    """How a piece of evidence came about, strongest first."""

    MEASURED = "measured"
    ATTESTED = "attested"
    RECORDED = "recorded"
    DECLARED = "declared"
    ABSENT = "absent"
    NOT_APPLICABLE = "not_applicable"

    @property
    def meaning(self) -> str:
        """One phrase for readers of a report."""
        return _MEANINGS[self]


_MEANINGS: Mapping[Grade, str] = MappingProxyType(
    {
        Grade.MEASURED: "computed here, can be run again",
        Grade.ATTESTED: "signed off by a reviewer who is not the author, bound to a hash",
        Grade.RECORDED: "a fact captured from the run, not tested",
        Grade.DECLARED: "a statement by a person, not checked",
        Grade.ABSENT: "no evidence",
        Grade.NOT_APPLICABLE: "does not apply, for the stated reason",
    }
)

CAPS: Mapping[Grade, float] = MappingProxyType(
    {
        Grade.MEASURED: 1.0,
        Grade.ATTESTED: 0.7,
        Grade.RECORDED: 0.6,
        Grade.DECLARED: 0.3,
        Grade.ABSENT: 0.0,
    }
)
"""The most that an item of each grade can count. Statements are worth less than tests."""

_HUMAN_DIMENSION = "governance_review"
_STATEMENTS = frozenset({Grade.ATTESTED, Grade.DECLARED})


class Gradable(Protocol):
    """The part of an evidence item that grading reads."""

    @property
    def dimension(self) -> str: ...  # noqa: D102
    @property
    def grade(self) -> Grade: ...  # noqa: D102
    @property
    def value(self) -> float: ...  # noqa: D102
    @property
    def passed(self) -> bool | None: ...  # noqa: D102


def capped_value(item: Gradable) -> float:
    """Value of one item times the cap of its grade.

    Governance review is a human judgement by nature, so there an attested item may count in full.
    """
    if item.grade is Grade.ATTESTED and item.dimension == _HUMAN_DIMENSION:
        return item.value
    return item.value * CAPS.get(item.grade, 0.0)


def dimension_value(items: Iterable[Gradable], *, measured_only: bool = False) -> float | None:
    """Mean of the capped values of the items that apply; None when none applies.

    Every planned check counts in the denominator, so a check that found no evidence pulls the mean down:
    nothing is gained by leaving evidence out. A failed measurement overrides the statements beside it,
    which then count zero.

    Parameters
    ----------
    items : iterable of Gradable
        All items planned for one dimension.
    measured_only : bool, default=False
        Count measured items only, over the same denominator.

    Returns
    -------
    float or None
        Value in [0, 1].
    """
    applicable = [item for item in items if item.grade is not Grade.NOT_APPLICABLE]
    if not applicable:
        return None
    contradicted = any(item.grade is Grade.MEASURED and item.passed is False for item in applicable)
    total = 0.0
    for item in applicable:
        if measured_only and item.grade is not Grade.MEASURED:
            continue
        if contradicted and item.grade in _STATEMENTS:
            continue
        total += capped_value(item)
    return total / len(applicable)


def measured_share(items: Iterable[Gradable]) -> float:
    """Share in [0, 1] of the applicable items that were measured."""
    applicable = [item for item in items if item.grade is not Grade.NOT_APPLICABLE]
    measured = sum(item.grade is Grade.MEASURED for item in applicable)
    return measured / len(applicable) if applicable else 0.0


def dimension_grade(items: Iterable[Gradable]) -> Grade:
    """Strongest grade among the items of a dimension."""
    present = {item.grade for item in items}
    return next((grade for grade in Grade if grade in present), Grade.ABSENT)
