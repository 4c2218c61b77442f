"""A declaration: what people say about a model, in one TOML file, and the statements it makes."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance.statements import Statement, check_hash, parse_statements, to_date

__all__ = ("TEXTS", "Declaration", "parse_declaration", "read_declaration")

TEXTS: dict[str, tuple[str, str]] = {
    "task": ("objective_documentation", "What the model predicts, and for whom."),
    "intended_use": ("objective_documentation", "The decisions it may inform, and those it must not."),
    "cost_of_errors": ("objective_documentation", "What each kind of error costs, and whom."),
    "metric": ("objective_documentation", "The metric it was chosen by, and why that one."),
    "data_source": ("data_documentation", "Where the rows come from, how and when they were collected."),
    "consent": ("data_documentation", "Consent, licence or legal basis under which they are used."),
    "groups": ("fairness_review", "Which groups of people were compared, and which were not."),
    "harms": ("fairness_review", "Which harms were considered, and what was done about them."),
    "limits": ("communication_clarity", "Where the model must not be relied on."),
}
"""Text fields: the dimension each gives a statement on, and what it should say."""

CHOICES: dict[str, tuple[str, tuple[str, ...]]] = {
    "materiality": (
        "How much hangs on the model: low, medium or high. High asks for a sign-off by a reviewer.",
        ("low", "medium", "high"),
    ),
}
"""Fields with a few allowed values: what each says, and the values."""

PEOPLE: dict[str, str] = {
    "owner": "Who answers for the model, and makes these statements.",
    "reviewer": "Who checked them; someone else than the owner.",
}
DATES: dict[str, str] = {
    "date": "When the statements were made, YYYY-MM-DD.",
    "expires": "When they lapse, YYYY-MM-DD.",
}
HASHES: dict[str, str] = {
    "data_fingerprint": "Fingerprint of the training data; the statements lapse when it changes.",
    "model_hash": "Hash of the learned parameters; all but those on the data lapse when it changes.",
}
FIELDS = (*TEXTS, *CHOICES, *PEOPLE, *DATES, *HASHES, "statements")


@dataclass(frozen=True, slots=True)
class Declaration:
    """What people declare about a model; made by `parse_declaration` or `read_declaration`.

    Attributes
    ----------
    task, intended_use, cost_of_errors, metric, data_source, consent, groups, harms, limits : str or None
        The texts; see `TEXTS`.
    materiality : {"low", "medium", "high"} or None
        How much hangs on the model.
    owner, reviewer : str or None
        Who states them, and who checked.
    date, expires : str or None
        ISO dates.
    data_fingerprint, model_hash : str or None
        What they speak about. Statements lapse when what they name changes.
    statements : mapping of str to Statement
        Further statements, by dimension.
    """

    task: str | None = None
    intended_use: str | None = None
    cost_of_errors: str | None = None
    metric: str | None = None
    data_source: str | None = None
    consent: str | None = None
    groups: str | None = None
    harms: str | None = None
    limits: str | None = None
    materiality: str | None = None
    owner: str | None = None
    reviewer: str | None = None
    date: str | None = None
    expires: str | None = None
    data_fingerprint: str | None = None
    model_hash: str | None = None
    statements: Mapping[str, Statement] = field(default_factory=dict)

    def as_statements(self) -> dict[str, Statement]:
        """Return one statement for each dimension that the declaration speaks about.

        The texts of one dimension are joined, each behind its name. Author, reviewer, dates and hashes
        are those of the declaration, also where a further statement names none of its own. Statements
        on the data do not name the model: another model on the same data leaves them true.
        """
        texts: dict[str, list[str]] = {}
        for name, (dimension, _) in TEXTS.items():
            if text := getattr(self, name):
                label = name.replace("_", " ").capitalize()
                texts.setdefault(dimension, []).append(f"{label}: {text.rstrip('.')}.")
        if self.owner or self.reviewer:
            people = [
                f"{who}: {name}."
                for who, name in (("Owner", self.owner), ("Reviewer", self.reviewer))
                if name
            ]
            texts["governance_review"] = people
        said = {dimension: Statement(" ".join(parts)) for dimension, parts in texts.items()}
        return {
            name: self._signed(name, statement) for name, statement in {**said, **self.statements}.items()
        }

    def to_dict(self) -> dict[str, Any]:
        """Return what was declared, without what was left out."""
        plain = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "statements"}
        said = {
            name: {
                key: value for key in Statement.__slots__ if (value := getattr(statement, key)) is not None
            }
            for name, statement in self.statements.items()
        }
        return {key: value for key, value in {**plain, "statements": said}.items() if value}

    def _signed(self, dimension: str, statement: Statement) -> Statement:
        model_hash = None if dimension == "data_documentation" else self.model_hash
        named = statement.artefact_hash or statement.data_fingerprint or statement.model_hash
        return Statement(
            statement.text,
            author=statement.author or self.owner,
            reviewer=statement.reviewer or self.reviewer,
            date=statement.date or self.date,
            expires=statement.expires or self.expires,
            artefact_hash=statement.artefact_hash,
            data_fingerprint=statement.data_fingerprint if named else self.data_fingerprint,
            model_hash=statement.model_hash if named else model_hash,
        )


def parse_declaration(content: Any, where: str = "The declaration") -> Declaration:
    """Check a declaration for form.

    Parameters
    ----------
    content : mapping, path or Declaration
        Fields by name, all optional; texts of at least one word, dates as YYYY-MM-DD or TOML dates,
        hashes as ``"sha256:"`` and 64 digits, ``statements`` as for `GovernanceReport`. A path is read.
    where : str, default="The declaration"
        Begins the sentence of a refusal.

    Returns
    -------
    Declaration

    Raises
    ------
    InvalidParameterError
        For an unknown field, naming the nearest one; an empty text; a wrong type, date or hash.

    Examples
    --------
    >>> from sgdkit.governance.declaration import parse_declaration
    >>> declared = parse_declaration({"task": "Sorts letters by topic", "owner": "A. Archivist"})
    >>> declared.as_statements()["objective_documentation"].text
    'Task: Sorts letters by topic.'
    """
    if isinstance(content, Declaration):
        return content
    if isinstance(content, str | os.PathLike):
        return read_declaration(content)
    if not isinstance(content, Mapping):
        raise InvalidParameterError(
            f"{where} is a {type(content).__name__}; give a dict with fields such as task and owner, or the "
            "path of a TOML file."
        )
    for name in content:
        if name not in FIELDS:
            near = get_close_matches(str(name), FIELDS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise InvalidParameterError(
                f"{where} has an unknown field {str(name)!r}.{hint} The fields are {', '.join(FIELDS)}."
            )
    given = {name: _text(name, content[name], where) for name in (*TEXTS, *PEOPLE) if name in content}
    given |= {name: _choice(name, content[name], where) for name in CHOICES if name in content}
    given |= {name: to_date(f"{where}: {name}", content[name]) for name in DATES if name in content}
    given |= {name: check_hash(f"{where}: {name}", content[name]) for name in HASHES if name in content}
    if given.get("owner") and given.get("owner") == given.get("reviewer"):
        raise InvalidParameterError(
            f"{where} names {given['owner']!r} as owner and as reviewer; a reviewer is someone else. "
            "Leave reviewer out until there is one."
        )
    if {"date", "expires"} <= set(given) and date.fromisoformat(given["expires"]) < date.fromisoformat(
        given["date"]
    ):
        raise InvalidParameterError(
            f"{where} expires on {given['expires']}, before its date {given['date']}."
        )
    return Declaration(**given, statements=parse_statements(content.get("statements")))


def read_declaration(path: str | os.PathLike[str]) -> Declaration:
    """Return the declaration in a TOML file.

    Parameters
    ----------
    path : str or path-like
        A file such as ``sgdkit governance init`` begins.

    Returns
    -------
    Declaration

    Raises
    ------
    InvalidParameterError
        For a missing file, one that is not TOML, or a field of the wrong form.
    """
    path = Path(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidParameterError(
            f"There is no declaration at {str(path)!r}; `sgdkit governance init --out {path}` begins one."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidParameterError(f"{path} is not TOML: {error}.") from error
    return parse_declaration(content, where=str(path))


def _choice(name: str, value: Any, where: str) -> str:
    allowed = CHOICES[name][1]
    if value not in allowed:
        raise InvalidParameterError(f"{where}: {name} is {value!r}; it is one of {', '.join(allowed)}.")
    return str(value)


def _text(name: str, value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise InvalidParameterError(
            f"{where}: {name} is a {type(value).__name__}; write it as text in quotation marks."
        )
    if not value.strip():
        raise InvalidParameterError(
            f"{where}: {name} is empty; say it in a sentence, or leave the field out."
        )
    return value.strip()
