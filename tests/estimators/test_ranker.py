import numpy as np
import pytest
import sklearn
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sgdkit import LinearRanker
from sgdkit.exceptions import DataWarning, InvalidParameterError


@pytest.fixture(scope="module")
def queries():
    rng = np.random.default_rng(1)
    sizes = rng.integers(3, 20, size=60)
    qid = np.repeat(np.arange(60), sizes)
    X = rng.normal(size=(len(qid), 5))
    signal = X @ [2.0, -1.0, 0.5, 0.0, 0.0] + 5.0 * rng.normal(size=60)[qid] + 0.3 * rng.normal(size=len(qid))
    grade = np.zeros(len(qid))
    for q in range(60):
        rows = qid == q
        grade[rows] = np.digitize(signal[rows], np.quantile(signal[rows], [0.5, 0.8]))
    return X, grade, qid


def test_ranking_within_queries_is_learned(queries):
    X, y, qid = queries
    model = LinearRanker(random_state=0).fit(X, y, qid=qid)
    assert model.score(X, y, qid=qid) > 0.97
    assert model.coef_[0] > -model.coef_[1] > model.coef_[2] > 0
    assert model.intercept_ == 0.0


def test_order_of_rows_across_queries_does_not_matter(queries):
    X, y, qid = queries
    model = LinearRanker(random_state=0).fit(X, y, qid=qid)
    mixed = np.argsort(np.random.default_rng(0).random(len(y)), kind="stable")
    mixed = mixed[np.argsort(np.random.default_rng(1).permutation(60)[qid[mixed]], kind="stable")]
    shuffled = np.random.default_rng(2).permutation(len(y))
    scattered = LinearRanker(random_state=0).fit(X[shuffled], y[shuffled], qid=qid[shuffled])
    assert scattered.score(X, y, qid=qid) == pytest.approx(model.score(X, y, qid=qid), abs=0.01)


def test_query_ids_may_be_strings(queries):
    X, y, qid = queries
    by_number = LinearRanker(random_state=0, max_iter=3, tol=None).fit(X, y, qid=qid)
    by_name = LinearRanker(random_state=0, max_iter=3, tol=None).fit(
        X, y, qid=np.char.add("q", qid.astype(str))
    )
    np.testing.assert_array_equal(by_number.coef_, by_name.coef_)


def test_integer_weights_are_repeated_rows(queries):
    X, y, qid = queries
    rows = qid < 8
    X, y, qid = X[rows], y[rows], qid[rows]
    weight = np.random.default_rng(0).integers(0, 3, size=len(y))
    settings = {"random_state": 0, "batch_size": 10_000, "max_iter": 50, "tol": None}
    weighted = LinearRanker(**settings).fit(X, y, qid=qid, sample_weight=weight)
    repeated = LinearRanker(**settings).fit(
        np.repeat(X, weight, axis=0), np.repeat(y, weight), qid=np.repeat(qid, weight)
    )
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, rtol=1e-9)


@pytest.mark.parametrize("routing", [True, False])
def test_qid_is_routed_by_default(queries, routing):
    X, y, qid = queries
    model = make_pipeline(StandardScaler(), LinearRanker(random_state=0))
    with sklearn.config_context(enable_metadata_routing=routing):
        if routing:
            scores = cross_validate(model, X, y, cv=GroupKFold(3), params={"qid": qid, "groups": qid})
            assert scores["test_score"].min() > 0.9
            search = GridSearchCV(model, {"linearranker__alpha": [1e-4, 1e-1]}, cv=GroupKFold(3))
            assert search.fit(X, y, qid=qid, groups=qid).best_score_ > 0.9
        else:
            model.fit(X, y, linearranker__qid=qid)


@pytest.mark.parametrize(
    ("qid", "message"),
    [(np.zeros(3), "3 entries"), (np.full(10, np.nan), "NaN"), (np.zeros((10, 2)), "1d")],
    ids=["short", "nan", "matrix"],
)
def test_bad_query_ids_are_refused(qid, message):
    with pytest.raises(ValueError, match=message):
        LinearRanker().fit(np.eye(10), np.arange(10.0), qid=qid)


def test_negative_grades_are_refused_by_the_score(queries):
    X, y, qid = queries
    model = LinearRanker(random_state=0, max_iter=2, tol=None).fit(X, y - 1, qid=qid)  # only the order counts
    with pytest.raises(InvalidParameterError, match="negative grades"):
        model.score(X, y - 1, qid=qid)


def test_one_very_long_query_comes_with_a_warning():
    X = np.random.default_rng(0).normal(size=(5_001, 2))
    with pytest.warns(DataWarning, match="5001 rows.*Pass qid"):
        LinearRanker(max_iter=1, tol=None).fit(X, (X[:, 0] > 0).astype(float))
