import dataclasses
import json
import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance import GovernanceReport, audit, governance_scoring, verify_json
from sgdkit.governance.checks import registered_checks
from sgdkit.governance.collect import parameters_hash
from sgdkit.governance.grading import Grade
from sgdkit.governance.items import Tier
from sgdkit.governance.scoring import DIAGNOSES, DIMENSIONS, WEIGHTS

from .gradient_descent import GradientDescent


def test_record_has_thirteen_weighted_dimensions_with_evidence(record):
    assert tuple(dimension.name for dimension in record.dimensions) == DIMENSIONS
    assert {dimension.name: dimension.weight for dimension in record.dimensions} == dict(WEIGHTS)
    run = [check for check in registered_checks() if check.tier is not Tier.SLOW]
    assert sum(len(dimension.items) for dimension in record.dimensions) == len(run)
    assert 0.0 <= record.measured_score <= record.score <= 100.0
    assert 0.0 < record.measured_share < 1.0
    assert record.formula_diagnosis in DIAGNOSES


def test_no_check_breaks_on_a_plain_pipeline(record):
    assert [item.check_id for item in record.items.values() if "could not run" in item.summary] == []


def test_check_ids_are_unique_and_every_dimension_has_a_statement():
    ids = [check.id for check in registered_checks()]
    assert len(set(ids)) == len(ids) >= 80
    assert sum(not id.startswith("statement.") for id in ids) >= 70
    assert {check.dimension for check in registered_checks()} == set(DIMENSIONS)
    assert {f"statement.{name}" for name in DIMENSIONS} <= set(ids)


def test_nothing_given_means_absent_not_guessed(cancer):
    X_train, X_test, y_train, y_test = cancer
    record = audit(LogisticRegression(max_iter=5000).fit(X_train, y_train), X_test, y_test)
    values = record.values
    assert values["fairness_review"] == values["data_documentation"] == values["governance_review"] == 0.0
    assert {d.name for d in record.dimensions if d.grade is Grade.ABSENT} == {
        "data_documentation",
        "fairness_review",
        "governance_review",
    }
    outcomes = {gate.name: gate.outcome for gate in record.gates}
    assert outcomes == {
        "not_diverged": "holds",
        "near_optimum": "not tested",
        "no_leakage": "not tested",
        "refit_reproduces": "not tested",
        "record_chain_whole": "not tested",
        "fairness_examined": "not tested",
        "signed_off": "not tested",
        "every_dimension_has_evidence": "failed",
    }
    assert "fairness_review" in record.failed_gates[0].reason


def test_value_of_a_dimension_is_the_mean_of_its_capped_items(record):
    caps = {"measured": 1.0, "recorded": 0.6, "declared": 0.3, "absent": 0.0}
    for dimension in record.dimensions:
        items = [item for item in dimension.items if item.grade is not Grade.NOT_APPLICABLE]
        failed = any(item.grade is Grade.MEASURED and item.passed is False for item in items)
        total = sum(
            item.value * caps[item.grade] for item in items if not (failed and item.grade is Grade.DECLARED)
        )
        assert dimension.value == pytest.approx(total / len(items))


def test_failed_measurement_overrides_a_statement(cancer):
    X_train, X_test, y_train, y_test = cancer
    model = LogisticRegression(max_iter=5000).fit(X_train, y_train)
    groups = np.where(model.predict(X_test) == 1, "a", "b")
    statements = {"fairness_review": "No group is treated differently."}
    record = audit(model, X_test, y_test, sensitive_features=groups, statements=statements)
    fairness = next(d for d in record.dimensions if d.name == "fairness_review")
    assert record.items["fairness.outcome_gap"].passed is False
    assert record.items["statement.fairness_review"].grade is Grade.DECLARED
    assert fairness.value == fairness.measured_value


def test_content_hash_changes_with_any_tampering(record):
    text = record.to_json()
    assert verify_json(text)
    content = json.loads(text)
    paths = list(leaves(content))
    assert len(paths) > 300
    for path in paths[::7]:
        if path == ("content_hash",):
            continue
        forged = json.loads(text)
        *parents, last = path
        target = forged
        for key in parents:
            target = target[key]
        target[last] = "forged" if target[last] != "forged" else 1
        assert not verify_json(json.dumps(forged)), path


def leaves(value, path=()):
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    )
    if children is None:
        yield path
        return
    for key, child in children:
        yield from leaves(child, (*path, key))


def test_removing_an_evidence_item_changes_the_hash(record):
    forged = json.loads(record.to_json())
    forged["dimensions"][0]["items"].pop()
    assert not verify_json(json.dumps(forged))


def test_verify_refuses_what_is_no_record():
    for text in ("", "[]", "{}", '"x"', "null"):
        with pytest.raises(InvalidParameterError, match="not an audit record"):
            verify_json(text)


def test_repr_is_one_line(record):
    assert repr(record).startswith("<AuditRecord 'LogisticRegression': score ")
    assert "\n" not in repr(record)


def test_records_can_be_chained(record):
    successor = record.chained("sha256:before")
    assert successor.previous_hash == "sha256:before"
    assert successor.content_hash != record.content_hash


def test_equal_audits_give_equal_hashes(cancer):
    X_train, X_test, y_train, y_test = cancer

    def run():
        model = make_pipeline(GovernanceReport(), StandardScaler(), SGDClassifier(random_state=0))
        found = audit(model.fit(X_train, y_train), X_test, y_test, X_train=X_train, y_train=y_train)
        return dataclasses.replace(found, created="")

    assert run().content_hash == run().content_hash


def test_wall_time_in_a_history_is_no_evidence(diabetes):
    X_train, X_test, y_train, y_test = diabetes
    model = make_pipeline(StandardScaler(), GradientDescent())
    hashes = {
        dataclasses.replace(audit(model.fit(X_train, y_train), X_test, y_test), created="").content_hash
        for _ in range(2)
    }
    assert len(hashes) == 1


def test_no_row_value_appears_in_the_record():
    generator = np.random.default_rng(0)
    numbers = generator.normal(size=(200, 2)) * 1e3
    secrets = np.array([f"person-{i:04d}" for i in range(200)])
    frame = pd.DataFrame({"a": numbers[:, 0], "b": numbers[:, 1], "who": secrets})
    y = (numbers[:, 0] > 0).astype(int)
    encode = make_column_transformer(
        (StandardScaler(), ["a", "b"]), (OneHotEncoder(handle_unknown="ignore"), ["who"])
    )
    model = make_pipeline(GovernanceReport(), encode, LogisticRegression()).fit(frame[:150], y[:150])
    record = audit(model, frame[150:], y[150:], X_train=frame[:150], y_train=y[:150])
    text = record.to_json() + record.to_csv() + str(record)
    assert "person-" not in text
    assert not [value for value in numbers.ravel() if repr(float(value)) in text]


def test_error_messages_of_broken_checks_are_not_quoted(cancer):
    class Leaky(ClassifierMixin, BaseEstimator):
        def fit(self, X, y):
            self.classes_ = np.unique(y)
            return self

        def predict(self, X):
            if getattr(self, "broken", False):
                raise RuntimeError("row 17 is SECRET")
            return np.full(len(X), self.classes_[0])

        def score(self, X, y):
            return 0.5

    X_train, X_test, y_train, y_test = cancer
    model = Leaky().fit(X_train, y_train)
    model.broken = True
    record = audit(model, X_test, y_test)
    assert "SECRET" not in record.to_json()
    assert "RuntimeError" in record.items["robustness.noise"].summary


ESTIMATORS = [
    LogisticRegression(),
    SGDClassifier(random_state=0),
    HistGradientBoostingClassifier(max_iter=10, random_state=0),
    RandomForestClassifier(n_estimators=5, random_state=0),
    GaussianNB(),
]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
def test_any_classifier_can_be_audited(cancer, estimator):
    X_train, X_test, y_train, y_test = cancer
    model = make_pipeline(GovernanceReport(), StandardScaler(), estimator).fit(X_train, y_train)
    record = audit(model, X_test, y_test, X_train=X_train, y_train=y_train)
    assert record.items["reproducibility.refit"].passed
    assert record.items["objective.gain_over_baseline"].passed
    assert [i.check_id for i in record.items.values() if "could not run" in i.summary] == []


@pytest.mark.parametrize(
    "estimator",
    [Ridge(), GradientDescent(), MLPRegressor(max_iter=30, random_state=0)],
    ids=lambda e: type(e).__name__,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_any_regressor_can_be_audited(diabetes, estimator):
    X_train, X_test, y_train, y_test = diabetes
    model = make_pipeline(GovernanceReport(), StandardScaler(), estimator).fit(X_train, y_train)
    record = audit(
        model, X_test, y_test, X_train=X_train, y_train=y_train, sensitive_features=X_test["sex"], tier="free"
    )
    assert record.subject["task"] == "regression"
    assert [i.check_id for i in record.items.values() if "could not run" in i.summary] == []
    assert record.items["fairness.error_gap"].grade is Grade.MEASURED


def test_estimators_with_a_history_leave_trace_components_and_objective(diabetes):
    X_train, X_test, y_train, y_test = diabetes
    model = make_pipeline(StandardScaler(), GradientDescent()).fit(X_train, y_train)
    record = audit(model, X_test, y_test, X_train=X_train, y_train=y_train)
    assert record.training["source"] == "history_"
    assert "seconds" not in record.training["columns"]
    assert record.items["objective.recorded"].value == 1.0
    assert record.items["optimizer.components"].measured["optimizer"]["name"] == "sgd"
    assert record.items["learning_rate.stability"].passed
    assert record.items["optimizer.longer_training"].passed


def test_sparse_text_like_data_can_be_audited():
    generator = np.random.default_rng(0)
    X = sp.random_array((300, 500), density=0.02, rng=generator, format="csr")
    y = (X[:, :250].sum(axis=1) > X[:, 250:].sum(axis=1)).astype(int)
    model = make_pipeline(GovernanceReport(), LogisticRegression(C=100.0)).fit(X[:200], y[:200])
    record = audit(model, X[200:], y[200:], X_train=X[:200], y_train=y[:200])
    assert [i.check_id for i in record.items.values() if "could not run" in i.summary] == []
    assert record.items["robustness.noise"].grade is Grade.MEASURED


def test_strings_and_missing_values_reach_the_audit():
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"n": generator.normal(size=120), "s": generator.choice(["u", "v", "w"], 120)})
    frame.loc[::9, "s"] = None
    y = np.where(frame["n"] > 0, "yes", "no")
    encode = make_column_transformer((StandardScaler(), ["n"]), (OneHotEncoder(), ["s"]))
    model = make_pipeline(GovernanceReport(), encode, LogisticRegression()).fit(frame, y)
    record = audit(model, frame, y, sensitive_features=frame["s"].fillna("none"))
    assert [i.check_id for i in record.items.values() if "could not run" in i.summary] == []
    assert record.items["validation.duplicates"].passed is False


def test_search_is_read_for_edges_folds_and_optimism(cancer):
    X_train, X_test, y_train, y_test = cancer
    grid = {"logisticregression__C": [1e-4, 1e-3, 1e-2]}
    pipeline = make_pipeline(GovernanceReport(), StandardScaler(), LogisticRegression())
    search = GridSearchCV(pipeline, grid, cv=3, scoring=governance_scoring("accuracy"), refit="accuracy")
    record = audit(search.fit(X_train, y_train), X_test, y_test, X_train=X_train, y_train=y_train)
    assert record.items["regularization.search"].passed is False
    assert record.items["regularization.search"].measured["at_edge"] == ["logisticregression__C"]
    assert record.items["validation.fold_spread"].measured["n_folds"] == 3
    assert record.items["validation.search_optimism"].grade is Grade.MEASURED
    wider = GridSearchCV(pipeline, {"logisticregression__C": [1e-4, 0.1, 1e4]}, cv=3).fit(X_train, y_train)
    assert audit(wider, X_test, y_test).items["regularization.search"].passed


def test_a_search_without_a_refit_is_refused(cancer):
    X_train, X_test, y_train, y_test = cancer
    search = GridSearchCV(GaussianNB(), {"var_smoothing": [1e-9, 1e-8]}, refit=False, cv=2).fit(
        X_train, y_train
    )
    with pytest.raises(InvalidParameterError, match="refit=False"):
        audit(search, X_test, y_test)


@pytest.mark.parametrize(
    "unfitted", [Ridge(), GridSearchCV(Ridge(), {"alpha": [1.0, 2.0]})], ids=["model", "search"]
)
def test_an_unfitted_model_is_refused(unfitted):
    with pytest.raises(NotFittedError):
        audit(unfitted, np.eye(3), [1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"X_train": np.eye(3)}, "come together"),
        ({"sensitive_features": ["a", "b"]}, "the test set has 143 rows"),
        ({"statements": {"fairness": "x"}}, "no dimension"),
        ({"tier": "cheap"}, "the tiers are free, refit, slow"),
        ({"scoring": "acuracy"}, "acuracy"),
    ],
)
def test_wrong_arguments_are_refused_in_one_sentence(cancer, model, arguments, message):
    _, X_test, _, y_test = cancer
    with pytest.raises(ValueError, match=message):
        audit(model, X_test, y_test, **arguments)


def test_wrong_lengths_and_empty_test_sets_are_refused(cancer, model):
    _, X_test, _, y_test = cancer
    with pytest.raises(ValueError, match="inconsistent numbers"):
        audit(model, X_test, y_test[:-1])
    with pytest.raises(ValueError, match="test set is empty"):
        audit(model, X_test[:0], y_test[:0])


def test_auditing_changes_neither_data_nor_model(cancer, model):
    X_train, X_test, y_train, y_test = cancer
    before = (X_train.tobytes(), X_test.tobytes(), pickle.dumps(model))
    audit(model, X_test, y_test, X_train=X_train, y_train=y_train, sensitive_features=X_test[:, 0] > 14)
    assert (X_train.tobytes(), X_test.tobytes(), pickle.dumps(model)) == before


def test_parameter_hash_sees_one_changed_number_and_survives_copies(model):
    digest, count = parameters_hash(model)
    assert count > 90
    again = pickle.loads(pickle.dumps(model))
    again[-1].coef_ = np.asfortranarray(again[-1].coef_)
    assert parameters_hash(again)[0] == digest
    again[-1].coef_[0, 3] = np.nextafter(again[-1].coef_[0, 3], 1.0)
    assert parameters_hash(again)[0] != digest


def test_a_target_of_one_column_is_a_target(cancer, model):
    _, X_test, _, y_test = cancer
    flat, column = (audit(model, X_test, y) for y in (y_test, y_test.reshape(-1, 1)))
    assert flat.items["objective.gain_over_baseline"] == column.items["objective.gain_over_baseline"]


def test_missing_extra_names_what_to_install(cancer, model, monkeypatch):
    import sys

    _, X_test, _, y_test = cancer
    monkeypatch.setitem(sys.modules, "fairlearn.metrics", None)
    with pytest.raises(ImportError, match=r'pip install "sgdkit\[fairness\]"'):
        audit(model, X_test, y_test, sensitive_features=X_test[:, 0] > 14)


def test_fit_params_reach_the_refits(cancer):
    X_train, X_test, y_train, y_test = cancer
    weights = np.linspace(0.1, 2.0, len(y_train))
    key = "logisticregression__sample_weight"
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X_train, y_train, **{key: weights})
    given = {"X_train": X_train, "y_train": y_train}
    assert (
        audit(model, X_test, y_test, **given, fit_params={key: weights}).items["reproducibility.refit"].passed
    )
    assert audit(model, X_test, y_test, **given).items["reproducibility.refit"].passed is False
