"""What weights of rows and classes mean, at once and in a stream."""

import pickle

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.utils import compute_class_weight

from sgdkit import HingeClassifier, LinearRegressor, LogisticClassifier
from sgdkit.estimators._classifier import balanced_factors

FIXED = {"learning_rate": 0.05, "tol": None, "random_state": 0}


@pytest.fixture(scope="module")
def rare():
    return make_classification(2000, 6, weights=[0.95], flip_y=0.05, class_sep=0.7, random_state=0)


def coefficients(model):
    return np.append(np.ravel(model.coef_), np.ravel(model.intercept_))


@pytest.mark.parametrize("sampling", ["auto", "replacement", "balanced", "importance"])
def test_a_weight_of_two_counts_like_two_equal_rows_at_convergence(rare, sampling):
    X, y = (part[:600] for part in rare)
    weight = np.where(X[:, 0] > 0.0, 2.0, 1.0)
    settings = {"alpha": 0.01, "max_iter": 200, "batch_size": 100, "tol": None, "random_state": 0}
    weighted = LogisticClassifier(sampling=sampling, **settings).fit(X, y, sample_weight=weight)
    repeats = weight.astype(int)
    repeated = LogisticClassifier(**settings).fit(np.repeat(X, repeats, axis=0), np.repeat(y, repeats))
    plain = LogisticClassifier(**settings).fit(X, y)
    gaps = [np.linalg.norm(coefficients(other) - coefficients(repeated)) for other in (weighted, plain)]
    assert gaps[0] < 0.25 * gaps[1]


def test_the_balance_is_scikit_learns_where_all_classes_were_seen():
    y = np.repeat([0, 1, 2], [70, 25, 5])
    weight = np.random.default_rng(0).uniform(0.5, 2.0, 100)
    expected = compute_class_weight("balanced", classes=np.arange(3), y=y, sample_weight=weight)
    assert balanced_factors(np.bincount(y, weight)) == pytest.approx(expected)
    assert balanced_factors(np.array([6.0, 0.0, 2.0])) == pytest.approx([8 / 12, 1.0, 8 / 4])


def test_one_balanced_chunk_is_a_balanced_fit(rare):
    X, y = rare
    at_once = LogisticClassifier(class_weight="balanced", max_iter=1, **FIXED).fit(X, y)
    stream = LogisticClassifier(class_weight="balanced", **FIXED).partial_fit(X, y, classes=[0, 1])
    np.testing.assert_array_equal(coefficients(stream), coefficients(at_once))


@pytest.mark.parametrize("size", [5, 50])
@pytest.mark.parametrize("estimator", [LogisticClassifier, HingeClassifier])
def test_a_balanced_stream_finds_the_rare_class_that_a_plain_one_ignores(rare, estimator, size):
    X, y = rare
    shares = {}
    for class_weight in (None, "balanced"):
        model = estimator(class_weight=class_weight, learning_rate=0.01, optimizer="sgd", random_state=0)
        for start in range(0, len(y), size):
            rows = slice(start, start + size)
            model.partial_fit(X[rows], y[rows], classes=[0, 1])
        shares[class_weight] = np.mean(model.predict(X)[y == 1])
    assert shares["balanced"] > shares[None] + 0.1


def test_the_balance_counts_weighted_rows_over_calls_pickles_and_a_fit(rare):
    X, y = rare
    weight = np.random.default_rng(0).uniform(0.5, 2.0, len(y))
    model = LogisticClassifier(class_weight="balanced", random_state=0)
    for start in range(0, 2000, 500):
        rows = slice(start, start + 500)
        model = pickle.loads(pickle.dumps(model.partial_fit(X[rows], y[rows], [0, 1], weight[rows])))
    assert model._training["class_counts"] == pytest.approx(np.bincount(y, weight))
    assert model._training["weight_seen"][1] == 2000
    model.fit(X[:700], y[:700]).partial_fit(X[700:], y[700:])
    assert model._training["class_counts"] == pytest.approx(np.bincount(y))


def test_in_a_stream_heavy_chunks_count_more_than_light_ones():
    X, y = np.ones((2, 1)), np.array([0.0, 1.0])
    settings = {"fit_intercept": False, "alpha": 0.0, "optimizer": "sgd", "learning_rate": 0.03}
    model = LinearRegressor(**settings)
    for _ in range(400):
        model.partial_fit(X[:1], y[:1], sample_weight=[1.0]).partial_fit(X[1:], y[1:], sample_weight=[3.0])
    assert model.coef_[0] == pytest.approx(0.75, abs=0.02)


def test_a_stream_without_weights_is_one_with_equal_weights():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    models = [LinearRegressor(**FIXED) for _ in range(2)]
    for start in range(0, 200, 40):
        rows = slice(start, start + 40)
        models[0].partial_fit(X[rows], X[rows, 0])
        models[1].partial_fit(X[rows], X[rows, 0], sample_weight=np.full(40, 7.0))
    np.testing.assert_allclose(coefficients(models[0]), coefficients(models[1]), rtol=1e-12)


def test_a_first_row_of_one_class_does_not_rule_the_other_out(rare):
    model = LogisticClassifier(**FIXED).partial_fit(rare[0][:1], [0], classes=[0, 1])
    assert model.predict_proba(rare[0]).min() > 0.1


def test_labels_of_any_kind_are_balanced_and_unknown_words_are_refused(rare):
    X, y = rare
    names = np.where(y == 1, "rare", "common")
    model = LogisticClassifier(class_weight="balanced").partial_fit(X[:10], names[:10], ["common", "rare"])
    assert set(model.predict(X)) <= {"common", "rare"}
    for call in (lambda m: m.fit(X, y), lambda m: m.partial_fit(X, y, [0, 1])):
        with pytest.raises(ValueError, match="balanced"):
            call(LogisticClassifier(class_weight="fair"))
