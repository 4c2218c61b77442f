import json
import shutil

import pandas as pd
import pytest

from sgdkit.cli.exit_codes import ExitCode
from sgdkit.cli.main import main
from sgdkit.governance import verify_json


@pytest.fixture
def copy(classifier, tmp_path):
    """A copy of the trained folder that a test may change."""
    return shutil.copytree(classifier, tmp_path / "run")


def test_without_data_the_written_audit_is_printed(classifier, capsys):
    assert main(["audit", str(classifier)]) == ExitCode.DONE
    text = capsys.readouterr().out
    record = json.loads((classifier / "record.json").read_text())["records"][0]
    assert "Governance audit: patients: high" in text
    assert record["content_hash"] in text


def test_on_the_rows_it_was_tested_on_nothing_changes(classifier, table, tmp_path, capsys):
    from sgdkit.runs.config import make_config
    from sgdkit.runs.rows import read_rows
    from sgdkit.runs.split import split_rows

    config = make_config({}, classifier / "config.toml")
    _, test, _ = split_rows(read_rows(config), config.test_size, config.seed)
    pd.read_csv(table, dtype=str).iloc[test].to_csv(tmp_path / "test.csv", index=False)
    assert main(["audit", str(classifier), "--data", str(tmp_path / "test.csv")]) == ExitCode.DONE
    text = capsys.readouterr().out
    assert "Refitted on the training rows" in text
    assert "Gates: none has another outcome." in text
    assert "Checks: none has another outcome." in text


def test_a_gate_that_fails_anew_is_named_and_has_its_own_exit_status(classifier, table, tmp_path, capsys):
    out = tmp_path / "again"
    command = ["audit", str(classifier), "--data", str(table), "--out", str(out)]
    assert main(command) == ExitCode.CHANGED
    text = capsys.readouterr().out
    assert "no_leakage: holds, now failed." in text  # the rows hold the training rows
    record = json.loads((out / "record.json").read_text())["records"][0]
    before = json.loads((classifier / "record.json").read_text())["records"][0]
    assert record["previous_hash"] == before["content_hash"]
    assert verify_json((out / "record.json").read_text())


def test_without_the_training_file_the_model_is_not_refitted(copy, table, tmp_path, capsys):
    config = (copy / "config.toml").read_text().replace(str(table), str(tmp_path / "gone.csv"))
    (copy / "config.toml").write_text(config)
    main(["audit", str(copy), "--data", str(table)])
    assert "Not refitted: the training file" in capsys.readouterr().out


def test_an_altered_record_is_found(copy, capsys):
    path = copy / "record.json"
    path.write_text(path.read_text().replace('"n_test": 100', '"n_test": 900'))
    assert main(["audit", str(copy)]) == ExitCode.CHANGED
    streams = capsys.readouterr()
    assert "altered after it was written" in streams.err
    assert streams.out == ""


def test_another_model_is_found(copy, table, capsys):
    assert (
        main(["train", "--config", str(copy / "config.toml"), "--alpha", "0.3", "--out", str(copy / "b")])
        == 0
    )
    capsys.readouterr()
    shutil.copy(copy / "b" / "model.skops", copy / "model.skops")
    assert main(["audit", str(copy)]) == ExitCode.CHANGED
    assert "not the one on record" in capsys.readouterr().err


def test_mistakes_are_one_sentence(classifier, table, tmp_path, capsys):
    rows = pd.read_csv(table)
    rows.assign(high=rows["high"] + ".").to_csv(tmp_path / "dots.csv", index=False)
    for arguments, words in (
        ([str(tmp_path)], "There is no record at"),
        ([str(classifier), "--data", str(tmp_path / "dots.csv")], "which the model does not know"),
    ):
        assert main(["audit", *arguments]) == ExitCode.USAGE
        error = capsys.readouterr().err
        assert words in error
        assert len(error.splitlines()) == 1


def test_a_declaration_enters_the_new_audit_and_its_report(classifier, table, tmp_path, capsys):
    declared = tmp_path / "governance.toml"
    assert main(["governance", "init", "--from", str(classifier), "--out", str(declared)]) == ExitCode.DONE
    text = declared.read_text().replace('# task = ""', 'task = "Tells who needs a visit"')
    declared.write_text(text)
    out = tmp_path / "again"
    main(["audit", str(classifier), "--data", str(table), "--declaration", str(declared), "--out", str(out)])
    record = json.loads((out / "record.json").read_text())["records"][0]
    assert record["declaration"]["task"] == "Tells who needs a visit"
    assert "Tells who needs a visit" in (out / "report.html").read_text()
    capsys.readouterr()
    assert main(["audit", str(classifier), "--declaration", str(declared)]) == ExitCode.USAGE
    assert "give --data too" in capsys.readouterr().err


def test_the_tier_decides_which_checks_run(classifier, table, tmp_path, capsys):
    tiers = {}
    for tier in ("free", "refit"):
        out = tmp_path / tier
        main(["audit", str(classifier), "--data", str(table), "--tier", tier, "--out", str(out)])
        record = json.loads((out / "record.json").read_text())["records"][0]
        tiers[tier] = {item["cost"] for part in record["dimensions"] for item in part["items"]}
    assert tiers == {"free": {"free"}, "refit": {"free", "refit"}}
    capsys.readouterr()
    for arguments in (["--tier", "slow"], ["--data", str(table), "--tier", "cheap"]):
        assert main(["audit", str(classifier), *arguments]) == ExitCode.USAGE
    assert "--tier" in capsys.readouterr().err
