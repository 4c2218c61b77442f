import doctest
import json
import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    StandardScaler,
)

from sgdkit import GovernanceReport, HingeClassifier, LinearRanker, LinearRegressor, LogisticClassifier
from sgdkit.exceptions import InvalidParameterError, UnsupportedCombinationError
from sgdkit.export import to_json

pandas = pytest.importorskip("pandas", reason="pandas is not installed")

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("SGDKIT_DATA", ROOT.parent / "shared" / "data"))
ADULT = DATA / "adult" / "adult-train.csv.gz"
# fmt: off
ADULT_COLUMNS = [
    "age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation",
    "relationship", "race", "sex", "capital-gain", "capital-loss", "hours-per-week",
    "native-country", "income",
]
# fmt: on


@pytest.fixture(scope="module")
def score():
    """The scorer, as it stands in the user guide."""
    page = (ROOT / "docs" / "user_guide" / "export.md").read_text(encoding="utf-8")
    [example] = [e for e in doctest.DocTestParser().get_examples(page) if "def score" in e.source]
    names = {}
    exec(example.source, names)
    return names["score"]


@pytest.fixture(scope="module")
def mixed():
    rng = np.random.default_rng(0)
    n = 300
    X = pandas.DataFrame(
        {
            "age": rng.integers(18, 80, n).astype(float),
            "income": rng.lognormal(10.0, 1.0, n),
            "trade": rng.choice(["baker", "smith", "clerk", "piper"], n, p=[0.6, 0.3, 0.06, 0.04]),
            "level": rng.choice([1, 2, 3], n),
            "member": rng.random(n) < 0.5,
        }
    )
    X["trade"] = X["trade"].astype(object)
    X.loc[::7, "age"] = np.nan
    X.loc[::11, "trade"] = np.nan
    y = (X["income"].rank().to_numpy() > 150) ^ (rng.random(n) < 0.1)
    return X, y


def raw_prediction(model, X):
    return model.decision_function(X) if hasattr(model, "decision_function") else model.predict(X)


def records(X):
    return X.to_dict("records") if hasattr(X, "columns") else X.tolist()


def assert_scored_alike(score, model, X):
    content = json.loads(to_json(model))
    scored = np.array([score(content, row) for row in records(X)])
    raw = raw_prediction(model, X).reshape(len(scored), -1)
    np.testing.assert_allclose(scored, raw, rtol=1e-12, atol=1e-12 * max(1.0, np.abs(raw).max()))
    return content


@pytest.mark.parametrize(
    "estimator",
    [
        LinearRegressor(random_state=0),
        LogisticClassifier(random_state=0),
        HingeClassifier(random_state=0),
        LinearRanker(random_state=0),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
@pytest.mark.parametrize("as_frame", [False, True])
def test_each_estimator_is_scored_alike(score, estimator, as_frame):
    X, y = load_wine(return_X_y=True, as_frame=as_frame)
    content = assert_scored_alike(score, make_pipeline(StandardScaler(), estimator).fit(X, y), X)
    assert content["format"] == "sgdkit.linear" and content["version"] == 1
    assert content["inputs"] == (list(X.columns) if as_frame else list(range(13)))
    assert (content["classes"] == [0, 1, 2]) == hasattr(estimator, "decision_function")


def test_breast_cancer_has_the_same_labels_and_probabilities(score):
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    labels = np.array(["malignant", "benign"])[y]
    model = make_pipeline(GovernanceReport(), StandardScaler(), LogisticClassifier(random_state=0))
    content = assert_scored_alike(score, model.fit(X, labels), X)
    assert (content["link"], content["classes"]) == ("logistic", ["benign", "malignant"])
    raw = np.array([score(content, row)[0] for row in records(X)])
    np.testing.assert_allclose(1.0 / (1.0 + np.exp(-raw)), model.predict_proba(X)[:, 1], rtol=1e-9)
    assert (np.array(content["classes"])[(raw > 0.0).astype(int)] == model.predict(X)).all()


def test_coefficients_come_back_bit_for_bit():
    X, y = load_wine(return_X_y=True)
    for dtype in (np.float32, np.float64):
        model = LogisticClassifier(random_state=0).fit(X.astype(dtype), y)
        outputs = json.loads(to_json(model))["outputs"]
        weights = np.array([[term["weight"] for term in output["terms"]] for output in outputs], dtype)
        assert (weights == model.coef_).all()
        assert [output["intercept"] for output in outputs] == model.intercept_.tolist()


def test_adult_is_scored_alike(score):
    if not ADULT.exists():
        pytest.skip("the adult data are not in ../shared/data; set SGDKIT_DATA to their folder")
    data = pandas.read_csv(
        ADULT, header=None, names=ADULT_COLUMNS, skipinitialspace=True, na_values="?", nrows=4_000
    )
    y = data.pop("income")
    text = make_column_selector(dtype_exclude="number")
    columns = make_column_transformer(
        (
            make_pipeline(SimpleImputer(strategy="median"), StandardScaler()),
            make_column_selector(dtype_include="number"),
        ),
        (
            make_pipeline(
                SimpleImputer(strategy="most_frequent"),
                OneHotEncoder(min_frequency=20, handle_unknown="ignore"),
            ),
            text,
        ),
    )
    model = make_pipeline(GovernanceReport(), columns, LogisticClassifier(random_state=0))
    model.fit(data[:3_000], y[:3_000])
    assert_scored_alike(score, model, data[3_000:])


NUMBERS = ["age", "income"]
IMPUTED = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))


@pytest.mark.parametrize(
    "steps",
    [
        [SimpleImputer(), StandardScaler()],
        [StandardScaler(), SimpleImputer(strategy="median"), MinMaxScaler((-1, 2))],
        [MinMaxScaler(), SimpleImputer(strategy="constant", fill_value=0.5, add_indicator=True)],
        [SimpleImputer(add_indicator=True), StandardScaler(with_mean=False), "passthrough", MinMaxScaler()],
        [StandardScaler(with_std=False), SimpleImputer(), FunctionTransformer()],
    ],
    ids=str,
)
def test_chains_over_numbers_are_scored_alike(score, mixed, steps):
    X, y = mixed
    assert_scored_alike(
        score, make_pipeline(*steps, LogisticClassifier(random_state=0)).fit(X[NUMBERS], y), X[NUMBERS]
    )


@pytest.mark.filterwarnings("ignore:Found unknown categories")
@pytest.mark.parametrize(
    "encoder",
    [
        OneHotEncoder(),
        OneHotEncoder(drop="first"),
        OneHotEncoder(drop="if_binary", handle_unknown="ignore"),
        OneHotEncoder(min_frequency=25, handle_unknown="infrequent_if_exist"),
        OneHotEncoder(max_categories=3, handle_unknown="ignore", drop="first"),
        OneHotEncoder(max_categories=2, drop="first", handle_unknown="infrequent_if_exist"),
        make_pipeline(OneHotEncoder(handle_unknown="ignore"), StandardScaler(with_mean=False)),
        make_pipeline(OneHotEncoder(sparse_output=False), StandardScaler()),
        make_pipeline(OrdinalEncoder(encoded_missing_value=-1), StandardScaler()),
        make_pipeline(OrdinalEncoder(), SimpleImputer(), MinMaxScaler()),
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-5, encoded_missing_value=-2),
        make_pipeline(
            OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan),
            SimpleImputer(),
            StandardScaler(),
        ),
        make_pipeline(SimpleImputer(strategy="constant", fill_value="none"), OrdinalEncoder()),
    ],
    ids=str,
)
def test_encoders_are_scored_alike_also_for_new_categories(score, mixed, encoder):
    X, y = mixed
    X = X[["trade"] if "SimpleImputer(strategy" in str(encoder) else ["trade", "level"]].astype(object)
    model = make_pipeline(encoder, LogisticClassifier(random_state=0)).fit(X, y)
    content = assert_scored_alike(score, model, X)
    new = X[:2].copy()
    new["trade"] = ["pilot", "diver"]
    try:
        raw_prediction(model, new)
    except ValueError:
        with pytest.raises(TypeError):
            score(content, records(new)[0])
    else:
        assert_scored_alike(score, model, new)


@pytest.mark.parametrize(
    ("parts", "remainder"),
    [
        ([(OneHotEncoder(), ["level"]), (IMPUTED, ["trade"])], "drop"),
        ([("drop", ["trade"]), (StandardScaler(), [1, -2])], "drop"),
        ([(IMPUTED, slice("trade", "level")), ("passthrough", ["member"])], "drop"),
        ([(StandardScaler(), slice(1, 2)), (IMPUTED, [False, False, True, True, False])], "drop"),
        ([(MinMaxScaler(), make_column_selector("inc")), (IMPUTED, make_column_selector("trade"))], "drop"),
        ([(SimpleImputer(), np.array([0, 1])), (StandardScaler(), []), ("drop", ["trade"])], "passthrough"),
        ([(IMPUTED, ["trade"]), (SimpleImputer(), ["age"])], StandardScaler()),
    ],
)
def test_column_selections_of_every_kind_are_resolved(score, mixed, parts, remainder):
    X, y = mixed
    columns = make_column_transformer(*parts, remainder=remainder)
    assert_scored_alike(score, make_pipeline(columns, LogisticClassifier(random_state=0)).fit(X, y), X)


def test_frames_between_the_steps_change_nothing(score, mixed):
    X, y = mixed
    columns = make_column_transformer(
        (SimpleImputer(), ["age", "income"]), ("passthrough", ["level"]), verbose_feature_names_out=False
    )
    again = make_column_transformer((StandardScaler(), ["income"]), remainder="passthrough")
    model = make_pipeline(columns.set_output(transform="pandas"), again, LogisticClassifier(random_state=0))
    assert_scored_alike(score, model.fit(X, y), X)


def test_features_that_the_penalty_dropped_have_no_term():
    X, y = load_wine(return_X_y=True)
    model = make_pipeline(StandardScaler(), LinearRegressor(penalty="l1", alpha=0.3, random_state=0)).fit(
        X, y
    )
    terms = json.loads(to_json(model))["outputs"][0]["terms"]
    assert 0 < len(terms) == np.count_nonzero(model[-1].coef_) < 13


class CustomScaler(StandardScaler):
    """A subclass may do anything."""


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (PolynomialFeatures(), "PolynomialFeatures has no plain JSON form; steps may be ColumnTransformer, "),
        (CustomScaler(), "CustomScaler has no plain JSON form"),
        (FunctionTransformer(np.log1p), "only func=None"),
        (MinMaxScaler(clip=True), "use clip=False"),
        (SimpleImputer(missing_values=0.0), "missing is null there"),
        (OrdinalEncoder(max_categories=2), "leave them out"),
        (Pipeline([("scale", StandardScaler()), ("encode", OneHotEncoder())]), "encode first"),
        (
            Pipeline([("encode", OrdinalEncoder()), ("fill", SimpleImputer(add_indicator=True))]),
            "impute first",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_has_no_plain_form_is_refused_by_name(step, reason):
    X = np.repeat(np.arange(8.0), 5)[:, None]
    if "impute first" in reason:
        X = np.vstack([X, [[np.nan]]])
    model = make_pipeline(step, LinearRegressor(max_iter=5, tol=None)).fit(X, X[:, 0] == 2.0)
    with pytest.raises(UnsupportedCombinationError, match=reason):
        to_json(model)


def test_other_models_are_refused():
    X, y = load_wine(return_X_y=True)
    with pytest.raises(InvalidParameterError, match="LogisticRegression is none of sgdkit's estimators"):
        to_json(make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y))
    with pytest.raises(NotFittedError):
        to_json(LogisticClassifier())
    with pytest.raises(NotFittedError):
        to_json(make_pipeline(StandardScaler(), LogisticClassifier()))
    model = LogisticClassifier(random_state=0).fit(X, (y > 0).astype(complex).real.astype("datetime64[s]"))
    with pytest.raises(UnsupportedCombinationError, match="use text, numbers or truth values"):
        to_json(model)
