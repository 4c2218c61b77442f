"""Margin losses, smoothed labels, and what scikit-learn builds on decision values."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import minimize
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_wine, make_classification
from sklearn.metrics import brier_score_loss, f1_score
from sklearn.model_selection import TunedThresholdClassifierCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from sgdkit import HingeClassifier, LogisticClassifier
from sgdkit.exceptions import InvalidParameterError
from sgdkit.losses import Logistic, ModifiedHuber, SmoothHinge, Softmax, SquaredHinge

MARGIN = ["hinge", "squared_hinge", "smooth_hinge", "modified_huber", "perceptron"]
X, Y = make_classification(
    1_500, 6, n_informative=6, n_redundant=0, n_clusters_per_class=1, flip_y=0.05, random_state=3
)  # fmt: skip
WINE = load_wine(return_X_y=True)


@pytest.mark.parametrize("loss", MARGIN)
def test_every_margin_loss_classifies_two_and_three_classes(loss):
    model = make_pipeline(StandardScaler(), HingeClassifier(loss, alpha=1e-3, random_state=0))
    assert model.fit(X, Y).score(X, Y) > (0.8 if loss == "perceptron" else 0.9)
    assert model.fit(*WINE).score(*WINE) > 0.97
    assert model[-1].coef_.shape == (3, 13)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_decision_values_keep_the_precision(dtype):
    model = HingeClassifier("smooth_hinge", random_state=0).fit(X.astype(dtype), Y)
    assert model.decision_function(X.astype(dtype)).dtype == np.dtype(dtype)


def objective(loss, coef, intercept, alpha=0.01):
    raw = (X @ coef + intercept)[:, None]
    value, slope = loss.evaluate_batch(np, raw, Y * 1.0, np.full(len(Y), 1.0 / len(Y)), np.zeros(1, int))
    return value + 0.5 * alpha * coef @ coef, np.append(X.T @ slope[:, 0] + alpha * coef, slope.sum())


@pytest.mark.parametrize("loss", [SquaredHinge(), SmoothHinge(), ModifiedHuber(), Logistic(0.2)], ids=repr)
def test_smooth_losses_end_at_the_optimum(loss):
    estimator = LogisticClassifier if loss.name == "log_loss" else HingeClassifier
    model = estimator(loss, alpha=0.01, tol=1e-5, random_state=0).fit(X, Y)
    best = minimize(
        lambda p: objective(loss, p[:-1], p[-1]), np.zeros(7), jac=True, method="L-BFGS-B",
        options={"ftol": 1e-15, "gtol": 1e-10},
    ).fun  # fmt: skip
    found, _ = objective(loss, model.coef_[0], model.intercept_[0])
    assert found / best - 1.0 < 1e-4


def test_squared_hinge_has_the_objective_of_linear_svc():
    model = HingeClassifier("squared_hinge", alpha=0.01, fit_intercept=False, tol=1e-6, random_state=0)
    svc = LinearSVC(C=1.0 / (0.01 * len(Y)), fit_intercept=False, tol=1e-8, max_iter=100_000)
    ours, theirs = (
        objective(SquaredHinge(), fitted.coef_[0], 0.0)[0] for fitted in (model.fit(X, Y), svc.fit(X, Y))
    )
    assert ours == pytest.approx(theirs, rel=1e-4)


def test_smoothing_keeps_probabilities_away_from_the_ends():
    separable = np.where(X[:, 0] > 0.0, 1, 0)
    sharp = LogisticClassifier(alpha=0.0, max_iter=200, tol=None, random_state=0).fit(X, separable)
    smooth = LogisticClassifier(Logistic(0.1), alpha=0.0, random_state=0).fit(X, separable)
    assert np.median(smooth.predict_proba(X).max(axis=1)) < np.median(sharp.predict_proba(X).max(axis=1))
    assert smooth.score(X, separable) > 0.95


def test_smoothing_reaches_the_multinomial_form_and_back():
    three = make_pipeline(StandardScaler(), LogisticClassifier(Logistic(0.3), random_state=0)).fit(*WINE)
    assert isinstance(three[-1].loss_, Softmax) and three[-1].loss_.smoothing == 0.3
    assert np.median(three.predict_proba(WINE[0]).max(axis=1)) == pytest.approx(0.8, abs=0.07)
    two = LogisticClassifier(Softmax(0.3), random_state=0).fit(X, Y)
    assert isinstance(two.loss_, Logistic) and two.loss_.smoothing == 0.3
    same = LogisticClassifier("softmax", random_state=0).fit(X, Y)
    plain = LogisticClassifier(random_state=0).fit(X, Y)
    np.testing.assert_array_equal(same.coef_, plain.coef_)
    nested = LogisticClassifier(random_state=0).set_params(loss="log_loss", loss__smoothing=0.3).fit(X, Y)
    np.testing.assert_array_equal(nested.coef_, two.coef_)


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, np.nan, "much"])
def test_bad_smoothing_is_refused(smoothing):
    with pytest.raises(InvalidParameterError, match="smoothing"):
        LogisticClassifier(Logistic(smoothing)).fit(X, Y)


def test_softmax_of_two_classes_is_refused_where_there_is_one_output():
    with pytest.raises(InvalidParameterError, match="more than two classes"):
        HingeClassifier("softmax").fit(X, Y)


@pytest.mark.parametrize("loss", ["hinge", "modified_huber"])
def test_calibrated_decision_values_are_probabilities(loss):
    model = make_pipeline(StandardScaler(), HingeClassifier(loss, alpha=1e-3, random_state=0))
    calibrated = CalibratedClassifierCV(model, cv=3)
    probability = cross_val_predict(calibrated, X, Y, cv=3, method="predict_proba")[:, 1]
    constant = np.full(len(Y), Y.mean())
    assert brier_score_loss(Y, probability) < 0.75 * brier_score_loss(Y, constant)
    assert CalibratedClassifierCV(model, cv=3).fit(*WINE).predict_proba(WINE[0]).shape == (178, 3)


@pytest.mark.parametrize("estimator", [HingeClassifier, LogisticClassifier])
def test_a_tuned_threshold_finds_more_of_a_rare_class(estimator):
    model = make_pipeline(StandardScaler(), estimator(alpha=1e-3, random_state=0))
    rare = Y & (X[:, 1] > 0.5)
    tuned = TunedThresholdClassifierCV(model, scoring="f1", cv=3).fit(X, rare)
    assert f1_score(rare, tuned.predict(X)) >= f1_score(rare, model.fit(X, rare).predict(X))


def test_sparse_coefficients_classify_alike_and_come_back():
    for rows, labels in ((X, Y), WINE):
        model = HingeClassifier(penalty="l1", alpha=0.01, random_state=0).fit(rows, labels)
        dense, before = model.coef_.copy(), model.decision_function(rows)
        assert sp.issparse(model.sparsify().coef_)
        np.testing.assert_allclose(model.decision_function(rows), before, rtol=1e-10)
        np.testing.assert_array_equal(model.densify().coef_, dense)
