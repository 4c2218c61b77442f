"""The audit on sgdkit's own estimators."""

import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sgdkit import HingeClassifier, LinearRegressor, LogisticClassifier
from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance import GovernanceReport, ParameterTrace, audit, replay
from sgdkit.governance.evidence.training import trace_training
from sgdkit.governance.grading import Grade
from sgdkit.governance.render import Run
from sgdkit.schedules import Cosine


@pytest.fixture
def regression(diabetes):
    """A fitted pipeline whose epochs are traced, its trace, its audit."""
    X_train, X_test, y_train, y_test = diabetes
    trace = ParameterTrace(feature_names=X_train.columns)
    regressor = LinearRegressor(alpha=0.01, optimizer="adagrad", random_state=0).set_callbacks(trace)
    model = make_pipeline(GovernanceReport(), StandardScaler(), regressor).fit(X_train, y_train)
    record = audit(model, X_test, y_test, X_train=X_train, y_train=y_train, sensitive_features=X_test["sex"])
    return model, trace, record


def test_training_is_read_from_what_the_estimator_keeps(regression):
    model, trace, record = regression
    assert record.training["n_iter"] == model[-1].n_iter_ == len(trace.rows)
    assert record.items["optimizer.components"].summary.startswith("Optimizer adagrad from sgdkit")
    assert record.items["learning_rate.origin"].summary == "The learning rate is derived from the data."
    assert "squared_error" in record.items["objective.recorded"].summary
    assert record.items["reproducibility.refit"].passed


def test_no_check_fails_to_run(regression):
    _, _, record = regression
    assert [item.check_id for item in record.items.values() if "could not run" in item.summary] == []


@pytest.mark.parametrize("classifier", [LogisticClassifier, HingeClassifier])
def test_classifiers_are_audited(cancer, classifier):
    X_train, X_test, y_train, y_test = cancer
    model = make_pipeline(StandardScaler(), classifier(random_state=0)).fit(X_train, y_train)
    record = audit(model, X_test, y_test, X_train=X_train, y_train=y_train)
    assert [item.check_id for item in record.items.values() if "could not run" in item.summary] == []
    calibration = record.items["objective.calibration"].grade
    assert (calibration is Grade.MEASURED) == (classifier is LogisticClassifier)


def test_longer_training_really_trains_longer(regression):
    model, _, record = regression
    measured = record.items["optimizer.longer_training"].measured
    assert measured["n_iter_longer"] == 5 * model[-1].n_iter_


def test_longer_training_is_ended_neither_by_the_clock_nor_by_a_small_gradient(diabetes):
    X_train, X_test, y_train, y_test = diabetes
    model = LinearRegressor(grad_tol=0.9, max_seconds=100.0, alpha=0.01, random_state=0).fit(X_train, y_train)
    record = audit(model, X_test, y_test, X_train=X_train, y_train=y_train)
    assert record.items["optimizer.longer_training"].measured["n_iter_longer"] == 5 * model.n_iter_
    assert record.training["stop_reason"] == "gradient"


def test_whole_numbers_kept_as_floats_name_groups_without_a_point(regression):
    _, _, record = regression
    by_group = record.items["fairness.error_gap"].measured["attributes"]["sex"]["by_group"]
    assert set(by_group) == {"1", "2"}


def test_a_trace_that_another_fit_has_overwritten_is_refused(regression, diabetes):
    model, trace, record = regression
    X_train, _, y_train, _ = diabetes
    assert Run("in time", audit=record, trace=trace).trace_columns["loss"]
    clone(model).set_params(linearregressor__max_iter=2, linearregressor__tol=None).fit(X_train, y_train)
    with pytest.raises(InvalidParameterError, match=r"holds 2 epochs, the audited model made"):
        Run("too late", audit=record, trace=trace)


def test_folds_of_a_pipeline_without_the_trace_leave_it_alone(regression, diabetes):
    _, trace, _ = regression
    X_train, _, y_train, _ = diabetes
    rows = trace.rows
    fresh = make_pipeline(GovernanceReport(), StandardScaler(), LinearRegressor(alpha=0.01, random_state=0))
    cross_validate(fresh, X_train, y_train, cv=2)
    assert trace.rows == rows


@pytest.mark.parametrize(
    ("learning_rate", "origin", "words"),
    [
        ("cosine", "derived", "follows the schedule 'cosine'"),
        (Cosine(0.1, warmup=2), "caller", "set by the caller"),
    ],
)
def test_the_schedule_is_on_record_with_its_rates(cancer, learning_rate, origin, words):
    X_train, X_test, y_train, y_test = cancer
    model = LogisticClassifier(learning_rate=learning_rate, max_iter=20, tol=None, random_state=0)
    record = audit(model.fit(X_train, y_train), X_test, y_test, X_train=X_train, y_train=y_train)
    finding = record.items["learning_rate.origin"]
    assert words in finding.summary and finding.measured["origin"] == origin
    part = next(part for part in record.components if part["kind"] == "learning_rate")
    assert (part["name"], part["max_iter"]) == ("cosine", 20)
    used = model.history_["learning_rate"]
    assert part["rates"] == {"first": used[0], "highest": used.max(), "last": used[-1]}
    assert record.training["columns"]["learning_rate"] == pytest.approx(used.tolist())
    assert record.items["reproducibility.refit"].passed


def test_a_searched_rate_of_a_schedule_counts_as_searched(cancer):
    X_train, X_test, y_train, y_test = cancer
    grid = {"learning_rate__rate0": [1e-3, 0.01, 1.0]}
    model = LogisticClassifier(learning_rate="cosine", max_iter=20, tol=None, random_state=0)
    search = GridSearchCV(model, grid, cv=3).fit(X_train, y_train)
    record = audit(search, X_test, y_test)
    assert record.items["learning_rate.origin"].measured["origin"] == "searched"
    assert "learning_rate__rate0" in record.items["learning_rate.search_edge"].summary


def test_what_a_model_says_about_its_run_is_in_the_record(diabetes):
    X, X_test, y, y_test = diabetes
    settings = {"optimizer": "sgd", "learning_rate": 1e-12, "max_iter": 50, "tol": None}
    model = LinearRegressor(random_state=0, **settings).fit(X, y)
    found = audit(model, X_test, y_test, X_train=X, y_train=y).training["diagnosis"]
    assert [each["name"] for each in found] == [each.name for each in model.diagnosis_] != []
    assert set(found[0]) == {"name", "severity", "evidence", "advice"}
    assert trace_training(Ridge().fit(X, y)).diagnosis == ()


@pytest.mark.parametrize("estimator", [LinearRegressor, LogisticClassifier])
def test_sparse_coefficients_are_those_of_the_refit(estimator):
    X, y = load_diabetes(return_X_y=True)
    y = y if estimator is LinearRegressor else y > 140
    model = estimator(penalty="l1", alpha=0.01, random_state=0).fit(X[:300], y[:300]).sparsify()
    record = audit(model, X[300:], y[300:], X_train=X[:300], y_train=y[:300])
    assert record.items["reproducibility.refit"].measured["model_equal"]
    assert sp.issparse(model.coef_)  # the audit left it as it was
    assert replay(record, X[:300], y[:300]).outcome.value == "bit for bit"


def test_longer_training_that_ends_as_soon_says_so():
    X, y = load_diabetes(return_X_y=True)
    model = LinearRegressor(random_state=0).fit(X[:300], y[:300])
    item = audit(model, X[300:], y[300:], X_train=X[:300], y_train=y[:300]).items["optimizer.longer_training"]
    assert item.summary.startswith(
        "With a hundredth of the tolerance, which also took 1 iteration(s), outputs"
    )
