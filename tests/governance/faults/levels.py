"""False alarms of the statistical checks, where their null is true by construction on real rows."""

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from .clean_runs import prepared
from .clean_sets import SETS
from .registry import Case, examine_all

# The level that each states: the chance to fail without the fault that it looks for.
SPLIT = {
    "validation.duplicates": 0.01,
    "validation.near_duplicates": 0.01,
    "validation.target_leak": 0.01,
    "data.train_test_drift": 0.01,
    "data.two_sample_auc": 0.01,
    "data.target_drift": 0.01,
}
GROUPS = {
    "fairness.outcome_gap": 0.05,
    "fairness.error_gap": 0.05,
    "fairness.true_positive_gap": 0.05,
    "fairness.false_positive_gap": 0.05,
    "fairness.calibration_gap": 0.05,
    "fairness.threshold_sweep": 0.05,
    "fairness.intersections": 0.05,
    "fairness.proxy": 0.01,
}
ERRORS = {"robustness.worst_slice": 0.01, "robustness.covariate_shift": 0.01, "objective.calibration": 0.05}
LEVELS = SPLIT | GROUPS | ERRORS


class Cache:
    """Sets that were read once."""

    def __init__(self):
        self.sets = {}

    def __getitem__(self, name):
        if name not in self.sets:
            self.sets[name] = SETS[name]()
        return self.sets[name]


def null_runs(cache, name, seed):
    """Cases in which nothing is wrong: a random split, groups drawn by lot, errors that follow nothing."""
    rows, generator = cache[name], np.random.default_rng(seed)
    places = generator.permutation(len(rows.y))[:1500]
    train, test = train_test_split(places, test_size=0.35, random_state=seed)
    take = rows.X.iloc if hasattr(rows.X, "iloc") else rows.X
    model = Ridge() if rows.task == "regression" else LogisticRegression(max_iter=300)
    model = make_pipeline(*prepared(rows.X), model).fit(take[train], rows.y[train])
    X_test, y_test = take[test], rows.y[test]
    given = {"X_train": take[train], "y_train": rows.y[train], "random_state": seed}
    yield SPLIT, Case(model, X_test, y_test, given)
    lots = {
        "one": generator.choice(["a", "b"], len(test)),
        "two": generator.choice(["x", "y", "z"], len(test)),
    }
    yield GROUPS, Case(model, X_test, y_test, {"sensitive_features": lots, "random_state": seed})
    if rows.task == "regression":
        spread = float(np.std(rows.y)) / 2.0
        y_null = model.predict(X_test) + spread * generator.normal(size=len(test))
    else:
        chances = np.cumsum(model.predict_proba(X_test), axis=1)
        drawn = (generator.random((len(test), 1)) > chances[:, :-1]).sum(axis=1)
        y_null = model.classes_[drawn]
        yield {"objective.calibration": 0.05}, Case(model, X_test, y_null, {"random_state": seed})
        wrong = generator.random(len(test)) < 0.2
        answers = model.predict(X_test)
        others = np.roll(model.classes_, 1)[np.searchsorted(model.classes_, answers)]
        y_null = np.where(wrong, others, answers)
    if not sp.issparse(X_test):
        errors = {key: ERRORS[key] for key in ("robustness.worst_slice", "robustness.covariate_shift")}
        yield errors, Case(model, X_test, y_null, {"random_state": seed})


def false_alarms(names, n_seeds):
    """Failures and runs of each statistical check."""
    cache, counts = Cache(), {check: [0, 0] for check in LEVELS}
    for name in names:
        for seed in range(n_seeds):
            for levels, case in null_runs(cache, name, seed):
                for check_id, item in examine_all(levels, case).items():
                    if item.passed is not None:
                        counts[check_id][0] += item.passed is False
                        counts[check_id][1] += 1
    return counts
