"""Norms that the dimensions serve, as versioned data files: one TOML file for each norm and edition."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from sgdkit.governance.scoring import DIMENSIONS

__all__ = ("CHECKED", "Norm", "NormRow", "norms")

CHECKED = {
    "publisher": "read in the publisher's own text",
    "reproduction": "read in a reproduction by others",
    "summary": "known from summaries by others",
    "unread": "not read; from general knowledge",
}
"""How the text behind a row was checked, best first."""


@dataclass(frozen=True, slots=True)
class NormRow:
    """One provision: where it stands, what it is about, which dimensions serve it, how it was checked."""

    ref: str
    about: str
    dimensions: tuple[str, ...]
    checked: str


@dataclass(frozen=True, slots=True)
class Norm:
    """One norm in one edition.

    Attributes
    ----------
    id, name, edition, publisher : str
        What it is.
    reviewed : str
        ISO date on which the file was last gone through.
    note : str
        What a reader must know; it names no day on which a duty begins, because these move.
    rows : tuple of NormRow
        Its provisions.
    """

    id: str
    name: str
    edition: str
    publisher: str
    reviewed: str
    note: str
    rows: tuple[NormRow, ...]


@lru_cache(maxsize=1)
def norms() -> tuple[Norm, ...]:
    """Return every norm that ships with sgdkit, by name of its file.

    Examples
    --------
    >>> from sgdkit.governance.norms import norms
    >>> [norm.id for norm in norms()]
    ['eu-ai-act-annex-iv', 'iso-42001', 'nist-ai-rmf', 'sr-11-7', 'sr-26-2']
    """
    found = sorted((file for file in files(__name__).iterdir() if file.name.endswith(".toml")), key=str)
    return tuple(_norm(tomllib.loads(file.read_text(encoding="utf-8"))) for file in found)


def _norm(content: dict) -> Norm:
    rows = []
    for row in content.pop("rows"):
        unknown = set(row["dimensions"]) - set(DIMENSIONS)
        if unknown or row["checked"] not in CHECKED:
            raise ValueError(f"{content['id']}, {row['ref']}: unknown {unknown or row['checked']}.")
        rows.append(NormRow(row["ref"], row["about"], tuple(row["dimensions"]), row["checked"]))
    return Norm(**content, rows=tuple(rows))
