"""Models whose ``fit`` and ``score`` need more than X and y."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.datasets import load_diabetes
from sklearn.model_selection import GridSearchCV, GroupKFold, GroupShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sgdkit import LinearRanker
from sgdkit.governance import GovernanceReport, audit
from sgdkit.governance.grading import Grade


@pytest.fixture(scope="module")
def ranking():
    """A search over a ranker, and what an audit of it needs."""
    X, progression = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    qid = X.pop("age").astype(int).to_numpy()
    grades = np.digitize(progression, [100, 150, 220])
    train, test = next(GroupShuffleSplit(1, test_size=0.25, random_state=0).split(X, groups=qid))
    model = make_pipeline(GovernanceReport(), StandardScaler(), LinearRanker(random_state=0))
    with config_context(enable_metadata_routing=True):
        search = GridSearchCV(model, {"linearranker__alpha": [0.01, 0.1]}, cv=GroupKFold(3))
        search.fit(X.iloc[train], grades[train], qid=qid[train], groups=qid[train])
    given = {
        "X_train": X.iloc[train],
        "y_train": grades[train],
        "fit_params": {"linearranker__qid": qid[train]},
    }
    return search, X.iloc[test], grades[test], qid[test], given


def test_score_params_reach_the_score_of_a_pipeline(ranking):
    search, X, y, qid, given = ranking
    record = audit(search, X, y, score_params={"qid": qid}, **given)
    scaled = search.best_estimator_[:-1].transform(X)
    expected = search.best_estimator_[-1].score(scaled, y, qid=qid)
    assert record.subject["test_score"] == pytest.approx(expected)
    assert record.items["validation.search_optimism"].measured["test"] == pytest.approx(expected)
    assert record.items["reproducibility.refit"].passed


def test_without_score_params_nothing_is_scored_and_the_remedy_is_named(ranking):
    search, X, y, _, given = ranking
    record = audit(search, X, y, **given)
    assert record.subject["test_score"] is None
    item = record.items["validation.search_optimism"]
    assert item.grade is Grade.ABSENT
    assert "score_params={'qid': ...}" in item.summary


def test_what_the_audit_cannot_judge_is_absent_and_not_guessed(ranking):
    search, X, y, qid, given = ranking
    record = audit(search, X, y, score_params={"qid": qid}, **given)
    for check in ("robustness.noise", "validation.resolution", "objective.gain_over_baseline"):
        assert record.items[check].grade is Grade.ABSENT
