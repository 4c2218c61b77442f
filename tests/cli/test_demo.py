import json

import pytest

from sgdkit.cli.exit_codes import ExitCode
from sgdkit.cli.main import main
from sgdkit.demo import cases, run, train

FILES = {
    "report.html",
    "record.json",
    "audit.csv",
    "audit.json",
    "summary.csv",
    "trace.csv",
    "score_risk.png",
}


@pytest.fixture
def small(monkeypatch):
    """One prediction and the ranking, with two candidates."""
    monkeypatch.setattr(run, "load_cases", lambda: cases.load_cases()[:1])
    monkeypatch.setattr(train, "GRID", {"model__optimizer": ["adagrad"], "model__alpha": [1e-3, 1e-1]})


def test_the_demo_writes_the_report_and_says_what_to_open(small, tmp_path, capsys):
    out = tmp_path / "new" / "out"
    assert main(["demo", "--out", str(out)]) == ExitCode.DONE
    streams = capsys.readouterr()
    assert streams.err == ""  # no progress where nobody watches
    assert f"Open {out / 'report.html'} in a browser." in streams.out.splitlines()[-1]
    assert {path.name for path in out.iterdir()} >= FILES
    records = json.loads((out / "record.json").read_text())["records"]
    assert [record["name"] for record in records] == [
        "Diabetes progression",
        "Diabetes ranking within an age",
    ]
    assert "LinearRanker" in streams.out


def test_no_statement_of_the_demo_names_a_reviewer():
    for case in [*cases.load_cases(), cases.load_ranking_case()]:
        assert "governance_review" not in case.statements
        assert not any("reviewer" in statement for statement in case.statements.values())


def test_ranking_queries_are_the_ages_and_age_is_no_feature():
    case = cases.load_ranking_case()
    assert "age" not in case.X.columns
    assert case.queries.min() == 19
    assert case.queries.max() == 79
    assert set(case.y.tolist()) == {0, 1, 2, 3}


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["demo", "--out", str(tmp_path / "file" / "out")]) == ExitCode.USAGE
    error = capsys.readouterr().err
    assert error.startswith("sgdkit: ")
    assert len(error.splitlines()) == 1


@pytest.mark.slow
def test_the_whole_demo(tmp_path, capsys):
    assert main(["demo", "--out", str(tmp_path)]) == ExitCode.DONE
    text = capsys.readouterr().out
    for estimator in ("LinearRegressor", "LogisticClassifier", "HingeClassifier", "LinearRanker"):
        assert estimator in text
