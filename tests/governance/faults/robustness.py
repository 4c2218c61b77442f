"""Faults of robustness: models that hold only where they were made."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from .registry import fault, fitted, numbers, split, world


def logistic(**options):
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000, **options))


def fine_difference(planted):
    """Labels that follow the tiny difference of two columns, or six columns with noise."""
    if not planted:
        return world()
    generator = np.random.default_rng(0)
    a = generator.normal(size=(600, 1))
    X = np.hstack([a, a + 1e-3 * generator.normal(size=(600, 1))])
    return X, (X[:, 1] > X[:, 0]).astype(int)


@fault("robustness.noise")
def answer_that_breaks_under_noise(planted, folder):
    return fitted(logistic(C=1e10 if planted else 1.0), *split(*fine_difference(planted)))


@fault("robustness.adversarial_margin")
def rows_that_lie_on_the_boundary(planted, folder):
    return fitted(logistic(C=1e10 if planted else 1.0), *split(*fine_difference(planted)))


@fault("robustness.missing_values")
def answer_that_needs_every_value(planted, folder):
    return fitted(logistic(C=1e10 if planted else 1.0), *split(*fine_difference(planted)))


@fault("robustness.feature_dropout")
def single_point_of_failure(planted, folder):
    X, y = world(noise=10.0 if planted else 1.0)
    if planted:
        X[:, 2] = y + np.random.default_rng(0).normal(scale=0.3, size=len(y))
    else:
        X = np.hstack([X, X + 0.1 * np.random.default_rng(0).normal(size=X.shape)])
    return fitted(logistic(C=0.01 if not planted else 1.0), *split(X, y))


@fault("robustness.single_feature")
def spurious_shortcut(planted, folder):
    X, y = world()
    if planted:
        X[:, 2] = 3.0 * y + np.random.default_rng(0).normal(scale=0.1, size=len(y))
    return fitted(logistic(), *split(X, y))


@fault("robustness.covariate_shift")
def model_that_fails_where_values_are_high(planted, folder):
    X, y = numbers(n=1500)
    if planted:
        y = y + 4.0 * np.maximum(0.0, X[:, 0]) ** 2 * np.sign(X[:, 1])
    return fitted(Ridge(), *split(X, y))


@fault("robustness.worst_slice")
def model_that_fails_in_a_quarter_of_the_world(planted, folder):
    X, y = world(n=1500)
    if planted:
        y = np.where(X[:, 3] > 0.7, 1 - y, y)
    return fitted(logistic(), *split(X, y))


@fault("robustness.label_noise")
def training_that_follows_every_wrong_label(planted, folder):
    X, y = world(n=2000)
    y = (X[:, 5] > 0.0).astype(int)
    model = (
        DecisionTreeClassifier(random_state=0)
        if planted
        else HistGradientBoostingClassifier(max_iter=20, max_leaf_nodes=4, random_state=0)
    )
    return fitted(model, *split(X, y))
