"""Faults of data: rows, labels and columns that are not what they should be."""

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sgdkit.governance import GovernanceReport

from .registry import fault, fitted, split, world


def model():
    return make_pipeline(GovernanceReport(), SimpleImputer(), StandardScaler(), LogisticRegression())


@fault("data.train_test_drift")
def shifted_test_set(planted, folder):
    X_train, X_test, y_train, y_test = split(*world())
    return fitted(model(), X_train, X_test + 1.0 * planted, y_train, y_test)


@fault("data.two_sample_auc")
def test_set_of_another_spread(planted, folder):
    X_train, X_test, y_train, y_test = split(*world())
    return fitted(model(), X_train, X_test * (2.0 if planted else 1.0), y_train, y_test)


@fault("data.target_drift")
def test_set_of_other_class_shares(planted, folder):
    X_train, X_test, y_train, y_test = split(*world())
    kept = np.flatnonzero((y_test == 1) | (np.arange(len(y_test)) % 4 == 0)) if planted else slice(None)
    return fitted(model(), X_train, X_test[kept], y_train, y_test[kept])


@fault("data.conflicting_labels")
def twins_with_other_labels(planted, folder):
    X, y = world()
    if planted:
        X, y = np.concatenate([X, X[:100]]), np.concatenate([y, 1 - y[:100]])
    return fitted(model(), *split(X, y))


@fault("data.class_balance")
def class_of_a_few_rows(planted, folder):
    X, y = world()
    if planted:
        y = np.where(np.cumsum(y) <= 12, y, 0)
    return fitted(model(), *split(X, y, stratify=y))


@fault("data.missing_values")
def column_that_is_mostly_missing(planted, folder):
    X, y = world()
    X[: 400 if planted else 40, 2] = np.nan
    return fitted(model(), *split(X, y))


@fault("data.constant_columns")
def columns_that_were_lost_on_the_way(planted, folder):
    X, y = world()
    X[:, 4:] *= not planted
    return fitted(model(), *split(X, y))


@fault("traceability.training_data")
def other_rows_than_the_recorded_ones(planted, folder):
    case = fitted(model(), *split(*world()))
    changed = case.given["X_train"].copy()
    changed[17, 3] += 1e-9 * planted
    case.given["X_train"] = changed
    return case
