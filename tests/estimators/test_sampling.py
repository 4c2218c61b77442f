"""Which rows an epoch visits."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.metrics import log_loss

from sgdkit import HingeClassifier, LinearRanker, LinearRegressor, LogisticClassifier
from sgdkit.exceptions import InvalidParameterError, UnsupportedCombinationError

SAMPLINGS = ("replacement", "stratified", "balanced", "importance")


@pytest.fixture(scope="module")
def rare():
    """A class of 4 %, rows of very different norms and weights, some of them zero."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1500, 4)) * rng.exponential(size=(1500, 1))
    y = (X @ np.array([1.0, -1.0, 0.5, 0.0]) + rng.logistic(size=1500) > 3.5).astype(int)
    weight = rng.exponential(size=1500) * (rng.random(1500) < 0.9)
    return X, y, weight


def objective(model, X, y, weight):
    penalty = 0.005 * np.square(model.coef_).sum()
    return log_loss(y, model.predict_proba(X), sample_weight=weight) + penalty


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_every_sampling_minimises_the_stated_objective(rare, sampling):
    X, y, weight = rare
    settings = {"alpha": 0.01, "tol": None, "max_iter": 100, "random_state": 0}
    exact = LogisticClassifier(batch_size=1500, **settings).fit(X, y, sample_weight=weight)
    model = LogisticClassifier(sampling=sampling, **settings).fit(X, y, sample_weight=weight)
    assert objective(model, X, y, weight) == pytest.approx(objective(exact, X, y, weight), rel=0.01)
    assert model.history_["objective"][-1] == pytest.approx(objective(model, X, y, weight), rel=0.1)
    assert model.components_["backend"]["params"]["sampling"] == sampling


@pytest.mark.parametrize("layout", [np.asarray, sp.csr_matrix])
@pytest.mark.parametrize("optimizer", ["auto", "adam"])
@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_every_backend_visits_the_same_rows(rare, sampling, layout, optimizer):
    X, y, weight = (part[:300] for part in rare)
    X = np.where(np.abs(X) < 0.3, 0.0, X)
    settings = {"sampling": sampling, "optimizer": optimizer, "learning_rate": 0.1, "batch_size": 7}
    settings |= {"max_iter": 2, "tol": None, "random_state": 0}
    compiled = LogisticClassifier(**settings).fit(layout(X), y, sample_weight=weight)
    reference = LogisticClassifier(backend="reference", **settings).fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(compiled.coef_, reference.coef_, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(compiled.history_["objective"], reference.history_["objective"], rtol=1e-9)


@pytest.mark.parametrize("sampling", ["auto", *SAMPLINGS])
def test_rows_of_weight_zero_are_no_rows(rare, sampling):
    X, y, weight = rare
    kept = weight > 0.0
    settings = {"sampling": sampling, "max_iter": 3, "tol": None, "random_state": 0}
    with_them = LogisticClassifier(**settings).fit(X, y, sample_weight=weight)
    without = LogisticClassifier(**settings).fit(X[kept], y[kept], sample_weight=weight[kept])
    np.testing.assert_array_equal(with_them.coef_, without.coef_)


def test_drawing_classes_equally_with_balanced_weights_leaves_all_rows_the_same_weight(rare):
    from sgdkit.data.sampling import ByClass
    from sgdkit.estimators._batches import corrected

    _, y, _ = rare
    share = np.bincount(y) / len(y)
    balanced = 1.0 / (2.0 * share[y])
    assert corrected(balanced, ByClass(y, equal=True)) == pytest.approx(np.ones(len(y)))


def test_importance_needs_fewer_epochs_where_weights_differ_much():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 5))
    y = X @ np.arange(1.0, 6.0) + rng.normal(size=3000)
    weight = np.where(rng.random(3000) < 0.02, 100.0, 0.1)
    gaps = {}
    exact = np.linalg.lstsq(
        np.sqrt(weight)[:, None] * np.column_stack([X, np.ones(3000)]), np.sqrt(weight) * y
    )[0]
    for sampling in ("auto", "importance"):
        model = LinearRegressor(
            sampling=sampling, optimizer="sgd", learning_rate=0.01, alpha=0.0, batch_size=16, max_iter=4,
            tol=None, random_state=0,
        ).fit(X, y, sample_weight=weight)  # fmt: skip
        gaps[sampling] = np.linalg.norm(model.coef_ - exact[:5])
    assert gaps["importance"] < 0.7 * gaps["auto"]


def test_the_gradient_that_stops_training_is_that_of_the_stated_objective(rare):
    X, y, weight = rare
    settings = {"grad_tol": 0.5, "max_iter": 1, "tol": None, "learning_rate": 1e-9, "random_state": 0}
    norms = []
    for sampling in ("auto", "balanced", "importance"):
        model = LogisticClassifier(sampling=sampling, **settings).fit(X, y, weight)
        norms.append(model.history_["full_gradient_norm"][0])
    assert norms == pytest.approx([norms[0]] * 3, rel=1e-6)


def test_streams_rankings_and_regressions_are_sampled(rare):
    X, y, weight = rare
    stream = LogisticClassifier(sampling="balanced", random_state=0)
    for start in range(0, 1500, 300):  # chunks may hold one class only
        stream.partial_fit(X[start : start + 300], y[start : start + 300], classes=[0, 1])
    stream.partial_fit(X[y == 0], y[y == 0])
    assert np.isfinite(stream.coef_).all()
    ranker = LinearRanker(sampling="replacement", random_state=0).fit(
        X, X[:, 0].round(), np.arange(1500) // 10
    )
    assert ranker.coef_[0] > 5 * np.abs(ranker.coef_[1:]).max()
    regressor = LinearRegressor(sampling="importance", random_state=0).fit(sp.csr_matrix(X), X[:, 0], weight)
    assert regressor.coef_[0] == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(
    ("estimator", "parameters", "message"),
    [
        (LogisticClassifier, {"sampling": "random"}, "must be one of 'auto', 'replacement'"),
        (LogisticClassifier, {"sampling": None}, "must be one of"),
        (HingeClassifier, {"sampling": "balanced", "shuffle": False}, "shuffle=False keeps them in order"),
        (LinearRegressor, {"sampling": "stratified"}, "needs classes"),
        (LinearRegressor, {"sampling": "balanced"}, "needs classes"),
        (LinearRanker, {"sampling": "importance"}, "whole queries"),
        (LinearRanker, {"sampling": "stratified"}, "whole queries"),
    ],
)
def test_samplings_without_a_meaning_are_refused(rare, estimator, parameters, message):
    with pytest.raises(InvalidParameterError, match=message) as caught:
        estimator(**parameters).fit(*rare[:2])
    assert "one of" in message or isinstance(caught.value, UnsupportedCombinationError)
