import json
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.impute import SimpleImputer
from sklearn.linear_model import (
    LogisticRegression,
    LogisticRegressionCV,
    Ridge,
    RidgeCV,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

import sgdkit
from sgdkit.exceptions import InvalidParameterError, UnsupportedCombinationError
from sgdkit.governance import GovernanceReport, audit, replay
from sgdkit.governance.causes import environment_differences
from sgdkit.governance.evidence.parts import to_parts
from sgdkit.governance.rebuild import from_parts
from sgdkit.governance.replay import Outcome
from sgdkit.losses import Logistic
from sgdkit.optimizers import Adam
from sgdkit.plugin.registry import default_registry
from sgdkit.schedules import Cosine

ESTIMATORS = ("LinearRegressor", "LogisticClassifier", "HingeClassifier", "LinearRanker")


def recorded(model, X, y, **kwargs):
    """Record of a fitted model, through JSON as from a file."""
    return json.loads(audit(model, X, y, tier="free", **kwargs).to_json())


def forged(record, change):
    """A record after a change, with a hash that fits: what someone could hand over."""
    from sgdkit.governance.canonical import content_hash

    content = {k: v for k, v in json.loads(json.dumps(record)).items() if k != "content_hash"}
    change(content)
    return {**content, "content_hash": content_hash(content)}


@pytest.fixture(scope="module")
def data():
    X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    return X[:200], y[:200]


@pytest.fixture
def record(data):
    X, y = data
    model = make_pipeline(GovernanceReport(), StandardScaler(), sgdkit.LinearRegressor(random_state=0))
    return recorded(model.fit(X, y), X, y)


def test_every_estimator_and_optimizer_replays_bit_for_bit_in_a_fresh_process(tmp_path):
    tables, expected = {}, 0
    for name, load in (("cancer", load_breast_cancer), ("diabetes", load_diabetes)):
        X, target = (values[:150] for values in load(return_X_y=True))
        y = (target > np.median(target)).astype(np.int64)
        qid = np.repeat(np.arange(15), 10)
        tables |= {f"{name}_X": X, f"{name}_y": y, f"{name}_qid": qid, f"{name}_relevance": y}
        for estimator in ESTIMATORS:
            for optimizer, kind in default_registry().table("optimizer").items():
                if kind.__module__.partition(".")[0] != "sgdkit":
                    continue
                given = {"qid": qid} if estimator == "LinearRanker" else {}
                model = getattr(sgdkit, estimator)(optimizer=optimizer, max_iter=4, random_state=1)
                if estimator == "LogisticClassifier":
                    model = make_pipeline(StandardScaler(), model)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    try:
                        model.fit(X, y, **given)
                    except UnsupportedCombinationError:
                        continue
                    record = audit(
                        model, X, y, X_train=X, y_train=y, fit_params=given, score_params=given, tier="free"
                    )
                assert record.recipe["obstacles"] == []
                (tmp_path / f"{name}-{estimator}-{optimizer}.json").write_text(record.to_json())
                expected += 1
    np.savez(tmp_path / "data.npz", **tables)
    script = Path(__file__).with_name("replay_all.py")
    done = subprocess.run([sys.executable, script, tmp_path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    outcomes = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert len(outcomes) == expected >= 2 * len(ESTIMATORS) * 5
    assert set(outcomes.values()) == {"bit for bit"}, outcomes


def models():
    components = sgdkit.LogisticClassifier(
        loss=Logistic(), optimizer=Adam(beta1=0.8), learning_rate=Cosine(0.05, warmup=1), max_iter=8,
        random_state=3, tol=None,
    )  # fmt: skip
    yield "nested components", make_pipeline(StandardScaler(), components)
    yield "class weights", sgdkit.LogisticClassifier(class_weight={0: 1.0, 1: 2.5}, random_state=0)
    yield (
        "search",
        GridSearchCV(
            make_pipeline(StandardScaler(), SGDClassifier(random_state=0)),
            {"sgdclassifier__alpha": [0.1, 0.01]},
            cv=2,
        ),
    )
    yield "lbfgs without a seed", make_pipeline(StandardScaler(), LogisticRegression())
    yield "forest", RandomForestClassifier(5, random_state=0)
    yield (
        "functions",
        make_pipeline(
            FunctionTransformer(np.log1p), SelectKBest(f_classif, k=5), sgdkit.HingeClassifier(random_state=0)
        ),
    )
    yield "arrays", make_pipeline(SelectKBest(k=3), RidgeCV(alphas=np.logspace(-3, 3, 7)))
    yield "cross-validating estimator", make_pipeline(StandardScaler(), LogisticRegressionCV(Cs=3, cv=2))
    yield (
        "report in the middle",
        make_pipeline(StandardScaler(), GovernanceReport(), sgdkit.LogisticClassifier(random_state=0)),
    )
    yield "memory", Pipeline([("s", StandardScaler()), ("m", LogisticRegression())], memory="never-made")


@pytest.mark.parametrize(("label", "model"), list(models()), ids=lambda v: v if isinstance(v, str) else "")
@pytest.mark.filterwarnings("ignore")
def test_models_replay_from_their_record(label, model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    X, y = load_breast_cancer(return_X_y=True)
    model.fit(X, y)
    assert replay(recorded(model, X, y, X_train=X, y_train=y), X, y).outcome is Outcome.BIT_FOR_BIT


def test_mixed_columns_with_selectors_and_gaps_replay():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "a": rng.normal(size=60),
            "b": rng.choice(["u", "v", None], 60),
            "c": rng.integers(0, 9, 60),
            "d": 1.0,
        }
    )
    X.loc[::5, "a"] = np.nan
    numbers = make_pipeline(SimpleImputer(), StandardScaler()).set_output(transform="pandas")
    prepare = ColumnTransformer(
        [
            ("numbers", numbers, make_column_selector(dtype_include=np.number)),
            (
                "texts",
                make_pipeline(SimpleImputer(strategy="constant", fill_value="?"), OneHotEncoder()),
                ["b"],
            ),
        ]
    )
    model = make_pipeline(GovernanceReport(), prepare, sgdkit.LinearRegressor(random_state=0))
    y = rng.normal(size=60)
    assert replay(recorded(model.fit(X, y), X, y), X.copy(), y).ok


@pytest.mark.parametrize("order", ["C", "F"])
def test_the_order_in_memory_is_restored(order):
    """Sums over a table depend on it in their last bits, though the values are equal."""
    X, y = load_diabetes(return_X_y=True)
    X = np.asarray(X * 1.1, order=order)
    model = make_pipeline(GovernanceReport(), StandardScaler(), Ridge()).fit(X, y)
    record = recorded(model, X, y)
    for other in ("C", "F"):
        assert replay(record, np.asarray(X, order=other), y).outcome is Outcome.BIT_FOR_BIT
    frame = pd.DataFrame(X, columns=list("abcdefghij"), copy=False)
    record = recorded(make_pipeline(GovernanceReport(), StandardScaler(), Ridge()).fit(frame, y), frame, y)
    for other in ("C", "F"):
        again = pd.DataFrame(np.asarray(X, order=other), columns=frame.columns, copy=False)
        assert replay(record, again, y).outcome is Outcome.BIT_FOR_BIT


def test_sparse_rows_replay_from_any_sparse_format():
    X = sp.random(100, 30, density=0.2, format="csr", random_state=0)
    y = np.arange(100) % 2
    model = make_pipeline(StandardScaler(with_mean=False), sgdkit.LogisticClassifier(random_state=0)).fit(
        X, y
    )
    record = recorded(model, X, y, X_train=X, y_train=y)
    assert replay(record, X, y).ok
    assert replay(record, X.tocsc(), y).ok
    changed = X.copy()
    changed.data[0] += 1.0
    assert "the column 'x" in replay(record, changed, y).first_difference


def test_weights_are_asked_for_and_compared(data):
    X, y = data
    weight = np.linspace(0.5, 2.0, len(y))
    model = sgdkit.LinearRegressor(random_state=0).fit(X, y, sample_weight=weight)
    record = recorded(model, X, y, X_train=X, y_train=y, fit_params={"sample_weight": weight})
    assert replay(record, X, y, fit_params={"sample_weight": weight}).ok
    with pytest.raises(
        InvalidParameterError, match="fit was given sample_weight beside X and y, and now nothing"
    ):
        replay(record, X, y)
    with pytest.raises(InvalidParameterError, match="sample_weight is not what fit was given"):
        replay(record, X, y, fit_params={"sample_weight": weight + 1.0})


def test_routed_weights_replay(data):
    X, y = data
    weight = np.linspace(0.5, 2.0, len(y))
    with sklearn.config_context(enable_metadata_routing=True):
        scaler = StandardScaler().set_fit_request(sample_weight=True)
        final = sgdkit.LinearRegressor(random_state=0).set_fit_request(sample_weight=False)
        model = make_pipeline(scaler, final).fit(X, y, sample_weight=weight)
        record = recorded(model, X, y, X_train=X, y_train=y, fit_params={"sample_weight": weight})
    assert replay(record, X, y, fit_params={"sample_weight": weight}).ok


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, y: (X.assign(bmi=X["bmi"] + 1e-9), y), "the column 'bmi'"),
        (lambda X, y: (X.rename(columns={"bmi": "BMI"}), y), "the column 'bmi' is called 'BMI'"),
        (lambda X, y: (X[:-1], y[:-1]), "200 rows are on record, and 199"),
        (lambda X, y: (X.drop(columns="s6"), y), "10 columns are on record, and 9"),
        (lambda X, y: (X.astype({"age": np.float32}), y), "the column 'age' was float64 and is float32"),
        (lambda X, y: (X[::-1], y), "the column 'age'"),
        (lambda X, y: (X, y[::-1]), "the target y"),
        (lambda X, y: (X, None), "the target is missing"),
        (lambda X, y: (X.to_numpy(), y), "the column 'age' is called 'x0'"),
    ],
)
def test_other_data_are_not_trained_on_and_the_first_difference_is_named(record, data, change, message):
    found = replay(record, *change(*data))
    assert found.outcome is Outcome.OTHER_DATA
    assert message in found.first_difference
    assert not found.ok
    assert str(found).startswith("Not replayed: these are not the recorded data.")


def test_an_array_that_differs_is_named_with_its_first_number(data):
    X, y = data
    model = make_pipeline(StandardScaler(), sgdkit.LinearRegressor(random_state=0)).fit(X, y)
    model[-1].coef_ = model[-1].coef_.copy()
    model[-1].coef_[3] += 1e-9
    record = recorded(model, X, y, X_train=X, y_train=y)
    found = replay(record, X, y, model=model)
    assert found.outcome is Outcome.DIFFERENT
    assert found.n_equal == found.n_arrays - 1
    assert found.first_difference.startswith("linearregressor.coef_[3] was ")
    assert 0.0 < found.largest_difference < 1e-9
    assert "earlier fit or partial_fit" in found.causes[0]
    assert "(10 numbers)" in replay(record, X, y).first_difference


@pytest.mark.parametrize(
    ("name", "change", "first"),
    [
        ("intercept_", lambda model: model.intercept_ + 1.0, r"ridge\.intercept_ was .+ and is "),
        (
            "coef_",
            lambda model: model.coef_.astype(np.float32),
            r"ridge\.coef_ was .*(float32|<f4).* \(10\) and is float64 of shape \(10,\)",
        ),
        ("more_", lambda model: np.ones(3), r"ridge\.more_ is on record, and was not learned now"),
    ],
)
def test_numbers_forms_and_arrays_that_differ_are_told_apart(data, name, change, first):
    X, y = data
    model = make_pipeline(StandardScaler(), Ridge()).fit(X, y)
    setattr(model[-1], name, change(model[-1]))
    found = replay(recorded(model, X, y, X_train=X, y_train=y), X, y, model=model)
    assert found.outcome is Outcome.DIFFERENT
    assert re.match(first, found.first_difference), found.first_difference


def test_other_versions_excuse_a_difference_within_the_tolerance_and_are_named(data):
    X, y = data
    model = make_pipeline(StandardScaler(), sgdkit.LinearRegressor(random_state=0)).fit(X, y)
    model[-1].coef_ = model[-1].coef_ * (1.0 + 1e-9)
    record = recorded(model, X, y, X_train=X, y_train=y)

    def older(content):
        content["environment"]["packages"]["numpy"] = "1.0.0"

    record = forged(record, older)
    found = replay(record, X, y, model=model)
    assert found.outcome is Outcome.WITHIN_TOLERANCE
    assert found.ok
    assert "not bit for bit" in str(found)
    assert f"numpy was 1.0.0 and is {np.__version__}" in str(found)
    tight = replay(record, X, y, model=model, tolerance=1e-12)
    assert (tight.outcome, tight.causes[0]) == (Outcome.DIFFERENT, f"numpy was 1.0.0 and is {np.__version__}")
    assert replay(record, X, y).outcome is Outcome.DIFFERENT  # without values nobody knows how far


def test_other_versions_that_change_nothing_are_still_bit_for_bit(record, data):
    def older(content):
        content["environment"]["packages"]["scipy"] = "1.0.0"
        content["environment"]["cpu_features"] = ["NEON"]

    found = replay(forged(record, older), *data)
    assert found.outcome is Outcome.BIT_FOR_BIT
    assert "scipy was 1.0.0" in found.environment_differences[0]
    assert "lacks NEON" in found.environment_differences[1]


def test_a_missing_seed_is_said_at_the_audit_and_named_as_the_cause(data):
    X, y = data
    model = SGDRegressor(random_state=None).fit(X / X.max(), y)
    X = X / X.max()
    record = audit(model, X, y, X_train=X, y_train=y, tier="free")
    assert "random_state is None, so the seed of this run is not known" in record.recipe["obstacles"][0]
    assert any(limit.startswith("Not replayable: random_state is None") for limit in record.limits)
    assert "not expected to agree" in str(record)
    found = replay(record, X, y)
    assert found.outcome is Outcome.DIFFERENT
    assert found.causes[0].startswith("random_state is None")


def test_an_unset_seed_that_nothing_draws_from_is_no_obstacle_once_a_refit_was_measured(data):
    X, y = data
    model = Ridge(random_state=None).fit(X, y)
    record = audit(model, X, y, X_train=X, y_train=y)
    assert record.recipe["obstacles"] == []
    assert replay(record, X, y).ok


def test_a_callback_that_stopped_training_is_an_obstacle(data):
    X, y = data
    model = sgdkit.LinearRegressor(random_state=0).fit(X, y)
    model.stop_reason_ = "callback"
    record = audit(model, X, y, X_train=X, y_train=y, tier="free")
    assert "A callback ended training" in record.recipe["obstacles"][0]


def test_what_a_record_cannot_hold_is_said_and_refused(data):
    X, y = data
    model = make_pipeline(FunctionTransformer(lambda X: X), Ridge(random_state=np.random.RandomState(0))).fit(
        X, y
    )
    record = recorded(model, X, y, X_train=X, y_train=y)
    said = " ".join(record["recipe"]["obstacles"])
    assert "func is a function, which a record cannot hold" in said
    assert "random_state is a RandomState" in said
    with pytest.raises(InvalidParameterError, match="could not hold 'function'"):
        replay(record, X, y)


def test_long_arrays_are_not_kept():
    obstacles = []
    parts = to_parts(Ridge(alpha=np.zeros(1000)), "", obstacles)
    assert parts["params"]["alpha"] == {"unknown": "array of shape (1000,)"}
    assert obstacles == ["alpha is a array of shape (1000,), which a record cannot hold."]


def test_a_changed_record_or_another_model_is_refused(record, data):
    X, y = data
    with pytest.raises(InvalidParameterError, match="The record was changed"):
        replay({**record, "name": "another"}, X, y)
    with pytest.raises(InvalidParameterError, match="without a content_hash"):
        replay({}, X, y)
    other = make_pipeline(
        GovernanceReport(), StandardScaler(), sgdkit.LinearRegressor(alpha=5.0, random_state=0)
    )
    with pytest.raises(InvalidParameterError, match="not the recorded one"):
        replay(record, X, y, model=other.fit(X, y))

    def without(content):
        content["recipe"] = {}

    with pytest.raises(InvalidParameterError, match="holds no recipe"):
        replay(forged(record, without), X, y)


@pytest.mark.parametrize(
    "parts",
    [
        {"class": "os.system", "params": {}},
        {"class": "subprocess.Popen", "params": {"args": "true"}},
        {"class": "sklearn.utils._joblib.joblib.Memory", "params": {}},
        {"class": "sklearn.datasets._openml.urlopen", "params": {}},
        {"class": "numpy.load", "params": {"file": "x"}},
        {"class": "numpy.memmap", "params": {"filename": "x", "mode": "w+", "shape": [1]}},
        {"class": "sklearn.linear_model.NoSuch", "params": {}},
        {"class": "Ridge", "params": {}},
        {"class": "sklearn.linear_model.Ridge", "params": {"no_such": 1}},
        {"function": "numpy.load"},
        {"function": "numpy.lib.npyio.load"},
        {"function": "sklearn.datasets.load_svmlight_file"},
        {"function": "sklearn.metrics._scorer.partial"},
        {"function": "builtins.eval"},
        {"type": "numpy.memmap"},
        {"type": "os._wrap_close"},
        {"surprise": 1},
        {},
    ],
)
def test_only_classes_of_trusted_packages_and_functions_that_compute_are_built(parts, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidParameterError) as caught:
        from_parts(parts)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_plugin_is_built_once_its_package_is_trusted(record, data, tmp_path, monkeypatch):
    (tmp_path / "stranger.py").write_text(
        "from sklearn.linear_model import Ridge\nclass Strange(Ridge):\n    pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import stranger

    X, y = data
    record = recorded(stranger.Strange().fit(X, y), X, y, X_train=X, y_train=y)
    with pytest.raises(InvalidParameterError, match="--trust stranger"):
        replay(record, X, y)
    assert replay(record, X, y, trust=["stranger"]).ok


def test_a_named_part_of_a_stranger_is_refused_too(record, data):
    def plugin(content):
        content["components"][-1]["class"] = "stranger.Rule"

    with pytest.raises(InvalidParameterError, match=r"names stranger\.Rule"):
        replay(forged(record, plugin), *data)


def test_differences_between_environments_are_named():
    here = {
        "python": "3.12.1", "machine": "x86_64", "packages": {"numpy": "2.0", "new": "1"},
        "cpu_features": ["AVX2"],
        "libraries": [{"internal_api": "openblas", "version": "0.3", "num_threads": 2}],
    }  # fmt: skip
    assert environment_differences(here, here) == ()
    then = {
        **here,
        "python": "3.11.0",
        "packages": {"numpy": "1.9", "old": "3"},
        "cpu_features": ["AVX2", "AVX512"],
    }
    then["libraries"] = [{"internal_api": "openblas", "version": "0.2", "num_threads": 1}]
    found = " | ".join(environment_differences(then, here))
    for words in (
        "numpy was 1.9 and is 2.0", "old was 3 and is not installed", "Python was 3.11.0", "lacks AVX512",
        "openblas 0.2", "number of threads",
    ):  # fmt: skip
        assert words in found
    assert "new" not in found
