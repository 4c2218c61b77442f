"""The automatic rate of linear rules rises while that pays, and falls where it did not."""

import warnings

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from sgdkit import LinearRegressor, LogisticClassifier
from sgdkit.backends.base import TrainState
from sgdkit.engine.rises import rises

RULES = "sgd", "momentum", "nesterov", "dual_averaging"


def fitted(model, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(X, y)


def test_it_doubles_while_an_epoch_still_brings_three_per_cent_up_to_its_ceiling():
    state = TrainState(np.zeros(1), np.zeros((0, 1)))
    assert not rises(state, 1.0)  # nothing to compare with
    state.best_objective = 1.0
    assert not rises(state, 0.98) and state.damping == 1.0
    assert rises(state, 0.96) and state.damping == 2.0
    state.ceiling = 3.0
    assert not rises(state, 0.5) and state.damping == 2.0


@pytest.mark.parametrize("rule", RULES)
def test_the_rate_rises_where_the_loss_curves_less_than_its_bound(rule):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2_000, 5))
    y = X @ rng.normal(size=5) > 0.0
    settings = {"optimizer": rule, "max_iter": 15, "tol": None, "random_state": 0}
    history = fitted(LogisticClassifier(**settings), X, y).history_
    assert history["learning_rate"][-1] >= 4.0 * history["learning_rate"][0]
    assert (history["objective"] <= 1.3 * np.minimum.accumulate(history["objective"])).all()


@pytest.mark.parametrize("rule", RULES)
def test_rare_categories_of_unit_variance_do_not_make_a_regression_diverge(rule):
    rng = np.random.default_rng(0)
    share = 1.0 / np.arange(1, 81) ** 1.5
    X = np.eye(80)[rng.choice(80, size=3_000, p=share / share.sum())]
    X = StandardScaler().fit_transform(X[:, X.any(axis=0)])
    y = X @ rng.normal(size=X.shape[1]) / 3.0 + rng.normal(size=3_000)
    settings = {"alpha": 1e-4, "tol": None, "max_iter": 15, "random_state": 0}
    best = LinearRegressor(alpha=1e-4).fit(X, y).history_["objective"].min()
    model = fitted(LinearRegressor(optimizer=rule, **settings), X, y)
    found = 0.5 * np.mean((model.predict(X) - y) ** 2) + 0.5e-4 * np.sum(model.coef_**2)
    assert found <= 1.02 * best
