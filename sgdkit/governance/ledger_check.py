"""Find every entry of a ledger that was changed, removed, inserted or reordered, and say which."""

import os
from dataclasses import dataclass
from typing import Any

from sgdkit.exceptions import LedgerError
from sgdkit.governance import signing
from sgdkit.governance.canonical import canonical_json, strict_json
from sgdkit.governance.ledger import FORMAT, GENESIS, SCHEMA, Ledger, hash_of
from sgdkit.governance.statements import check_hash

__all__ = ("Verification", "check_ledger")

_FACTS = frozenset({"format", "number", "kind", "name", "created", "content_hash", "previous_hash", "signer"})


@dataclass(frozen=True, slots=True)
class Verification:
    """What checking a ledger found.

    Attributes
    ----------
    n_entries : int
        Entries that could be read.
    head : str or None
        Hash of the last entry; None in an empty ledger.
    signers : mapping of str to int
        Entries signed by each public key.
    problems : tuple of str
        One sentence each; empty when nothing was changed.
    """

    n_entries: int
    head: str | None
    signers: dict[str, int]
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.problems

    def __str__(self) -> str:
        if self.problems:
            return "\n".join(self.problems)
        signed = sum(self.signers.values())
        return f"{self.n_entries} entries, none changed or reordered; {signed} signed.\nHead: {self.head}"


def check_ledger(
    ledger: Ledger, *, head: str | None = None, public_key: str | os.PathLike[str] | None = None
) -> Verification:
    """Check a ledger; see `Ledger.verify`."""
    if head is not None:
        check_hash("head", head)
    wanted = None if public_key is None else signing.public_key_of(public_key)
    problems: list[str] = []
    walk = _Walk(wanted)
    try:
        schema = ledger.schema()
        problems += [
            f"The guard or table {name!r} is not as it was made, so entries may not be either."
            for name in {**SCHEMA, **schema}
            if SCHEMA.get(name) != schema.get(name)
        ]
        if schema.get("entries") == SCHEMA["entries"]:  # else its columns may mean anything
            for row in ledger.rows():
                problems += walk.step(*row)
    except LedgerError as error:
        if not ledger.path.exists():
            raise
        problems.append(f"After entry {walk.expected - 1} the file cannot be read: {error}")
    if head is not None and head not in walk.hashes:
        problems.append(
            f"No entry has the hash {head}: entries were removed at the end, or all were written anew."
        )
    return Verification(walk.count, walk.head, walk.signers, tuple(problems))


class _Walk:
    """Goes through the rows in order and compares each with what it says and with the one before."""

    def __init__(self, wanted: str | None) -> None:
        self.wanted = wanted
        self.expected = 1
        self.count = 0
        # What the next entry may name as its predecessor; None after a gap, where nobody knows.
        self.links: set[str] | None = {GENESIS}
        self.hashes: set[str] = set()
        self.head: str | None = None
        self.signers: dict[str, int] = {}

    def step(self, number: int, header: Any, content: Any, signature: Any, entry_hash: Any) -> list[str]:
        """Return the problems of one row."""
        problems = []
        if number < self.expected:
            problems.append(f"Entry {number} was inserted; entries begin at 1.")
        elif number > self.expected:
            one = number - 1 == self.expected
            problems.append(
                f"Entry {self.expected} is missing."
                if one
                else f"Entries {self.expected} to {number - 1} are missing."
            )
            self.links = None
        self.expected = max(self.expected, number + 1)
        self.count += 1
        facts, computed, fault = _read(number, header, content, signature, entry_hash)
        fault = fault or self._link(number, facts) or self._signature(facts, header, signature)
        if fault:
            problems.append(f"Entry {number} {fault}.")
        # A changed hash beside an unchanged entry is this row's fault alone, not the next one's.
        self.head = entry_hash.decode(errors="replace") if isinstance(entry_hash, bytes) else None
        self.links = {link for link in (self.head, computed) if link}
        if not fault and self.head:
            self.hashes.add(self.head)
        return problems

    def _link(self, number: int, facts: dict[str, Any]) -> str:
        if self.links is None or facts["previous_hash"] in self.links:
            return ""
        return f"does not follow entry {number - 1}: one of the two was replaced"

    def _signature(self, facts: dict[str, Any], header: bytes, signature: bytes) -> str:
        signer = facts["signer"]
        if self.wanted is not None and signer != self.wanted:
            return f"is signed by another key, {signer[:16]}…" if signer else "is not signed"
        if not signer:
            return "has a signature and no signer" if signature else ""
        if not signing.has_signed(signer, signature.decode(), header):
            return "has a signature that is not its signer's"
        self.signers[signer] = self.signers.get(signer, 0) + 1
        return ""


def _read(
    number: int, header: Any, content: Any, signature: Any, entry_hash: Any
) -> tuple[dict[str, Any], str | None, str]:
    """The facts in a row, the hash that it should have, and what is wrong with it."""
    if not all(isinstance(value, bytes) for value in (header, content, signature, entry_hash)):
        return {}, None, "was changed"
    computed = hash_of(header + b"\n" + signature)
    if computed != entry_hash.decode(errors="replace"):
        return {}, computed, "was changed: header, signature and hash do not belong together"
    try:
        facts = strict_json(header.decode("utf-8", "surrogatepass"))
        sound = canonical_json(facts).encode("utf-8", "surrogatepass") == header
        sound = sound and set(facts) == _FACTS and facts["format"] == FORMAT
    except (ValueError, TypeError, AttributeError):
        sound = False
    if not sound:
        return {}, computed, "has a header that no ledger writes"
    if facts["number"] != number:
        return {}, computed, f"was written as entry {facts['number']}: entries were reordered"
    if hash_of(content) != facts["content_hash"]:
        return facts, computed, "was changed: its content has another hash"
    return facts, computed, ""
