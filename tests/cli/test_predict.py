import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import dump_svmlight_file

from sgdkit.cli.exit_codes import ExitCode
from sgdkit.cli.main import main
from sgdkit.runs import load_model
from tests.cli.conftest import drops


def predicted(model, data, out, *flags):
    assert main(["predict", str(model), str(data), "--out", str(out), *flags]) == ExitCode.DONE
    return pd.read_csv(out)


def test_predictions_have_one_line_a_row_in_order(classifier, table, tmp_path, capsys):
    found = predicted(classifier, table, tmp_path / "p.csv", "--proba", "--keep", "bp", "--keep", "ward")
    assert list(found.columns) == ["bp", "ward", "prediction", "probability_no", "probability_yes"]
    assert "Wrote 400 predictions" in capsys.readouterr().out
    rows = pd.read_csv(table)
    pd.testing.assert_frame_equal(found[["bp", "ward"]], rows[["bp", "ward"]])
    np.testing.assert_allclose(found["probability_no"] + found["probability_yes"], 1.0)
    assert (found["prediction"] == np.where(found["probability_yes"] > 0.5, "yes", "no")).all()
    assert (found["prediction"] == rows["high"]).mean() > 0.65


def test_order_of_columns_extra_columns_and_the_model_file_do_not_matter(classifier, table, tmp_path):
    expected = predicted(classifier, table, tmp_path / "p.csv")
    rows = pd.read_csv(table)
    rows[rows.columns[::-1]].assign(new=1).drop(columns="high").to_csv(tmp_path / "rows.csv", index=False)
    found = predicted(classifier / "model.skops", tmp_path / "rows.csv", tmp_path / "q.csv")
    pd.testing.assert_frame_equal(found, expected)


def test_a_single_row_with_gaps_and_unseen_values_is_predicted_as_in_the_pipeline(
    classifier, table, tmp_path
):
    row = pd.read_csv(table).iloc[[5]].assign(clinic="west", bp=np.nan, smoker=np.nan, ward=np.nan)
    row.to_csv(tmp_path / "row.csv", index=False)
    found = predicted(classifier, tmp_path / "row.csv", tmp_path / "p.csv", "--proba")
    model = load_model(classifier)
    X = row[model["report"].feature_names_in_].astype({"ward": object, "smoker": object})
    np.testing.assert_allclose(found["probability_yes"], model.predict_proba(X)[:, 1], rtol=1e-12)


def test_a_ranking_gives_scores(table, tmp_path):
    flags = [
        "--target",
        "grade",
        "--query",
        "query",
        *drops("grade", "query"),
        "--out",
        str(tmp_path / "out"),
    ]
    assert main(["train", str(table), *flags]) == ExitCode.DONE
    assert list(predicted(tmp_path / "out", table, tmp_path / "p.csv").columns) == ["score"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows.rename(columns={"bmi": "BMI"}), "the model takes. Did you mean 'BMI'?"),
        (lambda rows: rows.astype({"bmi": object}).assign(bmi="much"), "takes numbers from 'bmi', but row 1"),
        (lambda rows: rows.assign(bmi=np.inf), "'bmi' holds 400 infinite"),
    ],
)
def test_rows_that_do_not_fit_are_one_sentence(classifier, table, tmp_path, capsys, change, words):
    change(pd.read_csv(table)).to_csv(tmp_path / "rows.csv", index=False)
    out = tmp_path / "p.csv"
    assert main(["predict", str(classifier), str(tmp_path / "rows.csv"), "--out", str(out)]) == ExitCode.USAGE
    error = capsys.readouterr().err
    assert words in error
    assert len(error.splitlines()) == 1
    assert not out.exists()


def test_other_mistakes_are_one_sentence(classifier, table, tmp_path, capsys):
    bad = tmp_path / "model.skops"
    bad.write_bytes(b"no model")
    svm = tmp_path / "rows.svm"
    svm.write_text("1 1:0.5\n")
    for arguments, words in (
        ([str(tmp_path / "nowhere"), str(table)], "There is no model at"),
        ([str(bad), str(table)], "is no model that sgdkit train wrote"),
        ([str(classifier), str(svm)], "was trained on a table with named columns"),
        ([str(classifier), str(table), "--keep", "wrad"], "Did you mean 'ward'?"),
        (
            [str(classifier), str(table), "--out", str(tmp_path / "none" / "p.csv")],
            "nothing can be written to",
        ),
        ([str(classifier), str(table), "--out", str(tmp_path)], "which is a folder; give a file"),
    ):
        assert main(["predict", *arguments]) == ExitCode.USAGE
        error = capsys.readouterr().err
        assert words in error
        assert len(error.splitlines()) == 1


def test_a_model_without_probabilities_says_so(table, tmp_path, capsys):
    flags = ["--target", "progression", *drops("progression"), "--out", str(tmp_path)]
    assert main(["train", str(table), *flags]) == ExitCode.DONE
    assert main(["predict", str(tmp_path), str(table), "--proba"]) == ExitCode.USAGE
    assert "LinearRegressor has none" in capsys.readouterr().err


def test_svmlight_rows_may_name_fewer_features_than_the_model_has_and_not_more(table, tmp_path, capsys):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 6)) * (rng.random((200, 6)) < 0.5)
    y = np.where(X[:, 0] + X[:, 1] > 0.0, 1, -1)
    dump_svmlight_file(X, y, str(tmp_path / "rows.svm"), zero_based=False)
    assert main(["train", str(tmp_path / "rows.svm"), "--out", str(tmp_path / "run")]) == ExitCode.DONE
    (tmp_path / "short.svm").write_text("1 1:2.0\n-1 1:-2.0 2:-0.5\n")
    found = predicted(tmp_path / "run", tmp_path / "short.svm", tmp_path / "p.csv")
    assert found["prediction"].tolist() == [1.0, -1.0]
    (tmp_path / "long.svm").write_text("1 1:2.0 7:1.0\n")
    capsys.readouterr()
    for arguments, words in (
        (["long.svm"], "names feature 7, but the model was trained on 6 features"),
        (["short.svm", "--keep", "a"], "--keep names columns, which an svmlight file does not have"),
    ):
        assert main(["predict", str(tmp_path / "run"), str(tmp_path / arguments[0]), *arguments[1:]]) == 2
        error = capsys.readouterr().err
        assert words in error
        assert len(error.splitlines()) == 1
    assert main(["predict", str(tmp_path / "run"), str(table)]) == ExitCode.USAGE
    assert "trained on svmlight rows" in capsys.readouterr().err
