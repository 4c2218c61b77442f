import numpy as np
import pytest
from sklearn.linear_model import ElasticNet, Ridge

from sgdkit import LinearRegressor


def test_ridge_optimum_is_reached(diabetes):
    X, y = diabetes
    alpha = 1e-4
    exact = Ridge(alpha=alpha * len(y)).fit(X, y)
    ours = LinearRegressor(alpha=alpha, random_state=0, tol=1e-7).fit(X, y)

    def objective(model):
        return np.mean((model.predict(X) - y) ** 2) / 2 + alpha / 2 * np.square(model.coef_).sum()

    assert objective(ours) == pytest.approx(objective(exact), rel=1e-2)
    assert objective(ours) >= objective(exact) * (1 - 1e-9)


def test_elastic_net_objective_is_scikit_learns():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 20))
    y = X[:, :3] @ [3.0, -2.0, 1.0] + 5.0 + 0.1 * rng.normal(size=500)
    exact = ElasticNet(alpha=0.1, l1_ratio=0.7, tol=1e-10).fit(X, y)
    ours = LinearRegressor(penalty="elasticnet", alpha=0.1, l1_ratio=0.7, random_state=0, tol=1e-8).fit(X, y)
    np.testing.assert_allclose(ours.coef_, exact.coef_, atol=0.03)
    assert ours.intercept_ == pytest.approx(exact.intercept_, abs=0.03)
    assert (exact.coef_[3:] == 0.0).all()
    assert (ours.coef_[3:] == 0.0).mean() > 0.8


def test_a_target_in_thousands_needs_no_scaling(diabetes):
    X, y = diabetes
    small = LinearRegressor(alpha=0.0, random_state=0).fit(X, y)
    large = LinearRegressor(alpha=0.0, random_state=0).fit(X, 1e6 * y + 1e9)
    assert large.score(X, 1e6 * y + 1e9) == pytest.approx(small.score(X, y), abs=0.01)


def test_no_intercept_means_none():
    X = np.random.default_rng(0).normal(size=(100, 3)) + 2.0
    model = LinearRegressor(fit_intercept=False, random_state=0).fit(X, X.sum(axis=1))
    assert model.intercept_ == 0.0
    assert model.score(X, X.sum(axis=1)) > 0.95


def test_one_row_and_a_constant_target_do_not_break():
    model = LinearRegressor().fit(np.ones((1, 2)), [3.0])
    assert model.predict(np.ones((1, 2)))[0] == pytest.approx(3.0)
    assert np.isfinite(LinearRegressor().fit(np.eye(5), np.ones(5)).coef_).all()
