"""Ledger: a local file to which records are added, each chained to the one before."""

import dataclasses
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sgdkit.exceptions import InvalidParameterError, LedgerError
from sgdkit.governance import signing
from sgdkit.governance.canonical import canonical_json
from sgdkit.governance.receipt import Receipt
from sgdkit.governance.record import AuditRecord

if TYPE_CHECKING:
    from sgdkit.governance.ledger_check import Verification

__all__ = ("GENESIS", "SCHEMA", "Entry", "Ledger", "as_ledger", "hash_of")

FORMAT = "sgdkit-ledger-1"
GENESIS = "sha256:" + 64 * "0"
"""What the first entry names as the entry before it."""

APPLICATION_ID = 0x73676B6C
WAIT_SECONDS = 60.0

# The guards stop accidents, not an attacker who can write to the file: the chain is what shows changes.
SCHEMA: Mapping[str, str] = {
    "entries": "CREATE TABLE entries (number INTEGER PRIMARY KEY, header TEXT NOT NULL, "
    "content TEXT NOT NULL, signature TEXT NOT NULL, entry_hash TEXT NOT NULL)",
    "entries_only_follow": "CREATE TRIGGER entries_only_follow BEFORE INSERT ON entries "
    "WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM entries) "
    "BEGIN SELECT RAISE(ABORT, 'a ledger is only added to'); END",
    "entries_never_change": "CREATE TRIGGER entries_never_change BEFORE UPDATE ON entries "
    "BEGIN SELECT RAISE(ABORT, 'a ledger is only added to'); END",
    "entries_never_go": "CREATE TRIGGER entries_never_go BEFORE DELETE ON entries "
    "BEGIN SELECT RAISE(ABORT, 'a ledger is only added to'); END",
}
"""The table and its guards, by name."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a ledger.

    Attributes
    ----------
    number : int
        From 1, without gaps.
    kind, name, created : str
        ``"audit"``, ``"fold"`` or ``"declaration"``; of what; UTC time, ISO 8601.
    content : mapping
        What was added.
    content_hash, previous_hash, entry_hash : str
        Of the content; of the entry before; of this entry, signature included.
    signer : str
        Public key in hexadecimal digits; empty without a signature.
    """

    number: int
    kind: str
    name: str
    created: str
    content: Mapping[str, Any]
    content_hash: str
    previous_hash: str
    entry_hash: str
    signer: str


class Ledger:
    """Records in one local SQLite file, each entry holding the hash of the entry before it.

    Any number of processes may add at the same time. An entry that was acknowledged is on the disk, and
    stays when a process is killed. Entries are never changed or removed; if someone does it with other
    tools, `verify` says which. Keep the hash of the latest entry elsewhere too (`audit` prints it, and so
    does every report): against it, `verify` also finds entries cut off at the end.

    Parameters
    ----------
    path : str or path-like
        The file, made on the first entry; on a local disk, since network folders lock unreliably.
    key : str, path-like or None, default=None
        File of an ed25519 private key; entries are signed with it. Needs ``pip install "sgdkit[sign]"``.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sgdkit.governance import Ledger
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ledger = Ledger(Path(folder) / "models.ledger")
    ...     first = ledger.add({"text": "Seen."}, kind="declaration", name="credit model")
    ...     second = ledger.add({"text": "Seen again."}, kind="declaration", name="credit model")
    ...     [entry.number for entry in ledger.entries()], ledger.verify(head=first.entry_hash).problems
    ([1, 2], ())
    """

    def __init__(self, path: str | os.PathLike[str], key: str | os.PathLike[str] | None = None) -> None:
        self.path = Path(path).absolute()
        self.key = key

    def add(self, content: Mapping[str, Any], *, kind: str, name: str) -> Receipt:
        """Add an entry, and return once it is on the disk.

        Parameters
        ----------
        content : mapping
            Plain facts; never rows of data.
        kind, name : str
            As in `Entry`.

        Returns
        -------
        Receipt
            Number and hash of the entry.

        Raises
        ------
        LedgerError
            For a file that is no ledger, or cannot be written.
        InvalidParameterError, ImportError
            For a key that cannot be used.
        """
        text = _bytes(canonical_json(content))
        signer = "" if self.key is None else signing.public_key_of(self.key)
        with self._open(create=True) as database, _transaction(database):
            _create(database, self.path)
            last = database.execute(
                "SELECT number, entry_hash FROM entries ORDER BY number DESC LIMIT 1"
            ).fetchone()
            number, previous = (last[0] + 1, last[1].decode()) if last else (1, GENESIS)
            header = _bytes(
                canonical_json(
                    {
                        "format": FORMAT,
                        "number": number,
                        "kind": kind,
                        "name": name,
                        "created": datetime.now(UTC).isoformat(timespec="seconds"),
                        "content_hash": hash_of(text),
                        "previous_hash": previous,
                        "signer": signer,
                    }
                )
            )
            signature = "" if self.key is None else signing.sign(header, self.key)
            entry_hash = hash_of(header + b"\n" + signature.encode())
            # As bytes: a name from a badly encoded file is no valid text, and must not stop an audit.
            database.execute(
                "INSERT INTO entries VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT), ?, ?)",
                (number, header, text, signature, entry_hash),
            )
        return Receipt(self.path.name, number, entry_hash)

    def prepare(self) -> None:
        """Make the file where it is missing, and refuse now what `add` would refuse after long work.

        Raises
        ------
        LedgerError, InvalidParameterError, ImportError
            As `add`.
        """
        if self.key is not None:
            signing.public_key_of(self.key)
        with self._open(create=True) as database, _transaction(database):
            _create(database, self.path)

    def keep(self, record: AuditRecord) -> AuditRecord:
        """Add an audit's record; return it with its receipt."""
        content = {name: value for name, value in record.to_dict().items() if name != "content_hash"}
        return dataclasses.replace(record, receipt=self.add(content, kind="audit", name=record.name))

    def entries(self) -> Iterator[Entry]:
        """Yield every entry, oldest first, unchecked; `verify` checks."""
        for row in self.rows():
            yield _entry(row)

    def entry(self, number: int) -> Entry:
        """Return one entry by its number.

        Raises
        ------
        InvalidParameterError
            If there is none.
        """
        rows = list(self.rows("WHERE number = ?", (number,)))
        if not rows:
            raise InvalidParameterError(f"{self.path.name} has no entry {number}; it has {self.count()}.")
        return _entry(rows[0])

    def count(self) -> int:
        """Return the number of entries."""
        with self._open() as database:
            return int(database.execute("SELECT count(*) FROM entries").fetchone()[0])

    def verify(
        self, *, head: str | None = None, public_key: str | os.PathLike[str] | None = None
    ) -> "Verification":
        """Recompute every hash and signature.

        Parameters
        ----------
        head : str or None, default=None
            Hash of an entry that must be there, kept from a report or receipt. Without it, entries cut
            off at the end leave no trace.
        public_key : path, str or None, default=None
            Public key, or its file; every entry must be signed with it. Without it, signatures are
            checked against the keys that the entries name.

        Returns
        -------
        Verification
            What was found; its ``problems`` say which entries were changed, removed or reordered.

        Raises
        ------
        LedgerError
            When there is no such file.
        ImportError
            When entries are signed, or should be, and the ``sign`` extra is missing.
        """
        from sgdkit.governance.ledger_check import check_ledger

        return check_ledger(self, head=head, public_key=public_key)

    def rows(self, where: str = "", values: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the raw rows: number, header, content, signature, entry_hash; texts as bytes."""
        with self._open() as database:
            yield from database.execute(
                f"SELECT number, header, content, signature, entry_hash FROM entries {where} ORDER BY number",
                values,
            )

    def schema(self) -> dict[str, str]:
        """Return the statements that made the table and its guards, by name."""
        with self._open() as database:
            found = database.execute("SELECT name, sql FROM sqlite_master").fetchall()
        return {name.decode(errors="replace"): (sql or b"").decode(errors="replace") for name, sql in found}

    def __repr__(self) -> str:
        return f"Ledger({str(self.path)!r})"

    @contextmanager
    def _open(self, *, create: bool = False) -> Iterator[sqlite3.Connection]:
        """Open the file for one use: connections must not travel to other processes."""
        if not create and not self.path.exists():
            raise LedgerError(f"There is no ledger at {str(self.path)!r}; the first record added makes it.")
        database = None
        try:
            database = sqlite3.connect(self.path, timeout=WAIT_SECONDS, isolation_level=None)
            database.text_factory = bytes
            database.execute("PRAGMA synchronous = EXTRA")  # acknowledged means on the disk
            if not create:
                _refuse_other_files(database, self.path)
            yield database
        # A damaged file can make SQLite's own message one that is no text.
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise LedgerError(f"{self.path} cannot be read or written as a ledger: {error}.") from error
        finally:
            if database is not None:
                database.close()


def as_ledger(store: "str | os.PathLike[str] | Ledger | None") -> Ledger | None:
    """Return the ledger that an argument ``store`` means."""
    return store if store is None or isinstance(store, Ledger) else Ledger(store)


def hash_of(data: bytes) -> str:
    """SHA-256 of bytes, as ``"sha256:<hex>"``."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


@contextmanager
def _transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Hold the write lock from the first read on, so that nobody adds in between."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        database.rollback()
        raise
    database.execute("COMMIT")


def _create(database: sqlite3.Connection, path: Path) -> None:
    if database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        _refuse_other_files(database, path)
        return
    database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    for statement in SCHEMA.values():
        database.execute(statement)


def _refuse_other_files(database: sqlite3.Connection, path: Path) -> None:
    if database.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise LedgerError(f"{path} is a file of another program, not a ledger of sgdkit; give another name.")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _entry(row: tuple[Any, ...]) -> Entry:
    number, header, content, _, entry_hash = row
    try:
        facts = json.loads(header.decode("utf-8", "surrogatepass"))
        return Entry(
            number=number,
            kind=facts["kind"],
            name=facts["name"],
            created=facts["created"],
            content=json.loads(content.decode("utf-8", "surrogatepass")),
            content_hash=facts["content_hash"],
            previous_hash=facts["previous_hash"],
            entry_hash=entry_hash.decode(),
            signer=facts["signer"],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LedgerError(f"Entry {number} was changed and cannot be read; verify the ledger.") from error
