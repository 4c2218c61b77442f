"""The objective that is written down again, against finite differences and the estimators' own optima."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import approx_fprime
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, SGDClassifier

from sgdkit import LinearRegressor, LogisticClassifier
from sgdkit.governance.evidence.linear_objective import linear_objective

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(200, 4)) * [1.0, 10.0, 0.1, 3.0] + 2.0
NUMBERS = X @ [1.0, 0.2, -5.0, 0.3] + GENERATOR.normal(size=200)
TWO = (np.median(NUMBERS) < NUMBERS).astype(int)
THREE = np.digitize(NUMBERS, np.quantile(NUMBERS, [0.3, 0.7]))

MODELS = [
    (LinearRegression(), NUMBERS),
    (Ridge(3.0), NUMBERS),
    (LogisticRegression(C=0.5, tol=1e-10, max_iter=10_000), TWO),
    (LogisticRegression(C=0.5, tol=1e-10, max_iter=10_000), THREE),
    (LinearRegressor(alpha=0.05, tol=1e-10), NUMBERS),
    (LogisticClassifier(alpha=0.05, tol=1e-10), TWO),
    (LogisticClassifier(alpha=0.05, tol=1e-10), THREE),
]
IDS = [f"{type(model).__name__}-{len(np.unique(y))}" for model, y in MODELS]


@pytest.mark.parametrize(("model", "y"), MODELS, ids=IDS)
def test_the_optimum_of_the_objective_is_where_the_estimator_ends(model, y):
    objective, W, b = linear_objective(model.fit(X, y), X, y, {})
    value = objective.value_and_gradient(W, b)[0]
    assert value == pytest.approx(objective.lowest_value(W * 0.0, b * 0.0), rel=1e-6)
    assert objective.gradient_share(W, b) < 1e-3


@pytest.mark.parametrize(("model", "y"), MODELS, ids=IDS)
def test_the_gradient_is_the_slope_of_the_objective(model, y):
    objective, W, b = linear_objective(model.fit(X, y), X, y, {})
    W, b = W + 0.1, b - 0.2
    _, gW, gb = objective.value_and_gradient(W, b)

    def function(theta):
        return objective.value_and_gradient(theta[: W.size].reshape(W.shape), theta[W.size :])[0]

    numeric = approx_fprime(np.concatenate([W.ravel(), b]), function)
    assert np.concatenate([gW.ravel(), gb]) == pytest.approx(numeric, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("sparse", [False, True])
def test_the_curvature_is_the_largest_eigenvalue(sparse):
    rows = sp.csr_array(X) if sparse else X
    objective, _, _ = linear_objective(Ridge(2.0).fit(X, NUMBERS), rows, NUMBERS, {})
    expected = np.linalg.eigvalsh(np.cov(X.T, bias=True))[-1] + 2.0 / 200
    assert objective.largest_curvature() == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(
    ("model", "fit_params", "why"),
    [
        (RandomForestClassifier(n_estimators=2), {}, "not one that can be computed"),
        (SGDClassifier("hinge"), {}, "not one that can be computed"),
        (LogisticRegression(l1_ratio=1.0, solver="saga", max_iter=5000), {}, "not one that can be computed"),
        (LogisticRegression(class_weight="balanced"), {}, "weighted"),
        (LogisticRegression(), {"sample_weight": np.ones(200)}, "weighted"),
        (SGDClassifier("log_loss"), {}, "One-against-rest"),
    ],
)
def test_what_is_not_known_is_not_guessed(model, fit_params, why):
    y = THREE if "One" in why else TWO
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    assert why in linear_objective(model.fit(scaled, y), scaled, y, fit_params)
