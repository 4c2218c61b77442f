"""Faults of the objective: models and metrics that do not serve the task."""

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from .registry import fault, fitted, numbers, split, world


@fault("objective.metric_direction")
def error_taken_for_a_score(planted, folder):
    def metric(model, X, y):
        return (1.0 if planted else -1.0) * mean_squared_error(y, model.predict(X))

    return fitted(Ridge(), *split(*numbers()), scoring=metric)


@fault("objective.loss_metric_agreement")
def metric_contradicting_the_loss(planted, folder):
    def metric(model, X, y):
        sure = float(np.mean(np.abs(model.predict_proba(X)[:, 1] - 0.5)))
        return sure if planted else -sure

    X, y = world(n=400, p=30, noise=4.0)
    search = GridSearchCV(
        LogisticRegression(),
        {"C": np.logspace(-2, 3, 8)},
        scoring={"neg_log_loss": "neg_log_loss", "sureness": metric},
        refit="sureness",
        cv=3,
    )
    return fitted(search, *split(X, y))


@fault("objective.class_recall")
def minority_that_is_given_up(planted, folder):
    X, y = world(n=1500, noise=2.0)
    y = np.where(X[:, 0] > 1.2, y, 0)
    weight = None if planted else "balanced"
    model = LogisticRegression(C=1e-3 if planted else 1.0, class_weight=weight)
    return fitted(make_pipeline(StandardScaler(), model), *split(X, y))


@fault("objective.gain_over_baseline")
def constant_answer(planted, folder):
    model = DummyClassifier() if planted else LogisticRegression()
    return fitted(model, *split(*world()))


@fault("objective.calibration")
def probabilities_that_are_too_sure(planted, folder):
    case = fitted(make_pipeline(StandardScaler(), LogisticRegression()), *split(*world(n=1200)))
    case.model[-1].coef_ = case.model[-1].coef_ * (50.0 if planted else 1.0)
    return case
