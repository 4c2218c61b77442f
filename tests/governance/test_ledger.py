import contextlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from sgdkit.exceptions import InvalidParameterError, LedgerError
from sgdkit.governance import Ledger, audit, generate_key, governance_scoring, verify_json
from sgdkit.governance.ledger import SCHEMA, hash_of
from sgdkit.governance.render import Run, write_report
from sgdkit.governance.render.text import to_text

COLUMNS = "header, content, signature, entry_hash"


@pytest.fixture
def ledger(tmp_path):
    """Seven small entries."""
    ledger = Ledger(tmp_path / "models.ledger")
    for number in range(1, 8):
        ledger.add({"text": f"entry {number}", "value": number / 3}, kind="declaration", name="m")
    return ledger


def forge(ledger, *statements):
    """Change a ledger as an attacker would: without its guards, which are put back afterwards."""
    database = sqlite3.connect(ledger.path, isolation_level=None)
    database.execute("PRAGMA synchronous = OFF")
    database.execute("BEGIN")
    for name in SCHEMA:
        if name != "entries":
            database.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        database.execute(*statement if isinstance(statement, tuple) else (statement,))
    for name, statement in SCHEMA.items():
        if name != "entries":
            database.execute(statement)
    database.execute("COMMIT")
    database.close()


def swap(a, b):
    move = "UPDATE entries SET number = ? WHERE number = ?"
    return [(move, (-1, a)), (move, (a, b)), (move, (b, -1))]


def test_entries_come_back_in_order_and_are_chained(ledger):
    entries = list(ledger.entries())
    assert [entry.number for entry in entries] == list(range(1, 8))
    assert [e.previous_hash for e in entries[1:]] == [e.entry_hash for e in entries[:-1]]
    assert entries[2].content == {"text": "entry 3", "value": 1.0}
    assert ledger.entry(3) == entries[2]
    found = ledger.verify(head=entries[-1].entry_hash)
    assert (found.ok, found.n_entries, found.head) == (True, 7, entries[-1].entry_hash)


def test_a_hash_follows_from_the_file_with_a_few_lines(ledger):
    _, header, content, signature, entry_hash = next(ledger.rows())
    assert hash_of(header + b"\n" + signature).encode() == entry_hash
    assert json.loads(header)["content_hash"] == hash_of(content)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET content = '{}' WHERE number = 2",
        "DELETE FROM entries WHERE number = 7",
        "INSERT INTO entries VALUES (9, '', '', '', '')",
        "INSERT OR REPLACE INTO entries VALUES (3, '', '', '', '')",
    ],
)
def test_guards_keep_entries_from_being_changed_by_accident(ledger, statement):
    with (
        sqlite3.connect(ledger.path) as database,
        pytest.raises(sqlite3.IntegrityError, match="only added to"),
    ):
        database.execute(statement)
    assert ledger.verify().ok


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        (["UPDATE entries SET content = '{}' WHERE number = 4"], "Entry 4 was changed: its content"),
        (["UPDATE entries SET header = '{}' WHERE number = 4"], "Entry 4 was changed"),
        (["UPDATE entries SET entry_hash = 'sha256:0' WHERE number = 4"], "Entry 4 was changed"),
        (["UPDATE entries SET content = 5 WHERE number = 4"], "Entry 4 was changed"),
        (["DELETE FROM entries WHERE number = 4"], "Entry 4 is missing"),
        (["DELETE FROM entries WHERE number IN (3, 4)"], "Entries 3 to 4 are missing"),
        (["DELETE FROM entries WHERE number = 1"], "Entry 1 is missing"),
        (swap(3, 5), "Entry 3 was written as entry 5: entries were reordered"),
        ([f"INSERT INTO entries SELECT 0, {COLUMNS} FROM entries WHERE number = 2"], "Entry 0 was inserted"),
    ],
)
def test_verify_names_the_entry(ledger, statements, message):
    forge(ledger, *statements)
    found = ledger.verify()
    assert not found.ok
    assert message in str(found)


def test_one_changed_entry_is_one_problem(ledger):
    forge(ledger, "UPDATE entries SET content = '{}' WHERE number = 4")
    assert len(ledger.verify().problems) == 1


def test_an_entry_written_anew_breaks_the_link_to_the_next(ledger, tmp_path):
    other = Ledger(tmp_path / "other")
    for number in range(1, 5):
        other.add({"text": f"forged {number}"}, kind="declaration", name="m")
    _, header, content, signature, entry_hash = list(other.rows())[3]
    columns = "header = ?, content = ?, signature = ?, entry_hash = ?"
    values = [value.decode() for value in (header, content, signature, entry_hash)]
    forge(ledger, (f"UPDATE entries SET {columns} WHERE number = 4", values))
    assert ledger.verify().problems[0] == "Entry 4 does not follow entry 3: one of the two was replaced."


def test_a_kept_head_shows_a_tail_that_was_cut_off_or_rewritten(ledger, tmp_path):
    head = ledger.entry(7).entry_hash
    middle = ledger.entry(5).entry_hash
    forge(ledger, "DELETE FROM entries WHERE number > 5")
    assert ledger.verify().ok  # nothing in the file can tell
    assert "removed at the end" in str(ledger.verify(head=head))
    assert ledger.verify(head=middle).ok
    ledger.add({"text": "another 6"}, kind="declaration", name="m")
    ledger.add({"text": "another 7"}, kind="declaration", name="m")
    assert not ledger.verify(head=head).ok
    with pytest.raises(InvalidParameterError, match="64 digits"):
        ledger.verify(head="abc")


def test_missing_or_changed_guards_are_found(ledger):
    with sqlite3.connect(ledger.path) as database:
        database.execute("DROP TRIGGER entries_never_go")
        database.execute("CREATE TRIGGER helpful AFTER INSERT ON entries BEGIN SELECT 1; END")
    text = str(ledger.verify())
    assert "'entries_never_go'" in text
    assert "'helpful'" in text


def test_a_thousand_random_edits_of_records_and_ledgers_are_found(record, ledger):
    generator = random.Random(0)
    head = ledger.entry(7).entry_hash
    original = ledger.path.read_bytes()
    pristine = list(ledger.rows())
    for _ in range(400):
        ledger.path.write_bytes(original)
        forge(ledger, *random_edit(generator))
        assert not ledger.verify(head=head).ok
    n_flips = 0
    while n_flips < 300:  # anywhere in the file: what leaves all rows as they were is no edit
        data = bytearray(original)
        data[generator.randrange(len(data))] ^= 1 << generator.randrange(8)
        ledger.path.write_bytes(data)
        found = ledger.verify(head=head)
        try:
            same = list(ledger.rows()) == pristine
        except LedgerError:
            same = False
        assert not found.ok or same
        n_flips += not same
    text = record.to_json()
    content = json.loads(text)
    n_edits = 0
    while n_edits < 300:
        edited = random_text_edit(generator, text)
        try:
            if json.loads(edited) == content:
                continue  # such as 1e-05 written as 1E-05
        except ValueError:
            pass
        n_edits += 1
        with contextlib.suppress(InvalidParameterError):
            assert not verify_json(edited)


def random_edit(generator):
    number = generator.randint(1, 7)
    other = number % 7 + 1
    column = generator.choice(["header", "content", "entry_hash"])
    place = generator.randint(1, 40)
    flip = (
        f"UPDATE entries SET {column} = substr({column}, 1, {place - 1}) || "
        f"char(unicode(substr({column}, {place}, 1)) + 1) || substr({column}, {place + 1}) "
        f"WHERE number = {number}"
    )
    return generator.choice(
        [
            [flip],
            [flip],
            [f"UPDATE entries SET {column} = (SELECT {column} FROM entries WHERE number = {other}) "
             f"WHERE number = {number}"],
            [f"UPDATE entries SET signature = 'ab' WHERE number = {number}"],
            [f"DELETE FROM entries WHERE number = {number}"],
            [f"DELETE FROM entries WHERE number >= {number}"],
            swap(number, other),
        ]
    )  # fmt: skip


def random_text_edit(generator, text):
    place = generator.randrange(len(text))
    kind = generator.randrange(4)
    if kind == 0:
        return text[:place] + chr(ord(text[place]) ^ (1 << generator.randrange(7))) + text[place + 1 :]
    if kind == 1:
        return text[:place] + text[place + generator.randint(1, 30) :]
    if kind == 2:
        return text[:place]
    return text.replace("null", "NaN", 1) if generator.random() < 0.1 else text[:place] + "1" + text[place:]


def test_a_name_given_twice_and_numbers_that_hash_like_null_are_refused(record):
    text = record.to_json()
    twice = text.replace('"created":', '"created": "forged", "created":', 1)
    for forged in (twice, text.replace("null", "NaN", 1), text.replace("null", "1e999", 1)):
        assert forged != text
        with pytest.raises(InvalidParameterError, match="not an audit record"):
            verify_json(forged)


def test_no_record_can_go_missing_from_a_report(record, tmp_path):
    write_report(tmp_path, [Run("a", audit=record), Run("b", audit=record)], reference=False)
    content = json.loads((tmp_path / "record.json").read_text())
    assert verify_json(json.dumps(content))
    content["records"].pop()
    assert not verify_json(json.dumps(content))


WRITERS = """
import os, random, signal, sys, time
from sgdkit.governance.ledger import Ledger

path, acknowledged = sys.argv[1:]
generator = random.Random(1)
for _ in range(5):
    writers = []
    for writer in range(3):
        if pid := os.fork():
            writers.append(pid)
            continue
        said = os.open(acknowledged, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        while True:
            receipt = Ledger(path).add({"writer": writer}, kind="declaration", name="w")
            os.write(said, f"{receipt.number} {receipt.entry_hash}\\n".encode())
    for pid in writers:
        time.sleep(generator.uniform(0.05, 0.3))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes that can be forked and killed are needed")
def test_killed_writers_lose_nothing_that_was_acknowledged(tmp_path):
    path, acknowledged = tmp_path / "models.ledger", tmp_path / "acknowledged"
    subprocess.run([sys.executable, "-c", WRITERS, path, acknowledged], check=True)
    ledger = Ledger(path)
    assert ledger.verify().problems == ()
    hashes = {str(entry.number): entry.entry_hash for entry in ledger.entries()}
    told = dict(line.split() for line in acknowledged.read_text().splitlines())
    assert told
    assert told.items() <= hashes.items()
    ledger.add({}, kind="declaration", name="w")  # no lock is left behind


def test_a_search_in_several_processes_writes_one_entry_per_fold(tmp_path, cancer):
    X, _, y, _ = cancer
    grid = {"C": [0.01, 0.1, 1.0]}
    searches = {}
    for store in (None, tmp_path / "search.ledger"):
        scoring = governance_scoring("accuracy", store=store)
        searches[store] = GridSearchCV(
            LogisticRegression(max_iter=5000), grid, scoring=scoring, refit="accuracy", cv=3, n_jobs=2
        ).fit(X, y)
    for name, column in searches[None].cv_results_.items():
        if "time" not in name and name != "params":
            assert np.array_equal(column, searches[store].cv_results_[name])
    ledger = Ledger(store)
    entries = list(ledger.entries())
    assert ledger.verify().ok
    assert [entry.kind for entry in entries] == ["fold"] * 9
    assert {entry.content["subject"]["params"]["C"] for entry in entries} == {0.01, 0.1, 1.0}
    assert all("accuracy" in entry.content["scores"] for entry in entries)


def test_a_store_adds_its_own_checks_to_an_audit_and_reports_name_the_entry(tmp_path, cancer, model):
    _, X_test, _, y_test = cancer
    path = tmp_path / "models.ledger"
    plain = audit(model, X_test, y_test, tier="free")
    kept = audit(model, X_test, y_test, tier="free", store=path)
    differ = {name for name, item in kept.items.items() if item != plain.items[name]}
    assert differ == {"traceability.record_chain", "validation.test_reuse"}
    assert kept.subject == plain.subject and kept.recipe == plain.recipe
    entry = Ledger(path).entry(1)
    assert entry.content_hash == kept.content_hash
    assert json.loads(json.dumps({**entry.content, "content_hash": entry.content_hash})) == json.loads(
        kept.to_json()
    )
    assert kept.receipt.entry_hash in to_text(kept)
    write_report(tmp_path / "report", [Run("a", audit=kept)], reference=False)
    assert kept.receipt.entry_hash in (tmp_path / "report" / "report.html").read_text()
    assert "kept as" not in to_text(plain)


def test_no_row_is_in_the_file(tmp_path, cancer, model):
    X_train, X_test, y_train, y_test = cancer
    audit(model, X_test, y_test, X_train=X_train, y_train=y_train, store=tmp_path / "l")
    data = (tmp_path / "l").read_bytes()
    for number in (X_train[0, 0], X_test[3, 5], X_train[7, 21]):
        assert repr(float(number)).encode() not in data


def test_an_audit_refuses_a_bad_store_before_it_looks_at_anything(tmp_path):
    (tmp_path / "text").write_text("no database, but long enough to be looked at " * 10)
    with pytest.raises(LedgerError, match="not a database"):
        audit(None, None, None, store=tmp_path / "text")
    with pytest.raises(InvalidParameterError, match="There is no key"):
        audit(None, None, None, store=Ledger(tmp_path / "l", key=tmp_path / "no key"))


def test_files_that_are_no_ledger_are_refused_and_left_alone(tmp_path):
    (tmp_path / "text").write_text("no database, but long enough to be looked at " * 10)
    with sqlite3.connect(tmp_path / "other") as database:
        database.execute("CREATE TABLE mine (x)")
    for name, message in (
        ("text", "not a database"),
        ("other", "another program"),
        ("a/b", "unable to open"),
    ):
        with pytest.raises(LedgerError, match=message):
            Ledger(tmp_path / name).add({}, kind="declaration", name="x")
    with pytest.raises(LedgerError, match="There is no ledger"):
        Ledger(tmp_path / "missing").verify()
    assert not (tmp_path / "missing").exists()
    with pytest.raises(InvalidParameterError, match="has no entry 3; it has 0"):
        ledger = Ledger(tmp_path / "new")
        ledger.add({}, kind="declaration", name="x")
        forge(ledger, "DELETE FROM entries")
        ledger.entry(3)


def test_names_that_are_no_valid_text_are_kept(tmp_path):
    ledger = Ledger(tmp_path / "l")
    ledger.add({"column": "size\udce9"}, kind="declaration", name="size\udce9")
    assert ledger.verify().ok
    assert ledger.entry(1).content == {"column": "size\udce9"}


def test_signed_entries_are_checked_against_the_key(tmp_path):
    public = generate_key(tmp_path / "key")
    generate_key(tmp_path / "other")
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
    with pytest.raises(InvalidParameterError, match="never replaced"):
        generate_key(tmp_path / "key")
    ledger = Ledger(tmp_path / "l", key=tmp_path / "key")
    for number in range(3):
        ledger.add({"n": number}, kind="declaration", name="x")
    assert ledger.verify(public_key=public).signers == {public: 3}
    assert ledger.verify(public_key=tmp_path / "key.pub").ok
    assert "signed by another key" in str(ledger.verify(public_key=tmp_path / "other.pub"))
    Ledger(tmp_path / "l").add({"n": 3}, kind="declaration", name="x")
    assert ledger.verify().ok
    assert ledger.verify(public_key=public).problems == ("Entry 4 is not signed.",)


def test_a_signature_cannot_be_forged_with_the_chain(tmp_path):
    """Someone who rewrites an entry and every hash after it lacks the key."""
    public = generate_key(tmp_path / "key")
    ledger = Ledger(tmp_path / "l", key=tmp_path / "key")
    ledger.add({"n": 1}, kind="declaration", name="x")
    _, header, _, signature, _ = next(ledger.rows())
    content = b'{"n":2}'
    facts = {**json.loads(header), "content_hash": hash_of(content)}
    header = json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()
    values = [header.decode(), content.decode(), hash_of(header + b"\n" + signature)]
    forge(ledger, ("UPDATE entries SET header = ?, content = ?, entry_hash = ?", values))
    assert "signature that is not its signer's" in str(ledger.verify(public_key=public))


@pytest.mark.parametrize("content", ["", "no key", None])
def test_what_is_no_key_is_refused(tmp_path, content):
    path = tmp_path / "key"
    if content is not None:
        path.write_text(content)
    message = "There is no key" if content is None else "holds no ed25519"
    with pytest.raises(InvalidParameterError, match=message):
        Ledger(tmp_path / "l", key=path).add({}, kind="declaration", name="x")
    ledger = Ledger(tmp_path / "l")
    ledger.add({}, kind="declaration", name="x")
    with pytest.raises(InvalidParameterError, match=message):
        ledger.verify(public_key=path)


def test_without_the_library_one_sentence_says_what_to_install(tmp_path, monkeypatch):
    generate_key(tmp_path / "key")
    ledger = Ledger(tmp_path / "l", key=tmp_path / "key")
    ledger.add({}, kind="declaration", name="x")
    unsigned = Ledger(tmp_path / "u")
    unsigned.add({}, kind="declaration", name="x")
    for name in [name for name in sys.modules if name.startswith("cryptography")]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    for action in (
        ledger.verify,
        lambda: generate_key(tmp_path / "k2"),
        lambda: ledger.add({}, kind="x", name="x"),
    ):
        with pytest.raises(ImportError, match=r"sgdkit\[sign\]"):
            action()
    assert unsigned.verify().ok


def test_a_copy_of_the_file_is_a_whole_ledger(ledger, tmp_path):
    copy = shutil.copy(ledger.path, tmp_path / "copy.ledger")
    assert Ledger(copy).verify(head=ledger.entry(7).entry_hash).ok
