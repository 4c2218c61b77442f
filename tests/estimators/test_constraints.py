"""Signs, bounds and monotone directions of coefficients."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import lsq_linear, minimize, nnls
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.model_selection import GridSearchCV

from sgdkit import HingeClassifier, LinearRanker, LinearRegressor, LogisticClassifier
from sgdkit.exceptions import ConvergenceWarning, InvalidParameterError, UnsupportedCombinationError

LONG = {"random_state": 0, "max_iter": 300, "tol": 1e-6, "n_iter_no_change": 20}


@pytest.fixture(scope="module")
def people():
    X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    return X, y


def squares(model, X, y):
    return 0.5 * np.mean((model.predict(X) - y) ** 2)


def test_positive_coefficients_come_close_to_non_negative_least_squares(people):
    X, y = (np.asarray(part) for part in people)
    model = LinearRegressor(positive=True, alpha=0.0, **LONG).fit(X, y)
    exact, _ = nnls(X - X.mean(axis=0), y - y.mean())
    optimum = 0.5 * np.mean(((X - X.mean(axis=0)) @ exact + y.mean() - y) ** 2)
    assert squares(model, X, y) == pytest.approx(optimum, rel=0.01)
    assert squares(model, X, y) >= optimum * (1 - 1e-9)
    assert (model.coef_ >= 0.0).all() and (model.coef_ == 0.0).any()


@pytest.mark.parametrize("optimizer", ["auto", "sgd", "momentum", "adam", "ftrl"])
@pytest.mark.parametrize("layout", [np.asarray, sp.csr_matrix], ids=["dense", "sparse"])
def test_bounds_come_close_to_bounded_least_squares(optimizer, layout):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 6)) * (rng.random((400, 6)) < 0.6)
    y = X @ np.array([2.0, -1.0, 0.5, 0.0, 3.0, -2.0]) + 0.3 * rng.normal(size=400)
    bounds = np.array([[0, 1], [-0.5, 0.5], [1, 2], [-1, -0.2], [-np.inf, np.inf], [-np.inf, -2.5]])
    exact = lsq_linear(X, y, bounds.T)
    model = LinearRegressor(
        bounds=bounds, alpha=0.0, fit_intercept=False, optimizer=optimizer, batch_size=32, **LONG
    ).fit(layout(X), y)
    assert squares(model, X, y) == pytest.approx(exact.cost / 400, rel=0.01)
    assert ((model.coef_ >= bounds[:, 0]) & (model.coef_ <= bounds[:, 1])).all()
    np.testing.assert_array_equal(model.bounds_, bounds)


@pytest.mark.parametrize("penalty", ["l2", "l1", "elasticnet"])
@pytest.mark.parametrize("optimizer", ["auto", "ftrl", "adam"])
def test_bounded_and_penalised_classification_comes_close_to_lbfgsb(cancer, penalty, optimizer):
    X, y = cancer
    X, n_features = X[:, :10], 10
    alpha, l1_ratio = 0.02, 0.5
    share = {"l2": 0.0, "l1": 1.0, "elasticnet": l1_ratio}[penalty]
    low, high = np.full(n_features, -0.3), np.where(np.arange(n_features) % 2, -0.1, 0.4)

    def objective(theta):
        # Coefficients as a difference of two positive parts make l1 smooth.
        w = theta[:n_features] - theta[n_features:-1]
        raw = X @ w + theta[-1]
        loss = np.mean(np.logaddexp(0.0, raw) - y * raw)
        return loss + alpha * (share * np.abs(w).sum() + 0.5 * (1 - share) * w @ w)

    def smooth(theta):
        w = theta[:n_features] - theta[n_features:-1]
        raw = X @ w + theta[-1]
        loss = np.mean(np.logaddexp(0.0, raw) - y * raw)
        slope = (1.0 / (1.0 + np.exp(-raw)) - y) / len(y)
        g = X.T @ slope + alpha * (1 - share) * w
        value = loss + alpha * (share * theta[:-1].sum() + 0.5 * (1 - share) * w @ w)
        return value, np.concatenate([g + alpha * share, -g + alpha * share, [slope.sum()]])

    positive = [(max(a, 0.0), max(b, 0.0)) for a, b in zip(low, high, strict=True)]
    negative = [(max(-b, 0.0), max(-a, 0.0)) for a, b in zip(low, high, strict=True)]
    start = np.append(np.array([a for a, _ in positive + negative]), 0.0)
    exact = minimize(smooth, start, jac=True, bounds=[*positive, *negative, (None, None)], tol=1e-12)
    model = LogisticClassifier(
        penalty=penalty, alpha=alpha, l1_ratio=l1_ratio, optimizer=optimizer,
        bounds=np.column_stack([low, high]), **LONG,
    ).fit(X, y)  # fmt: skip
    w = model.coef_[0]
    ours = objective(np.concatenate([w, np.zeros(n_features), model.intercept_]))
    assert ours == pytest.approx(objective(exact.x), rel=0.01)
    assert ((w >= low) & (w <= high)).all()


def test_directions_by_name_are_kept(people):
    X, y = people
    free = LinearRegressor(random_state=0).fit(X, y)
    against = {name: -int(np.sign(free.coef_[j])) for j, name in enumerate(X.columns[:5])}
    model = LinearRegressor(monotone=against, random_state=0).fit(X, y)
    assert all(against[name] * model.coef_[j] >= 0.0 for j, name in enumerate(X.columns[:5]))
    by_number = LinearRegressor(monotone=[*against.values(), 0, 0, 0, 0, 0], random_state=0).fit(X, y)
    np.testing.assert_array_equal(model.coef_, by_number.coef_)
    swapped = LinearRegressor(monotone={name: against.get(name, 0) for name in X.columns}, random_state=0)
    np.testing.assert_array_equal(swapped.fit(X, y).coef_, model.coef_)


def test_a_monotone_direction_is_that_of_the_prediction(cancer):
    X, y = cancer
    low, high = np.zeros((2, 30))
    high = high + np.eye(30)[3] * 2.0
    for direction in (1, -1):
        model = LogisticClassifier(monotone={3: direction}, random_state=0).fit(X, y)
        shift = model.predict_proba(np.array([low + high]))[0, 1] - model.predict_proba(np.array([low]))[0, 1]
        assert direction * shift >= 0.0
        assert direction * model.coef_[0, 3] >= 0.0


def test_float32_coefficients_lie_within_bounds_that_float32_cannot_hold():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3)).astype(np.float32)
    model = LinearRegressor(bounds=(0.1, 0.7), random_state=0).fit(X, 5.0 * X[:, 0] - X[:, 1])
    coef = model.coef_.astype(np.float64)
    assert model.coef_.dtype == np.float32 and (coef >= 0.1).all() and (coef <= 0.7).all()


def test_bounds_hold_for_every_class_ranking_streams_and_warm_starts(wine):
    X, y = wine
    for estimator in (LogisticClassifier, HingeClassifier):
        model = estimator(bounds=(-0.2, 0.3), random_state=0).fit(X, y)
        assert model.coef_.shape == (3, 13) and (np.abs(model.coef_ - 0.05) <= 0.25).all()
        assert (model.coef_ == 0.3).any() and (model.coef_ == -0.2).any()
    ranker = LinearRanker(positive=True, random_state=0).fit(X, -y.astype(float))
    assert (ranker.coef_ >= 0.0).all() and (ranker.coef_ > 0.0).any()
    stream = LogisticClassifier(positive=True, random_state=0)
    for chunk in range(3):
        stream.partial_fit(X[chunk::3], y[chunk::3], classes=[0, 1, 2])
        assert (stream.coef_ >= 0.0).all()
    stream.set_params(positive=False, bounds=(None, -0.01)).partial_fit(X, y)
    assert (stream.coef_ <= -0.01).all()
    warm = LinearRegressor(warm_start=True, random_state=0).fit(X, y)
    assert (warm.coef_ < 0.0).any()
    assert (warm.set_params(positive=True).fit(X, y).coef_ >= 0.0).all()


def test_bounds_that_exclude_a_model_without_features_are_no_divergence(people):
    X, y = people
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        model = LinearRegressor(bounds={"age": (500, 501)}, random_state=0).fit(X, y)
    assert model.converged_ and model.coef_[0] == 500.0


def test_equal_limits_fix_a_coefficient_and_wide_ones_change_nothing(people):
    X, y = people
    fixed = LinearRegressor(bounds={"bmi": (2.5, 2.5)}, random_state=0).fit(X, y)
    assert fixed.coef_[2] == 2.5
    free = LinearRegressor(random_state=0).fit(X, y)
    for same in ({"bounds": (None, np.inf)}, {"bounds": {}}, {"monotone": {}}, {"monotone": {"age": 0}}):
        model = LinearRegressor(random_state=0, **same).fit(X, y)
        assert model.bounds_ is None
        np.testing.assert_array_equal(model.coef_, free.coef_)
    free = LinearRegressor(optimizer="adagrad", random_state=0).fit(X, y)
    wide = LinearRegressor(random_state=0, bounds=(-1e9, 1e9)).fit(X, y)
    np.testing.assert_allclose(wide.coef_, free.coef_, rtol=1e-6)


def test_constraints_are_searched_cloned_and_named_in_the_objective(people):
    X, y = people
    grid = {"positive": [False, True], "bounds": [None, {"age": (0, 1)}], "monotone": [{"bmi": 1}]}
    search = GridSearchCV(LinearRegressor(random_state=0), grid, cv=2, error_score="raise").fit(X, y)
    assert len(search.cv_results_["params"]) == 4
    model = clone(LinearRegressor(bounds={"age": (0, 1)}, random_state=0)).fit(X, y)
    assert "subject to bounds_" in model.objective_
    with pytest.raises(UnsupportedCombinationError, match="within limits"):
        model.summary(X, y)


BAD = [
    ({"positive": 1}, "positive"),
    ({"bounds": "wide"}, "pair"),
    ({"bounds": 3.0}, "pair"),
    ({"bounds": (1, 0)}, "no number satisfies"),
    ({"bounds": (np.nan, 1)}, "limit nan"),
    ({"bounds": (np.inf, np.inf)}, "no number satisfies"),
    ({"bounds": ("a", 1)}, "limit 'a'"),
    ({"bounds": np.zeros((3, 2))}, r"shape \(10, 2\)"),
    ({"bounds": np.zeros((10, 3))}, r"shape \(10, 2\)"),
    ({"bounds": {"agee": (0, 1)}}, "Did you mean 'age'"),
    ({"bounds": {"income": (0, 1)}}, "X has 'age'"),
    ({"bounds": {"age": 1}}, "pair"),
    ({"bounds": {"age": (0, 1, 2)}}, "pair"),
    ({"bounds": {10: (0, 1)}}, "column numbers up to 9"),
    ({"bounds": {-1: (0, 1)}}, "column numbers up to 9"),
    ({"bounds": {True: (0, 1)}}, "key True"),
    ({"bounds": {0.5: (0, 1)}}, "key 0.5"),
    ({"monotone": {"age": 2}}, "signs are 1, -1 and 0"),
    ({"monotone": {"age": "up"}}, "signs are 1, -1 and 0"),
    ({"monotone": {"age": True}}, "signs are 1, -1 and 0"),
    ({"monotone": [1, -1]}, "array of 10 signs"),
    ({"monotone": "up"}, "array of 10 signs"),
    ({"monotone": 1}, "array of 10 signs"),
    ({"positive": True, "bounds": {"age": (-2, -1)}}, "leave no coefficient for feature 'age'"),
    ({"monotone": {"age": -1}, "bounds": {"age": (1, 2)}}, "leave no coefficient for feature 'age'"),
]


@pytest.mark.parametrize(("parameters", "message"), BAD, ids=str)
def test_what_is_no_constraint_is_refused_in_a_sentence(people, parameters, message):
    with pytest.raises(InvalidParameterError, match=message):
        LinearRegressor(**parameters).fit(*people)


def test_names_need_a_frame_and_directions_two_classes(people, wine):
    X, y = people
    with pytest.raises(InvalidParameterError, match="no feature names"):
        LinearRegressor(monotone={"age": 1}).fit(X.to_numpy(), y)
    with pytest.raises(UnsupportedCombinationError, match="3 classes"):
        LogisticClassifier(monotone={0: 1}).fit(*wine)
