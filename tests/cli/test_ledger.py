import json
import sys

import pytest
from sklearn.datasets import load_diabetes

from sgdkit import LinearRegressor, audit
from sgdkit.cli.exit_codes import ExitCode
from sgdkit.cli.main import main
from sgdkit.governance import Ledger
from sgdkit.governance.render import Run, write_report


@pytest.fixture(scope="module")
def record():
    X, y = load_diabetes(return_X_y=True)
    return audit(LinearRegressor(random_state=0).fit(X, y), X, y, tier="free", name="diabetes")


@pytest.fixture
def here(tmp_path, monkeypatch, record):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "record.json").write_text(record.to_json())
    return tmp_path


def run(*arguments):
    return main(list(arguments))


def test_records_reports_and_declarations_are_added_listed_shown_and_verified(here, capsys, record):
    other = record.chained(record.content_hash)
    write_report(here / "report", [Run("a", audit=record), Run("b", audit=other)], reference=False)
    (here / "governance.toml").write_text('task = "Estimates progression"\nowner = "A"\n')
    for source in ("record.json", ".", "report", "governance.toml"):
        assert run("ledger", "add", "models.ledger", source) == ExitCode.DONE
    head = capsys.readouterr().out.split()[-1]
    assert run("ledger", "list", "models.ledger") == ExitCode.DONE
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    assert "declaration  Estimates progression" in lines[-1]
    assert run("ledger", "show", "models.ledger", "1") == ExitCode.DONE
    assert json.loads(capsys.readouterr().out) == json.loads(record.to_json())
    assert run("ledger", "verify", "models.ledger", "--head", head) == ExitCode.DONE
    assert capsys.readouterr().out.startswith(
        "5 entries, none changed or reordered; 0 signed.\nHead: sha256:"
    )
    assert run("ledger", "verify", "models.ledger") == ExitCode.DONE
    assert "entries cut off at the end would not show" in capsys.readouterr().out


def test_signing_and_verifying_with_a_key(here, capsys):
    assert run("ledger", "keygen", "key") == ExitCode.DONE
    assert "Public key: " in capsys.readouterr().out
    assert run("ledger", "add", "l", "record.json", "--key", "key") == ExitCode.DONE
    assert run("ledger", "verify", "l", "--public-key", "key.pub") == ExitCode.DONE
    assert "1 signed" in capsys.readouterr().out
    assert run("ledger", "add", "l", "record.json") == ExitCode.DONE
    assert run("ledger", "verify", "l", "--public-key", "key.pub") == ExitCode.CHANGED
    assert capsys.readouterr().err == "sgdkit: Entry 2 is not signed.\n"


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["verify", "missing"], ExitCode.USAGE, "There is no ledger at"),
        (["list", "missing"], ExitCode.USAGE, "There is no ledger at"),
        (["verify", "record.json"], ExitCode.CHANGED, "file is not a database"),
        (["list", "record.json"], ExitCode.USAGE, "file is not a database"),
        (["add", "l", "missing.json"], ExitCode.USAGE, "There is no record at"),
        (["add", "l", "altered.json"], ExitCode.USAGE, "was changed after it was written"),
        (["add", "l", "text.json"], ExitCode.USAGE, "is not an audit record"),
        (["add", "l", "bad.toml"], ExitCode.USAGE, "Did you mean 'task'"),
        (["add", "l", "record.json", "--key", "missing"], ExitCode.USAGE, "There is no key at"),
        (["show", "kept", "7"], ExitCode.USAGE, "has no entry 7; it has 1"),
        (["verify", "kept", "--head", "abc"], ExitCode.USAGE, "64 digits"),
        (["verify", "kept", "--head", "sha256:" + 64 * "a"], ExitCode.CHANGED, "removed at the end"),
        (["keygen", "record.json"], ExitCode.USAGE, "exists, and a key is never replaced"),
    ],
)
def test_each_failure_is_one_sentence_with_its_exit_status(here, capsys, arguments, status, words):
    text = (here / "record.json").read_text()
    (here / "altered.json").write_text(text.replace('"diabetes"', '"diabetes 2"'))
    (here / "text.json").write_text("nothing of the kind")
    (here / "bad.toml").write_text('tasc = "x"')
    Ledger("kept").add({}, kind="declaration", name="x")
    assert run("ledger", *arguments) == status
    error = capsys.readouterr().err
    assert words in error
    assert error.startswith("sgdkit: ")
    assert len(error.splitlines()) == 1


def test_without_cryptography_one_sentence_says_what_to_install(here, capsys, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("cryptography")]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    assert run("ledger", "keygen", "key") == ExitCode.MISSING
    assert 'pip install "sgdkit[sign]"' in capsys.readouterr().err


def test_a_declaration_begins_with_what_a_record_knows(here, capsys, record):
    assert run("governance", "init", "--from", ".", "--out", "g.toml") == ExitCode.DONE
    assert record.subject["parameters_hash"] in (here / "g.toml").read_text()
    assert run("ledger", "add", "l", "g.toml") == ExitCode.DONE
    assert run("governance", "init", "--out", "g.toml") == ExitCode.USAGE
    assert "may hold what people said" in capsys.readouterr().err
    assert run("governance", "init") == ExitCode.DONE
    assert (here / "governance.toml").exists()
