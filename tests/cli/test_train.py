import functools
import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import dump_svmlight_file
from typer.testing import CliRunner

from sgdkit.cli.exit_codes import ExitCode
from sgdkit.cli.main import build_app, main
from sgdkit.runs import load_model
from tests.cli.conftest import drops

FILES = {
    "report.html",
    "record.json",
    "metrics.json",
    "config.toml",
    "model.skops",
    "audit.csv",
    "trace.csv",
    "score_risk.png",
}


def metrics_of(folder):
    return json.loads((folder / "metrics.json").read_text())


def one_sentence(capsys):
    """What a failed command said: one line on standard error."""
    error = capsys.readouterr().err
    assert error.startswith("sgdkit: "), error
    assert len(error.splitlines()) == 1, error
    return error


def test_a_run_says_task_split_preparation_and_figures(table, tmp_path, capsys):
    out = tmp_path / "new" / "out"
    flags = ["--target", "progression", "--out", str(out), "--cv", "3", "--categorical", "ward"]
    assert main(["train", str(table), *flags, *drops("progression")]) == ExitCode.DONE
    streams = capsys.readouterr()
    assert streams.err == ""  # no progress where nobody watches
    for words in (
        "Task: regression, because 'progression' is a number with",
        "300 rows train, 100 test",
        "9 numbers: median for a gap",
        "4 categories: a gap is a category of its own",
        "3 folds",
        "LinearRegressor(random_state=0)",
        f"open {out / 'report.html'} in a browser.",
    ):
        assert words in streams.out
    assert {path.name for path in out.iterdir()} >= FILES
    assert not [path for path in out.parent.iterdir() if path != out]  # the stage is gone
    found = metrics_of(out)
    assert found["test"]["r2"] > 0.3 > found["constant"]["r2"]
    assert len(found["cross_validation"]["r2"]) == 3
    assert "weight s5" in (out / "trace.csv").read_text().splitlines()[0]  # columns have their names


def test_the_written_configuration_repeats_the_run_to_the_same_bits(classifier, tmp_path, capsys):
    config = tmp_path / "moved" / "config.toml"
    config.parent.mkdir()
    shutil.copy(classifier / "config.toml", config)
    assert main(["train", "--config", str(config)]) == ExitCode.DONE
    again = config.parent  # paths in a configuration are relative to it
    assert (again / "metrics.json").read_bytes() == (classifier / "metrics.json").read_bytes()
    assert (again / "config.toml").read_bytes() == (classifier / "config.toml").read_bytes()
    first, second = load_model(classifier)["model"], load_model(again)["model"]
    assert first.coef_.tobytes() == second.coef_.tobytes()


def test_flags_win_over_the_file(table, tmp_path):
    config = tmp_path / "my.toml"
    config.write_text(
        f'data = "{table}"\nout = "from-file"\ntarget = "high"\nalpha = 0.5\ntest-size = 0.5\n'
        'drop = ["progression", "grade", "weight", "query"]\n[set]\nmax_iter = 30\ntol = 0.01\n'
        '[statements]\ngovernance_review = "Looked at by the board."\n'
    )
    flags = ["--alpha", "0.1", "--set", "max_iter=20", "--out", str(tmp_path / "flag")]
    assert main(["train", "--config", str(config), *flags]) == ExitCode.DONE
    assert not (tmp_path / "from-file").exists()
    found = tomllib.loads((tmp_path / "flag" / "config.toml").read_text())
    assert (found["alpha"], found["test-size"]) == (0.1, 0.5)
    assert found["set"] == {"max_iter": 20, "tol": 0.01}
    assert "Looked at by the board." in (tmp_path / "flag" / "record.json").read_text()


@pytest.mark.parametrize(
    ("flags", "task", "estimator", "metric"),
    [
        (["--target", "grade"], "multiclass", "LogisticClassifier", "accuracy"),
        (
            ["--target", "high", "--loss", "hinge", "--weight", "weight"],
            "binary",
            "HingeClassifier",
            "roc_auc",
        ),
        (["--target", "grade", "--query", "query", "--cv", "2"], "ranking", "LinearRanker", "ndcg_at_10"),
        (
            ["--target", "grade", "--task", "regression", "--penalty", "none"],
            "regression",
            "LinearRegressor",
            "r2",
        ),
        (["--target", "smoker", "--drop", "age"], "binary", "LogisticClassifier", "log_loss"),
    ],
)
def test_the_task_decides_the_estimator_and_the_metrics(table, tmp_path, flags, task, estimator, metric):
    assert main(["train", str(table), *flags, *drops(*flags), "--out", str(tmp_path)]) == ExitCode.DONE
    found = metrics_of(tmp_path)
    assert (found["task"], found["estimator"]) == (task, estimator)
    assert np.isfinite(found["test"][metric])


@pytest.mark.parametrize("compress", [False, True])
def test_svmlight_is_scaled_without_centring(tmp_path, compress, capsys):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 6)) * (rng.random((200, 6)) < 0.5)
    y = np.where(X[:, 0] + X[:, 1] > 0.0, 1, -1)
    path = tmp_path / "rows.svm"
    dump_svmlight_file(X, y, str(path), zero_based=False)
    if compress:
        path = tmp_path / "rows.svm.gz"
        path.write_bytes(gzip.compress((tmp_path / "rows.svm").read_bytes()))
    assert main(["train", str(path), "--out", str(tmp_path / "out")]) == ExitCode.DONE
    assert "because 'label' has two values, -1 and 1" in capsys.readouterr().out
    found = metrics_of(tmp_path / "out")
    assert found["n_columns"] == 6
    assert found["test"]["accuracy"] > 0.85


def test_svmlight_with_queries_is_ranked(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(240, 4))
    y = np.digitize(X[:, 0], [-0.5, 0.5])
    path = tmp_path / "rows.txt"
    dump_svmlight_file(X, y, str(path), query_id=np.repeat(np.arange(24), 10))
    assert main(["train", str(path), "--out", str(tmp_path / "out")]) == ExitCode.DONE
    assert metrics_of(tmp_path / "out")["test"]["ndcg_at_10"] > 0.9


def test_parquet_and_csv_of_one_table_give_the_same_model(table, tmp_path):
    frame = pd.read_csv(table)
    frame["day"] = pd.Timestamp("2020-02-01") + pd.to_timedelta(np.arange(400) % 3, unit="D")
    frame["ward"] = frame["ward"].astype("Int64")
    frame["clinic"] = frame["clinic"].astype("category")
    frame.to_parquet(tmp_path / "rows.parquet")
    frame.to_csv(tmp_path / "rows.csv", index=False)
    found = []
    for name in ("rows.parquet", "rows.csv"):
        out = tmp_path / name.partition(".")[2]
        flags = ["--target", "high", *drops("high"), "--set", "max_iter=20", "--out", str(out)]
        assert main(["train", str(tmp_path / name), *flags]) == ExitCode.DONE
        found.append(load_model(out)["model"].coef_)
    np.testing.assert_array_equal(*found)


def test_a_column_can_be_compared_without_being_a_feature(table, tmp_path, capsys):
    flags = [
        "--target",
        "high",
        *drops("high"),
        "--drop",
        "sex",
        "--sensitive",
        "sex",
        "--out",
        str(tmp_path),
    ]
    assert main(["train", str(table), *flags]) == ExitCode.DONE
    assert "sex" not in load_model(tmp_path)["report"].feature_names_in_
    record = json.loads((tmp_path / "record.json").read_text())["records"][0]
    assert record["subject"]["sensitive_features"] == ["sex"]
    assert "The model uses" not in capsys.readouterr().out


def test_a_sensitive_quantity_is_compared_in_quarters(table, tmp_path, capsys):
    flags = ["--target", "high", *drops("high"), "--sensitive", "age", "--sensitive", "clinic"]
    assert main(["train", str(table), *flags, "--out", str(tmp_path)]) == ExitCode.DONE
    assert "its groups are quarters of the rows" in capsys.readouterr().out
    items = json.loads((tmp_path / "record.json").read_text())["records"][0]["dimensions"]
    (gap,) = (
        item["measured"]["attributes"]
        for dimension in items
        for item in dimension["items"]
        if item["check_id"] == "fairness.outcome_gap"
    )
    assert len(gap["age"]["counts"]) == 4
    assert min(gap["age"]["counts"].values()) >= 15
    assert set(gap["clinic"]["counts"]) == {"east", "missing", "north", "south"}


def test_what_looks_like_a_mistake_is_noted(tmp_path, capsys):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"id": np.arange(100), "x": rng.normal(size=100), "gap": np.nan})
    frame["who"] = [f"name {i}" for i in range(100)]
    frame["odd"] = [*map(str, range(99)), "unknown"]
    frame["copy"] = frame["y"] = frame["x"] * 3.0
    frame.to_csv(tmp_path / "rows.csv", index=False)
    assert main(["train", str(tmp_path / "rows.csv"), "--target", "y", "--out", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    for words in (
        "'gap' is empty and left out",
        "'id' counts the rows",
        "'who' has 100 different texts",
        "'odd' is text because of values such as 'unknown'",
        "no feature is made from the target",
    ):
        assert words in text


def test_divergence_has_its_own_exit_status(table, tmp_path, capsys):
    flags = [
        "--target",
        "progression",
        "--optimizer",
        "sgd",
        "--learning-rate",
        "1e9",
        "--out",
        str(tmp_path),
    ]
    assert main(["train", str(table), *flags, *drops("progression")]) == ExitCode.DIVERGED
    assert "Training diverged" in capsys.readouterr().err
    assert metrics_of(tmp_path)["stop_reason"] in ("diverged", "not_finite")


MISTAKES = [
    (["--target", "hihg"], "--target names 'hihg', which is no column of"),
    (["--target", "hihg"], "Did you mean 'high'?"),
    (["--target", "high", "--sensitive", "Sex"], "Did you mean 'sex'?"),
    (["--target", "high", "--drop", "nothing"], "--drop names 'nothing'"),
    ([], "--target is missing"),
    (["--target", "high", "--optimizer", "adagard"], "Did you mean 'adagrad'?"),
    (["--target", "high", "--loss", "log-loss"], "Did you mean 'log_loss'?"),
    (["--target", "high", "--learning-rate", "atuo"], "learning_rate='atuo' is not known"),
    (["--target", "high", "--task", "binry"], "Did you mean 'binary'?"),
    (["--target", "high", "--task", "regression"], "'high' is 'yes' in row 1"),
    (["--target", "grade", "--task", "binary"], "has 4 different values: 0, 1, 2, 3"),
    (["--target", "progression", "--task", "multiclass", "--cv", "1"], "--cv is 1"),
    (["--target", "bmi", "--task", "multiclass"], "holds fractions"),
    (["--target", "clinic"], "'clinic' is missing in 58 of 400 rows, first in row 1"),
    (["--target", "high", "--set", "max_itr=3"], "Did you mean 'max_iter'?"),
    (["--target", "high", "--set", "max_iter"], "give NAME=VALUE"),
    (["--target", "high", "--set", "optimizer__beta1=0.1"], "optimizer__beta1"),
    (["--target", "high", "--penalty", "l3"], "penalty must be one of"),
    (["--target", "high", "--alpha", "-1"], "alpha must be a finite number"),
    (["--target", "high", "--loss", "squared_error"], "is for regression"),
    (["--target", "high", "--test-size", "2"], "--test-size is 2.0"),
    (["--target", "high", "--test-size", "0.001"], "too few for --test-size 0.001"),
    (["--target", "high", "--weight", "clinic"], "--weight 'clinic' is missing in 58"),
    (["--target", "high", "--weight", "sex"], "is text; weights must be numbers"),
    (["--target", "grade", "--task", "ranking"], "needs --query"),
    (["--target", "high", "--columns", "a,b"], "--columns names 2 columns, but"),
    (["--target", "high", "--format", "cvs"], "Did you mean 'csv'?"),
    (["--target", "high", "--separator", "::"], "give one character"),
    (["--target", "high", "--sensitive", "high"], "which is the target"),
]


@pytest.mark.parametrize(("flags", "words"), MISTAKES)
def test_a_mistake_is_one_sentence_and_writes_nothing(table, tmp_path, capsys, flags, words):
    assert main(["train", str(table), *flags, "--out", str(tmp_path / "out")]) == ExitCode.USAGE
    assert words in one_sentence(capsys)
    assert not list(tmp_path.iterdir())


CONTENTS = {
    "empty.csv": (b"", "is empty"),
    "header.csv": (b"x,y\n", "has a header but no row"),
    "ragged.csv": (b"x,y\n1,2\n1,2,3\n", "cannot be read as CSV"),
    "wide.csv": (b"x,y\n1,2,3\n1,2,3\n", "rows with more values than columns"),
    "binary.csv": (bytes(range(256)) * 9, "cannot be read as CSV"),
    "false.csv.gz": (b"x,y\n1,2\n", "cannot be read as CSV"),
    "cut.csv.gz": (gzip.compress(b"x,y\n" + os.urandom(9999))[:200], "cannot be read as CSV"),
    "false.parquet": (b"x,y\n1,2\n", "cannot be read as Parquet"),
    "false.svm": (b"x,y\n1,2\n", "cannot be read as svmlight"),
    "comment.svm": (b"# no rows\n", "holds no row"),
    "rows.dat": (b"x,y\n1,2\n", "does not tell its format"),
    "one_class.csv": (b"x,y\n1,a\n2,a\n3,a\n", "Every row has the same target 'y', a"),
    "single.csv": (b"x,y\n1,a\n2,a\n3,b\n", "Class 'b' has a single row"),
    "infinite.csv": (b"x,y\n1,2\ninf,3\n2,4\n", "'x' holds 1 infinite"),
    "alone.csv": (b"y\n1\n2\n3.5\n", "no column left"),
    "few.csv": (b"x,y\n1,2.5\n", "too few"),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_a_bad_file_is_one_sentence(tmp_path, capsys, name):
    content, words = CONTENTS[name]
    path = tmp_path / name
    path.write_bytes(content)
    target = [] if name.endswith(".svm") else ["--target", "y"]
    assert main(["train", str(path), *target, "--out", str(tmp_path / "out")]) == ExitCode.USAGE
    assert words in one_sentence(capsys)
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_file_names_the_nearest(table, tmp_path, capsys):
    path = table.with_name("patient.csv")
    assert main(["train", str(path), "--target", "y", "--out", str(tmp_path)]) == ExitCode.USAGE
    assert "Did you mean 'patients.csv'?" in one_sentence(capsys)


def test_out_must_not_be_a_file(table, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    flags = ["--target", "progression", "--out", str(tmp_path / "file")]
    assert main(["train", str(table), *flags]) == ExitCode.USAGE
    assert "which is a file; give a folder" in capsys.readouterr().err


def test_a_missing_package_is_one_sentence(table, tmp_path, capsys, monkeypatch):
    for module in ("skops", "skops.io"):
        monkeypatch.setitem(sys.modules, module, None)
    assert main(["train", str(table), "--target", "high", "--out", str(tmp_path)]) == ExitCode.MISSING
    assert 'needs skops; install it with: pip install "sgdkit[all]"' in one_sentence(capsys)


def test_the_runner_of_typer_sees_help_and_choices():
    found = CliRunner().invoke(build_app(), ["train", "--help"])
    assert found.exit_code == 0
    for flag in ("--target", "--sensitive", "--test-size", "--config", "--set"):
        assert flag in found.output


def test_a_process_says_one_sentence_and_no_traceback(table, tmp_path):
    command = [
        sys.executable,
        "-m",
        "sgdkit",
        "train",
        str(table),
        "--target",
        "hihg",
        "--out",
        str(tmp_path),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == ExitCode.USAGE
    assert done.stdout == ""
    assert done.stderr.startswith("sgdkit: --target names 'hihg'")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGINT to send on Windows")
def test_an_interrupt_leaves_no_file(table, tmp_path):
    out = tmp_path / "out"
    flags = ["--target", "progression", *drops("progression"), "--out", str(out), "--cv", "200"]
    command = [sys.executable, "-m", "sgdkit", "train", str(table), *flags]
    # Tests that run in the background of a shell pass on that SIGINT is ignored.
    listens = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=listens
    )
    waiting = time.monotonic() + 60.0
    while not list(tmp_path.iterdir()) and time.monotonic() < waiting:
        time.sleep(0.05)  # until the stage is there
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED
    assert error.endswith("sgdkit: Interrupted.\n")
    assert "Traceback" not in error
    assert not list(tmp_path.iterdir())
