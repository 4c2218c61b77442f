"""Faults of reproducibility: runs that cannot be had again."""

import importlib
import sys

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from .registry import fault, fitted, split, world

SETTLED = {"max_iter": 500, "alpha": 0.05}


def sgd(**options):
    return make_pipeline(StandardScaler(), SGDClassifier(**{"max_iter": 5, "tol": None, **options}))


@fault("reproducibility.refit", "refit_reproduces")
def unseeded_run(planted, folder):
    return fitted(sgd(random_state=None if planted else 0), *split(*world()))


@fault("reproducibility.refit", "refit_reproduces")
def model_swapped_after_training(planted, folder):
    case = fitted(make_pipeline(StandardScaler(), LogisticRegression()), *split(*world()))
    if planted:
        case.model[-1].coef_ = case.model[-1].coef_ * 1.5
    return case


@fault("reproducibility.row_order")
def hidden_dependence_on_the_order_of_rows(planted, folder):
    noisy = {"learning_rate": "constant", "eta0": 1.0, "max_iter": 1, "shuffle": False}
    return fitted(
        sgd(random_state=0, **(noisy if planted else {"max_iter": 500, "alpha": 0.05})), *split(*world())
    )


@fault("reproducibility.seed_spread")
def result_that_is_a_lottery_of_seeds(planted, folder):
    model = (
        DecisionTreeClassifier(max_features=1, random_state=0)
        if planted
        else sgd(loss="log_loss", random_state=0, max_iter=500, alpha=0.05)
    )
    return fitted(model, *split(*world()))


@fault("reproducibility.seed_spread")
def seed_chosen_by_its_result(planted, folder):
    noisy = {"learning_rate": "constant", "eta0": 5.0, "max_iter": 1}
    return fitted(
        sgd(random_state=7, **(noisy if planted else {"max_iter": 500, "alpha": 0.05})), *split(*world())
    )


class CountsItsWorkers(ClassifierMixin, BaseEstimator):
    """Adds up in as many parts as it has workers, and rounds each: a reduction that hangs on n_jobs."""

    def __init__(self, n_jobs=None, exact=False):
        self.n_jobs = n_jobs
        self.exact = exact

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        parts = np.array_split(X[y == self.classes_[1]], 1 if self.exact else (self.n_jobs or 1))
        self.coef_ = np.sum([np.round(part.sum(axis=0) / 40.0) for part in parts], axis=0)
        return self

    def decision_function(self, X):
        return X @ self.coef_

    def predict(self, X):
        return self.classes_[(self.decision_function(X) > 0.0).astype(int)]


@fault("reproducibility.workers", "refit_reproduces")
def result_that_hangs_on_the_number_of_workers(planted, folder):
    return fitted(CountsItsWorkers(exact=not planted), *split(*world()))


_MODULE = """
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

class {name}(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        mean = X[y == self.classes_[1]].mean(axis=0)
        self.coef_ = mean + {planted} * (hash("column") % 1000)
        return self

    def predict(self, X):
        return self.classes_[(X @ self.coef_ > 0.0).astype(int)]
"""


@fault("reproducibility.fresh_process", "refit_reproduces")
def result_that_hangs_on_the_hash_seed(planted, folder):
    name = "SaltedByHash" if planted else "NotSalted"
    (folder / f"module_{name.lower()}.py").write_text(_MODULE.format(name=name, planted=int(planted)))
    sys.path.insert(0, str(folder))  # the other process finds the module the same way
    module = importlib.import_module(f"module_{name.lower()}")
    return fitted(getattr(module, name)(), *split(*world()))
