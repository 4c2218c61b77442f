import csv
import json
import shutil
from dataclasses import replace

import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge

from sgdkit.cli.exit_codes import ExitCode
from sgdkit.cli.main import main
from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance import audit
from sgdkit.governance.render import Run, read_runs, write_report


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two folders with a report each, of runs of one name."""
    here = tmp_path_factory.mktemp("runs")
    X, y = load_diabetes(return_X_y=True)
    for alpha, name in ((0.1, "weak"), (10.0, "strong")):
        record = audit(Ridge(alpha=alpha).fit(X[:300], y[:300]), X[300:], y[300:], name="ridge", tier="free")
        trace = {"step": [0, 1], "weight bmi": [0.0, alpha], "loss": [2.0, 1.0]}
        write_report(here / name, [Run("Ridge", "A context.", "A goal.", record, trace)], reference=False)
    return here


def test_runs_come_back_as_they_were_written(folders):
    (run,) = read_runs([folders / "weak"])
    assert (run.name, run.context, run.goal) == ("Ridge", "A context.", "A goal.")
    assert run.trace_columns == {"step": (0.0, 1.0), "weight bmi": (0.0, 0.1), "loss": (2.0, 1.0)}
    text = (folders / "weak" / "record.json").read_text()
    assert run.record.content_hash == json.loads(text)["records"][0]["content_hash"]
    assert not read_runs([folders / "weak" / "record.json"])[0].trace_columns


def test_runs_of_one_name_in_folders_of_one_name_are_refused(folders, tmp_path):
    shutil.copytree(folders / "strong", tmp_path / "weak")
    with pytest.raises(InvalidParameterError, match=r"in folders of one name: Ridge, Ridge; rename a folder"):
        read_runs([folders / "weak", tmp_path / "weak"])


def test_two_folders_make_one_report_with_a_column_each(folders, tmp_path, capsys):
    out = tmp_path / "both"
    assert (
        main(["report", str(folders / "weak"), str(folders / "strong"), "--out", str(out)]) == ExitCode.DONE
    )
    assert "Ridge (strong)" in capsys.readouterr().out
    with (out / "compare.csv").open() as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["figure", "Ridge (weak)", "Ridge (strong)"]
    assert (out / "report.html").read_text().count('<section class="run" id="run-') == 2
    assert not (out / "reference_audit.csv").exists()


def test_a_changed_record_is_refused_and_nothing_written(folders, tmp_path, capsys):
    changed = tmp_path / "changed.json"
    text = (folders / "weak" / "record.json").read_text()
    changed.write_text(text.replace('"name": "ridge"', '"name": "other"'))
    out = tmp_path / "out"
    assert main(["report", str(changed), "--out", str(out)]) == ExitCode.USAGE
    assert "changed.json: The record was altered" in capsys.readouterr().err
    assert not out.exists()


def test_missing_repeated_and_outdated_runs_are_refused(folders, tmp_path):
    with pytest.raises(InvalidParameterError, match="no record at"):
        read_runs([tmp_path])
    with pytest.raises(InvalidParameterError, match="given before"):
        read_runs([folders / "weak", folders / "weak"])
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidParameterError, match=r"binary\.json is not text; give a record\.json"):
        read_runs([tmp_path / "binary.json"])
    old = replace(read_runs([folders / "weak"])[0].record, schema_version="1.0")
    (tmp_path / "old.json").write_text(old.to_json())
    with pytest.raises(InvalidParameterError, match=r"schema '1\.0'"):
        read_runs([tmp_path / "old.json"])


def test_the_reference_figures_are_written_to_the_digit(tmp_path, capsys):
    assert main(["governance", "reference", "--out", str(tmp_path)]) == ExitCode.DONE
    out = capsys.readouterr().out
    for figure in ("79.240", "72.160", "73.380", "26.667", "26.360", "74.000", "2.260731", "0.037366"):
        assert figure in out
    rows = json.loads((tmp_path / "reference_audit.json").read_text())
    with (tmp_path / "reference_audit.csv").open() as file:
        assert [row["governance_score"] for row in csv.DictReader(file)] == [
            "79.24",
            "72.16",
            "73.38",
            "26.36",
        ]
    assert [row["governance_risk"] for row in rows] == [21.0, 28.0, 26.667, 74.0]
    trace = json.loads((tmp_path / "reference_trace.json").read_text())
    assert [len(trace), round(trace[1]["loss"], 6), round(trace[10]["weight"], 6)] == [81, 5.920193, 2.082356]
