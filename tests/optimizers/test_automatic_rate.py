"""With the automatic rate every rule trains real data sensibly, in whatever units the columns are."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.preprocessing import StandardScaler

from sgdkit import LinearRegressor, LogisticClassifier
from sgdkit.optimizers import UpdateRule
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


def test_dual_averaging_gives_exact_zeros_and_does_not_fall_back_to_its_start():
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    settings = {"penalty": "l1", "alpha": 0.02, "tol": None, "max_iter": 300, "random_state": 0}
    model = fitted(LogisticClassifier(optimizer="dual_averaging", **settings), X, y)
    assert 0 < np.count_nonzero(model.coef_) < 30 and model.score(X, y) > 0.95
    assert (np.diff(model.history_["learning_rate"]) == 0.0).all()
