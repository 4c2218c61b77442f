"""Faults of fairness: groups that are judged by other measures."""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from .registry import fault, fitted, split, world


def people(planted, change, n=1600):
    """Rows, labels and a group that `change(X, y, group)` treats unequally where the fault is planted."""
    X, y = world(n=n)
    group = np.random.default_rng(5).choice(["a", "b"], n)
    if planted:
        X, y = change(X.copy(), y.copy(), group == "b")
    X_train, X_test, y_train, y_test, _, g_test = split3(X, y, group)
    model = make_pipeline(StandardScaler(), LogisticRegression())
    return fitted(model, X_train, X_test, y_train, y_test, sensitive_features={"group": g_test})


def split3(X, y, group):
    rows = np.arange(len(y))
    train, test, y_train, y_test = split(rows, y)
    return X[train], X[test], y_train, y_test, group[train], group[test]


@fault("fairness.error_gap")
def labels_flipped_for_one_group(planted, folder):
    return people(planted, lambda X, y, b: (X, np.where(b & (np.arange(len(y)) % 2 == 0), 1 - y, y)))


@fault("fairness.outcome_gap")
def group_that_is_selected_less(planted, folder):
    return people(planted, lambda X, y, b: (X - 0.7 * np.outer(b, [0, 0, 0, 1, 1, 1]), y))


@fault("fairness.true_positive_gap")
def group_whose_merit_is_overlooked(planted, folder):
    return people(planted, lambda X, y, b: (X - 0.7 * np.outer(b & (y == 1), [0, 0, 0, 1, 1, 1]), y))


@fault("fairness.false_positive_gap")
def group_with_more_false_alarms(planted, folder):
    return people(planted, lambda X, y, b: (X + 0.7 * np.outer(b & (y == 0), [0, 0, 0, 1, 1, 1]), y))


@fault("fairness.calibration_gap")
def group_whose_probabilities_are_off(planted, folder):
    return people(planted, lambda X, y, b: (X + 0.7 * np.outer(b, [0, 0, 0, 1, 1, 1]), y))


@fault("fairness.threshold_sweep")
def gap_at_another_threshold(planted, folder):
    case = people(planted, lambda X, y, b: (X, y))
    if planted:
        b = case.given["sensitive_features"]["group"] == "b"
        case.X_test = np.where(b[:, None], case.X_test, case.X_test * 0.1)  # one group is never sure
    return case


@fault("fairness.proxy")
def column_that_gives_the_group_away(planted, folder):
    def tell(X, y, b):
        X[:, 1] = b + 0.3 * np.random.default_rng(0).normal(size=len(y))
        return X, y

    return people(planted, tell)


@fault("fairness.intersections")
def combination_that_nobody_looked_at(planted, folder):
    X, y = world(n=2400)
    generator = np.random.default_rng(5)
    one, two = generator.choice(["a", "b"], len(y)), generator.choice(["x", "y"], len(y))
    if planted:
        y = np.where((one == "b") & (two == "y") & (generator.random(len(y)) < 0.5), 1 - y, y)
    rows = np.arange(len(y))
    train, test, y_train, y_test = split(rows, y)
    model = make_pipeline(StandardScaler(), LogisticRegression())
    given = {"sensitive_features": {"one": one[test], "two": two[test]}}
    return fitted(model, X[train], X[test], y_train, y_test, **given)


@fault("fairness.group_counts", "fairness_examined", ("fairness.outcome_gap", "fairness.error_gap"))
def groups_too_small_to_compare(planted, folder):
    case = people(False, None)
    if planted:
        case.given["sensitive_features"] = {"group": np.arange(len(case.y_test))}
    return case
