import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import make_scorer, recall_score
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance import GovernanceReport, governance_scoring
from sgdkit.governance.scoring import DIMENSIONS

COLUMNS = {f"governance_{name}" for name in DIMENSIONS} | {
    "governance_score",
    "governance_risk",
    "governance_measured_score",
    "governance_measured_share",
    "governance_failed_gates",
}


@pytest.fixture
def data(cancer):
    X, _, y, _ = cancer
    return X, y


@pytest.fixture
def pipeline():
    return make_pipeline(GovernanceReport(), StandardScaler(), SGDClassifier(loss="log_loss", random_state=0))


def same(a, b):
    assert a.keys() == b.keys()
    for name in a:
        if "time" not in name and not name.startswith(("param", "rank")):
            assert np.array_equal(a[name], b[name]), name


def test_columns_are_equal_for_one_and_two_jobs(pipeline, data):
    X, y = data
    groups = {"sensitive_features": 0}
    X = np.column_stack([np.arange(len(y)) % 2, X])
    serial, parallel = (
        cross_validate(pipeline, X, y, cv=3, scoring=governance_scoring("accuracy", **groups), n_jobs=n)
        for n in (1, 2)
    )
    same(serial, parallel)
    assert set(serial) == {f"test_{name}" for name in COLUMNS | {"accuracy"}} | {"fit_time", "score_time"}
    assert all(np.isfinite(values).all() for values in serial.values())
    assert (serial["test_governance_fairness_review"] > 0.5).all()


def test_search_tunes_on_a_named_column_and_is_equal_for_two_jobs(pipeline, data):
    X, y = data
    grid = {"sgdclassifier__alpha": [1e-4, 1e-2]}
    searches = [
        GridSearchCV(
            pipeline, grid, scoring=governance_scoring("accuracy"), refit="accuracy", cv=3, n_jobs=n
        ).fit(X, y)
        for n in (1, 2)
    ]
    same(*(search.cv_results_ for search in searches))
    assert {f"mean_test_{name}" for name in COLUMNS | {"accuracy"}} <= set(searches[0].cv_results_)
    by_score = GridSearchCV(pipeline, grid, scoring=governance_scoring(), refit="governance_score", cv=3).fit(
        X, y
    )
    assert by_score.best_score_ == by_score.cv_results_["mean_test_governance_score"].max()


def test_values_are_plain_floats_without_a_column_called_score(pipeline, data):
    X, y = data
    result = governance_scoring()(pipeline.fit(X, y), X, y)
    assert {type(value) for value in result.values()} == {float}
    assert "score" not in result
    assert result["task_score"] == pipeline.score(X, y)


@pytest.mark.parametrize(
    ("scoring", "expected"),
    [
        (None, {"task_score"}),
        ("f1", {"f1"}),
        (["f1", "accuracy"], {"f1", "accuracy"}),
        ({"recall": make_scorer(recall_score), "acc": "accuracy"}, {"recall", "acc"}),
        (make_scorer(recall_score), {"task_score"}),
    ],
)
def test_task_metrics_keep_their_names(pipeline, data, scoring, expected):
    X, y = data
    result = governance_scoring(scoring)(pipeline.fit(X, y), X, y)
    assert set(result) - COLUMNS == expected


def test_planted_duplicates_show_in_every_fold(pipeline, data):
    X, y = data
    clean = cross_validate(pipeline, X, y, cv=3, scoring=governance_scoring())
    twice = cross_validate(pipeline, np.tile(X, (2, 1)), np.tile(y, 2), cv=3, scoring=governance_scoring())
    column = "test_governance_validation_discipline"
    assert (twice[column] < clean[column]).all()
    assert (twice["test_governance_failed_gates"] > clean["test_governance_failed_gates"]).all()


def test_routed_sensitive_features_reach_the_scorer(pipeline, data):
    X, y = data
    groups = np.where(np.arange(len(y)) % 2, "a", "b")
    with sklearn.config_context(enable_metadata_routing=True):
        params = {"sensitive_features": groups}
        routed = cross_validate(pipeline, X, y, cv=3, scoring=governance_scoring("accuracy"), params=params)
        plain = cross_validate(pipeline, X, y, cv=3, scoring=governance_scoring("accuracy"))
        search = GridSearchCV(
            pipeline,
            {"sgdclassifier__alpha": [1e-4, 1e-2]},
            scoring=governance_scoring("accuracy"),
            refit="accuracy",
            cv=3,
        ).fit(X, y, sensitive_features=groups)
    assert (routed["test_governance_fairness_review"] > 0).all()
    assert (plain["test_governance_fairness_review"] == 0).all()
    assert (search.cv_results_["mean_test_governance_fairness_review"] > 0).all()


def test_a_named_column_holds_the_sensitive_attribute_without_routing(data):
    X, y = data
    frame = pd.DataFrame(X[:, :5], columns=list("abcde")).assign(g=np.arange(len(y)) % 2)
    model = make_pipeline(GovernanceReport(), StandardScaler(), LogisticRegression())
    result = cross_validate(model, frame, y, cv=3, scoring=governance_scoring(sensitive_features="g"))
    assert (result["test_governance_fairness_review"] > 0).all()
    with pytest.raises(InvalidParameterError, match="no column of X"):
        governance_scoring(sensitive_features="missing")(model.fit(frame, y), frame, y)


def test_prefix_keeps_columns_apart(pipeline, data):
    X, y = data
    result = governance_scoring("accuracy", prefix="audit_")(pipeline.fit(X, y), X, y)
    assert {name.removeprefix("audit_") for name in result} == {
        n.removeprefix("governance_") for n in COLUMNS
    } | {"accuracy"}
    for prefix in ("", "a b"):
        with pytest.raises(InvalidParameterError, match="prefix is"):
            governance_scoring(prefix=prefix)
    with pytest.raises(InvalidParameterError, match="start with the prefix"):
        governance_scoring({"governance_score": "accuracy"})


def test_unknown_metric_is_refused():
    with pytest.raises(ValueError, match="acuracy"):
        governance_scoring("acuracy")
