"""Statements that a person makes about a run, checked for form."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance.scoring import DIMENSIONS

__all__ = ("FIELDS", "Statement", "parse_statements")

FIELDS = ("text", "author", "reviewer", "date", "expires", "artefact_hash")


@dataclass(frozen=True, slots=True)
class Statement:
    """What a person says about one dimension.

    Attributes
    ----------
    text : str
        The statement.
    author, reviewer : str or None
        Who made it and who reviewed it.
    date, expires : str or None
        ISO dates.
    artefact_hash : str or None
        Hash of the learned parameters or data it speaks about; it lapses when that changes.
    """

    text: str
    author: str | None = None
    reviewer: str | None = None
    date: str | None = None
    expires: str | None = None
    artefact_hash: str | None = None

    @property
    def is_attested(self) -> bool:
        """Whether someone other than the author signed off on a named, dated artefact."""
        signed = bool(self.reviewer and self.author and self.artefact_hash and self.date)
        return signed and self.reviewer != self.author


def parse_statements(statements: Any) -> dict[str, Statement]:
    """Check statements for form.

    Parameters
    ----------
    statements : mapping or None
        Dimension to text, or to a mapping with ``text`` and any of the other `FIELDS`.

    Returns
    -------
    dict of str to Statement
        Empty for None.

    Raises
    ------
    InvalidParameterError
        For an unknown dimension or field, an empty text or a date that is not ISO.

    Examples
    --------
    >>> from sgdkit.governance.statements import parse_statements
    >>> parse_statements({"governance_review": "Reviewed by the model board."})["governance_review"].text
    'Reviewed by the model board.'
    """
    if statements is None:
        return {}
    if not isinstance(statements, Mapping):
        raise InvalidParameterError(
            f"statements is a {type(statements).__name__}; give a dict from dimension to text, such as "
            '{"objective_documentation": "Ranks applications for manual review."}.'
        )
    return {str(name): _parse(str(name), value) for name, value in statements.items()}


def _parse(name: str, value: Any) -> Statement:
    if name not in DIMENSIONS:
        near = get_close_matches(name, DIMENSIONS, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise InvalidParameterError(
            f"statements names {name!r}, which is no dimension. The dimensions are "
            f"{', '.join(DIMENSIONS)}.{hint}"
        )
    fields = {"text": value} if isinstance(value, str) else value
    if (
        not isinstance(fields, Mapping)
        or not isinstance(fields.get("text"), str)
        or not fields["text"].strip()
    ):
        raise InvalidParameterError(
            f"The statement for {name} has no text; give a sentence, or a dict with 'text' and optionally "
            f"{', '.join(FIELDS[1:])}."
        )
    unknown = sorted(set(fields) - set(FIELDS))
    if unknown:
        raise InvalidParameterError(
            f"The statement for {name} has unknown fields {', '.join(map(str, unknown))}; "
            f"the fields are {', '.join(FIELDS)}."
        )
    for key in ("date", "expires"):
        _check_date(name, key, fields.get(key))
    optional = {key: str(fields[key]) for key in FIELDS[1:] if fields.get(key) is not None}
    return Statement(fields["text"].strip(), **optional)


def _check_date(name: str, key: str, value: Any) -> None:
    if value is None:
        return
    try:
        date.fromisoformat(str(value))
    except ValueError:
        raise InvalidParameterError(
            f"The {key} of the statement for {name} is {value!r}; write it as YYYY-MM-DD."
        ) from None
