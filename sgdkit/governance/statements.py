"""Statements that a person makes about a run, checked for form."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance.scoring import DIMENSIONS

__all__ = ("FIELDS", "Statement", "check_hash", "parse_statements", "to_date")

HASHES = ("artefact_hash", "data_fingerprint", "model_hash")
FIELDS = ("text", "author", "reviewer", "date", "expires", *HASHES)


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
    data_fingerprint, model_hash : str or None
        The same, where it matters which of the two it is; a statement may name both.
    """

    text: str
    author: str | None = None
    reviewer: str | None = None
    date: str | None = None
    expires: str | None = None
    artefact_hash: str | None = None
    data_fingerprint: str | None = None
    model_hash: str | None = None

    @property
    def is_attested(self) -> bool:
        """Whether someone other than the author signed off on a named, dated artefact."""
        names_artefact = bool(self.artefact_hash or self.data_fingerprint or self.model_hash)
        signed = bool(self.reviewer and self.author and names_artefact and self.date)
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
    optional = {key: str(fields[key]) for key in ("author", "reviewer") if fields.get(key) is not None}
    for key in ("date", "expires"):
        if fields.get(key) is not None:
            optional[key] = to_date(f"The {key} of the statement for {name}", fields[key])
    for key in HASHES:
        if fields.get(key) is not None:
            optional[key] = check_hash(f"The {key} of the statement for {name}", fields[key])
    return Statement(fields["text"].strip(), **optional)


def to_date(what: str, value: Any) -> str:
    """Return a date, given as one or as text, in ISO form; refuse anything else.

    Raises
    ------
    InvalidParameterError
        Beginning with `what`.
    """
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise InvalidParameterError(f"{what} is {str(value)!r}; write it as YYYY-MM-DD.") from None


def check_hash(what: str, value: Any) -> str:
    """Return a SHA-256 hash as sgdkit writes it; refuse anything else.

    Raises
    ------
    InvalidParameterError
        Beginning with `what`.
    """
    if not isinstance(value, str) or not re.fullmatch(r"sha256:[0-9a-f]{64}", value):
        raise InvalidParameterError(
            f"{what} is {value!r}; give it as the record prints it, 'sha256:' and 64 digits."
        )
    return value
