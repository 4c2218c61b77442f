import numpy as np
import pytest
import skops.io
from sklearn.datasets import load_diabetes
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sgdkit import GovernanceReport, LinearRegressor, audit
from sgdkit.cli.exit_codes import ExitCode
from sgdkit.cli.main import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a record, a model, and the rows that trained it in several formats."""
    folder = tmp_path_factory.mktemp("run")
    frame = load_diabetes(as_frame=True, scaled=False).frame[:200]
    X, y = frame.drop(columns="target"), frame["target"]
    weight = np.linspace(0.5, 1.5, len(y))
    model = make_pipeline(GovernanceReport(), StandardScaler(), LinearRegressor(random_state=0)).fit(X, y)
    (folder / "record.json").write_text(audit(model, X, y, tier="free").to_json())
    skops.io.dump(model, folder / "model.skops")
    frame.to_csv(folder / "rows.csv", index=False)
    frame.assign(note="x").to_csv(folder / "more.tsv", sep="\t", index=False)
    frame.to_parquet(folder / "rows.parquet")
    frame.assign(bmi=frame["bmi"] + 0.1).to_csv(folder / "other.csv", index=False)
    frame.drop(columns="bmi").to_csv(folder / "short.csv", index=False)
    arrays = X.to_numpy()
    plain = LinearRegressor(random_state=0).fit(arrays, y, sample_weight=weight)
    given = {"sample_weight": weight}
    weighed = audit(plain, arrays, y, X_train=arrays, y_train=y, fit_params=given, tier="free")
    (folder / "weighed.json").write_text(weighed.to_json())
    np.savez(folder / "weighed.npz", X=arrays, y=y.to_numpy(), sample_weight=weight)
    frame.assign(weight=weight).to_csv(folder / "weighed.csv", index=False)
    return folder


@pytest.fixture(autouse=True)
def inside(folder, monkeypatch):
    monkeypatch.chdir(folder)


@pytest.mark.parametrize(
    "arguments",
    [
        [".", "--data", "rows.csv"],
        ["record.json", "--data", "more.tsv", "--target", "target"],
        [".", "--data", "rows.parquet", "--model", "."],
        [".", "--data", "rows.csv", "--model", "model.skops"],
        ["weighed.json", "--data", "weighed.npz"],
        ["weighed.json", "--data", "weighed.csv", "--target", "target", "--fit", "sample_weight=weight"],
    ],
)
def test_a_recorded_model_comes_out_again(arguments, capsys):
    assert main(["replay", *arguments]) == ExitCode.DONE
    assert capsys.readouterr().out.startswith("Replayed bit for bit: all ")


def test_other_data_are_named_and_have_their_own_exit_status(capsys):
    assert main(["replay", ".", "--data", "other.csv"]) == ExitCode.CHANGED
    assert "first difference: the column 'bmi'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([".", "--data", "missing.csv"], "There is no file 'missing.csv'"),
        ([".", "--data", "record.json"], "is of no known format"),
        ([".", "--data", "short.csv"], "short.csv has no column 'bmi'; it has age, sex"),
        ([".", "--data", "more.tsv"], "does not tell which column is the target"),
        ([".", "--data", "rows.csv", "--target", "nope"], "has no column 'nope'"),
        ([".", "--data", "rows.csv", "--fit", "weight"], "give NAME=COLUMN"),
        ([".", "--data", "rows.csv", "--model", "nope.skops"], "There is no model at"),
        ([".", "--data", "rows.csv", "--model", "rows.csv"], "is no model that skops wrote"),
        ([".", "--data", "rows.csv", "--name", "nope"], "no single record named 'nope'"),
        (["nowhere", "--data", "rows.csv"], "There is no record at"),
        (["rows.csv", "--data", "rows.csv"], "is not an audit record"),
        (["rows.parquet", "--data", "rows.csv"], "is not text"),
        (["weighed.json", "--data", "rows.csv", "--target", "target"], "beside X and y, and now nothing"),
    ],
)
def test_each_failure_is_one_sentence(arguments, words, capsys):
    assert main(["replay", *arguments]) == ExitCode.USAGE
    error = capsys.readouterr().err
    assert words in error
    assert error.startswith("sgdkit: ")
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize("flags", [[], ["--weight", "weight"], ["--task", "ranking", "--query", "query"]])
def test_a_run_of_the_command_line_replays_from_its_folder_and_file(flags, table, tmp_path, capsys):
    target = "grade" if flags[:1] == ["--task"] else "high"
    targets = {"progression", "grade", "high", "weight", "query"} - {target, *flags}
    drops = [word for name in sorted(targets) for word in ("--drop", name)]
    out = str(tmp_path / "run")
    assert main(["train", str(table), "--target", target, "--out", out, *flags, *drops]) == 0
    capsys.readouterr()
    assert main(["replay", out, "--data", str(table), "--model", out]) == ExitCode.DONE
    assert capsys.readouterr().out.startswith("Replayed bit for bit")
    record = str(tmp_path / "run" / "record.json")
    assert main(["replay", record, "--data", str(table)]) == ExitCode.DONE  # the folder is found beside it
