"""With the automatic rate every rule trains real data sensibly, in whatever units the columns are."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.preprocessing import StandardScaler

from sgdkit import HingeClassifier, LinearRegressor, LogisticClassifier
from sgdkit.exceptions import ConvergenceWarning
from sgdkit.optimizers import SGD, UpdateRule
from sgdkit.plugin.registry import Registry

BUILTIN = Registry().table("optimizer", plugins=False)
RULES = {name: kind for name, kind in BUILTIN.items() if issubclass(kind, UpdateRule)}


def fitted(model, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an epoch limit is no fault here
        return model.fit(X, y)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_regression_ends_within_two_per_cent_of_the_optimum(rule):
    X, y = load_diabetes(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    model = fitted(LinearRegressor(optimizer=rule(), max_iter=1000, random_state=0), X, y)
    w = np.linalg.solve(X.T @ X / len(y) + 1e-4 * np.eye(10), X.T @ (y - y.mean()) / len(y))
    best = 0.5 * np.mean((X @ w + y.mean() - y) ** 2) + 0.5e-4 * w @ w
    found = 0.5 * np.mean((model.predict(X) - y) ** 2) + 0.5e-4 * np.sum(model.coef_**2)
    assert best <= found <= 1.02 * best


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_raw_columns_are_classified_as_well_as_scaled_ones(rule):
    X, y = load_breast_cancer(return_X_y=True)
    for data in (X, StandardScaler().fit_transform(X)):
        model = fitted(LogisticClassifier(optimizer=rule(), max_iter=200, random_state=0), data, y)
        assert model.score(data, y) > 0.95


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_columns_in_other_units_give_the_same_path_under_every_rule(rule):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(300, 6))
    signal = X @ rng.normal(size=6) + 0.3 * rng.normal(size=300)
    raw = (X + [0, 3, -20, 100, -5, 1]) * 10.0 ** np.linspace(-6, 6, 6)
    for model, y in (
        (LinearRegressor, signal),
        (LogisticClassifier, np.digitize(signal, [-1.0, 1.0])),
        (HingeClassifier, signal > 0.0),
    ):
        settings = {"optimizer": rule(), "alpha": 0.0, "max_iter": 20, "tol": None, "random_state": 0}
        plain, other = (fitted(model(**settings), each, y).history_["objective"] for each in (X, raw))
        assert other == pytest.approx(plain, rel=1e-9)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_standing_still_far_from_the_optimum_is_not_converged(rule):
    X, y = load_breast_cancer(return_X_y=True)
    best = LogisticClassifier(tol=1e-9).fit(X, y).history_["objective"].min()
    model = fitted(LogisticClassifier(optimizer=rule(), max_iter=300, random_state=0), X, y)
    raw = model.decision_function(X)
    gap = np.mean(np.logaddexp(0.0, raw) - y * raw) + 0.5e-4 * np.sum(model.coef_**2) - best
    assert gap > 0.0
    assert not (model.converged_ and gap > 0.015 * best)
    if model.stop_reason_ == "stalled":
        with pytest.warns(ConvergenceWarning, match="stood still, but it can still be"):
            LogisticClassifier(optimizer=rule(), max_iter=300, random_state=0).fit(X, y)


def test_raw_heavy_and_rare_columns_never_end_in_silent_nonsense():
    rng = np.random.default_rng(0)
    X = rng.standard_t(1.5, (600, 5)) * 10.0 ** np.linspace(-6, 6, 5)
    X = np.hstack([X, (rng.random((600, 3)) < 0.01).astype(float)])
    y = X @ (rng.normal(size=8) / X.std(axis=0)) + rng.normal(size=600)
    best = LinearRegressor(tol=1e-9).fit(X, y).history_["objective"].min()
    for rows in (X, sp.csr_matrix(X)):
        for rule in ("sgd", "momentum", "nesterov", "adagrad", "adam"):
            model = fitted(LinearRegressor(optimizer=rule, random_state=0), rows, y)
            found = 0.5 * np.mean((model.predict(rows) - y) ** 2) + 0.5e-4 * np.sum(model.coef_**2)
            assert found < 1.02 * best or not model.converged_, rule


def test_a_diverging_epoch_is_taken_back_and_made_again_at_a_lower_rate():
    class Wild(SGD):
        name = "wild"
        auto_rate = 300.0

    X, y = load_diabetes(return_X_y=True)
    model = fitted(LinearRegressor(optimizer=Wild(), alpha=1e-3, random_state=0), X, y)
    assert model.stop_reason_ != "not_finite" and model.score(X, y) > 0.4


def test_the_automatic_rate_keeps_an_average_but_not_where_zeros_or_scores_decide():
    X, y = load_diabetes(return_X_y=True)
    settings = {"optimizer": "sgd", "random_state": 0, "max_iter": 5}

    def averages(**more):
        return "averaging" in fitted(LinearRegressor(**settings | more), X, y).components_

    assert averages() and averages(learning_rate="reduce_on_plateau")
    assert not averages(penalty="l1") and not averages(early_stopping=True)
    assert not averages(learning_rate=0.1) and not averages(average=False)


def test_dual_averaging_gives_exact_zeros_and_does_not_fall_back_to_its_start():
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    settings = {"penalty": "l1", "alpha": 0.02, "tol": None, "max_iter": 300, "random_state": 0}
    model = fitted(LogisticClassifier(optimizer="dual_averaging", **settings), X, y)
    assert 0 < np.count_nonzero(model.coef_) < 30 and model.score(X, y) > 0.95
    # It may rise, where the rule starts anew, but to fall would shrink the weights.
    assert (np.diff(model.history_["learning_rate"]) >= 0.0).all()
