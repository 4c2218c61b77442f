"""The parameters `clip_norm`, `clip_value` and `average`, on every estimator."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone, is_classifier

from sgdkit import HingeClassifier, LinearRanker, LinearRegressor, LogisticClassifier
from sgdkit.exceptions import InvalidParameterError, UnsupportedCombinationError

ESTIMATORS = (LogisticClassifier, HingeClassifier, LinearRegressor, LinearRanker)


@pytest.fixture(params=ESTIMATORS, ids=lambda e: e.__name__)
def problem(request):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(300, 6))
    signal = X @ rng.normal(size=6) + 0.3 * rng.normal(size=300)
    if request.param is LinearRegressor:
        return request.param, X, signal
    return request.param, X, np.digitize(signal, [-1.0, 1.0])


def coefficients(model):
    return np.append(np.ravel(model.coef_), np.ravel(model.intercept_))


def short(estimator, **settings):
    return estimator(**{"max_iter": 6, "tol": None, "random_state": 0, **settings})


@pytest.mark.parametrize("average", [True, 100, "polynomial", "exponential"])
def test_the_better_of_last_weights_and_average_is_the_model_and_on_record(problem, average):
    estimator, X, y = problem
    model = short(estimator, average=average, learning_rate=0.5, optimizer="sgd", batch_size=4).fit(X, y)
    last = short(estimator, learning_rate=0.5, optimizer="sgd", batch_size=4).fit(X, y)
    record = model.components_["averaging"]
    figures = record["params"]
    better = figures["objective_of_average"] < figures["objective_of_last"]
    assert record["model"] == ("average" if better else "last")
    assert np.array_equal(coefficients(model), coefficients(last)) != better
    assert "averaging" not in last.components_


def test_the_average_of_a_noisy_run_is_nearer_to_the_optimum():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 5))
    y = X @ np.arange(1.0, 6.0) + 2.0 * rng.normal(size=2000)
    exact = np.linalg.lstsq(X, y, rcond=None)[0]
    settings = {"optimizer": "sgd", "learning_rate": 0.05, "batch_size": 4, "alpha": 0.0, "max_iter": 20}

    def distance(average):
        model = short(LinearRegressor, average=average, **settings).fit(X, y)
        return np.linalg.norm(model.coef_ - exact)

    last = distance(False)
    assert all(distance(average) < 0.4 * last for average in (True, "polynomial", "exponential", 4000))


def test_sparse_and_reference_averages_are_the_dense_ones(problem):
    estimator, X, y = problem
    X = np.where(np.abs(X) < 0.7, 0.0, X)
    settings = {"average": "polynomial", "learning_rate": 0.05, "batch_size": 32, "alpha": 1e-2}
    dense = short(estimator, **settings).fit(X, y)
    for other in (
        short(estimator, **settings).fit(sp.csr_matrix(X), y),
        short(estimator, **settings, backend="reference").fit(X, y),
    ):
        np.testing.assert_allclose(coefficients(other), coefficients(dense), rtol=1e-9, atol=1e-11)
        assert other.components_["averaging"]["model"] == dense.components_["averaging"]["model"]


def test_with_early_stopping_the_average_is_scored_and_kept(problem):
    estimator, X, y = problem
    model = estimator(early_stopping=True, average=True, random_state=0, max_iter=1000, n_iter_no_change=5)
    model.fit(X[60:], y[60:], X_val=X[:60], y_val=y[:60])
    assert model.components_["averaging"]["model"] == "average"
    assert model.score(X[:60], y[:60]) == pytest.approx(np.nanmax(model.history_["validation_score"]))


def test_a_stream_averages_over_its_calls_and_survives_pickling(problem):
    estimator, X, y = problem
    extra = {"classes": np.unique(y)} if is_classifier(estimator()) else {}
    settings = {"learning_rate": 0.1, "batch_size": 50, "random_state": 0, "average": True}
    model, raw = estimator(**settings), estimator(**{**settings, "average": False})
    points = []
    for start in range(0, 300, 50):
        chunk = slice(start, start + 50)
        model = pickle.loads(pickle.dumps(model)).partial_fit(X[chunk], y[chunk], **extra)
        points.append(coefficients(raw.partial_fit(X[chunk], y[chunk], **extra)))
    np.testing.assert_allclose(coefficients(model), np.mean(points, axis=0), rtol=1e-9, atol=1e-12)


def test_a_warm_start_goes_on_from_the_model(problem):
    estimator, X, y = problem
    settings = {"average": True, "warm_start": True, "learning_rate": 1e-12, "optimizer": "sgd"}
    model = short(estimator, **settings).fit(X, y)
    before = coefficients(model)
    np.testing.assert_allclose(coefficients(model.fit(X, y)), before, atol=1e-9)


def test_clipping_bounds_what_an_outlier_can_do(problem):
    estimator, X, y = problem
    X = X.copy()
    X[7] *= 1e4
    settings = {"optimizer": "sgd", "learning_rate": 0.01, "batch_size": 1, "max_iter": 1}
    free, clipped = (short(estimator, **settings, clip_norm=c).fit(X, y) for c in (None, 0.1))
    assert np.linalg.norm(clipped.coef_) <= 300 * 0.01 * 0.1
    assert np.linalg.norm(free.coef_) > 3 * np.linalg.norm(clipped.coef_)
    by_value = short(estimator, **settings, clip_value=0.01).fit(X, y)
    assert np.abs(by_value.coef_).max() <= 300 * 0.01 * 0.01 + 1e-12


def test_a_limit_that_is_never_reached_changes_nothing(problem):
    estimator, X, y = problem
    plain = short(estimator).fit(X, y)
    for settings in ({"clip_norm": 1e9}, {"clip_value": 1e9}):
        np.testing.assert_array_equal(
            coefficients(short(estimator, **settings).fit(X, y)), coefficients(plain)
        )


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("clip_norm", 0.0), ("clip_norm", "1"), ("clip_value", -1.0), ("average", -1), ("average", "mean"),
     ("average", 0.5), ("average", None), ("random_state", -1), ("random_state", 2**32),
     ("random_state", "1"), ("random_state", 0.5)],
)  # fmt: skip
def test_bad_values_are_refused_by_name(problem, parameter, value):
    estimator, X, y = problem
    with pytest.raises(InvalidParameterError, match=parameter):
        clone(estimator(**{parameter: value})).fit(X, y)


def test_schedule_free_training_ends_near_the_optimum_and_its_mean_is_the_model(problem):
    estimator, X, y = problem
    settings = {"optimizer": "adagrad", "random_state": 0, "max_iter": 100, "tol": None}
    model = estimator(average="schedule_free", **settings).fit(X, y)
    assert model.components_["averaging"]["model"] == "average"
    plain = estimator(**settings).fit(X, y)
    least = plain.history_["objective"].min()
    assert model.history_["objective"][-1] <= 1.05 * least + 1e-3


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"optimizer": "ftrl"}, "'ftrl' computes its weights anew from all gradients. Use average=True"),
        ({"optimizer": "sgd", "positive": True}, "positive=True would hold where gradients are taken"),
    ],
)
def test_what_schedule_free_steps_would_break_is_refused(problem, settings, sentence):
    estimator, X, y = problem
    with pytest.raises(UnsupportedCombinationError, match=sentence):
        estimator(average="schedule_free", **settings).fit(X, y)
