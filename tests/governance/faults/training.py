"""Faults of optimizer, learning rate, penalty and scale."""

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sgdkit import LinearRegressor, LogisticClassifier

from ..gradient_descent import GradientDescent
from .registry import fault, fitted, numbers, split, world


def descent(**options):
    return make_pipeline(StandardScaler(), GradientDescent(**options))


@fault("optimizer.divergence", "not_diverged")
def rate_at_which_training_diverges(planted, folder):
    with np.errstate(all="ignore"):
        return fitted(descent(learning_rate=5.0 if planted else 0.3, max_iter=60), *split(*numbers()))


@fault("optimizer.longer_training", "near_optimum")
def stopped_too_early(planted, folder):
    return fitted(descent(learning_rate=1e-2, max_iter=20 if planted else 2000), *split(*numbers()))


@fault("optimizer.reference_gap", "near_optimum")
def stopped_too_early_without_iterations_to_extend(planted, folder):
    rate = "optimal" if not planted else "constant"
    model = SGDClassifier("log_loss", max_iter=200, tol=None, learning_rate=rate, eta0=1e-6, random_state=0)
    return fitted(make_pipeline(StandardScaler(), model), *split(*world()))


@fault("optimizer.exit_gradient")
def stopped_on_a_slope(planted, folder):
    model = LogisticRegression(max_iter=1 if planted else 200, C=100.0)
    return fitted(make_pipeline(StandardScaler(), model), *split(*world()))


@fault("optimizer.agreement")
def solver_with_a_loose_tolerance(planted, folder):
    model = LogisticClassifier(optimizer="gd", max_iter=1 if planted else 1000, random_state=0)
    return fitted(make_pipeline(StandardScaler(), model), *split(*world()))


@fault("optimizer.stop_reason", "near_optimum")
def cut_off_by_its_limit(planted, folder):
    return fitted(descent(max_iter=3 if planted else 2000), *split(*numbers()))


@fault("learning_rate.curvature_bound")
def rate_above_two_over_the_curvature(planted, folder):
    with np.errstate(all="ignore"):
        rate = 2.5 if planted else 0.2
        case = fitted(descent(learning_rate=rate, max_iter=3), *split(*numbers()))
    # The small regressor above keeps its own records; sgdkit's estimators report the penalty too.
    case.model[-1].components_["penalty"] = {"name": "l2", "params": {"l1": 0.0, "l2": 0.0}}
    return case


@fault("learning_rate.curvature_bound")
def rate_of_sgdkit_above_two_over_the_curvature(planted, folder):
    with np.errstate(all="ignore"):
        rate = 3.0 if planted else "auto"
        model = LinearRegressor(optimizer="sgd", learning_rate=rate, max_iter=2, random_state=0)
        return fitted(make_pipeline(StandardScaler(), model), *split(*numbers()))


@fault("learning_rate.sensitivity")
def rate_far_too_small(planted, folder):
    model = LinearRegressor(
        optimizer="sgd", learning_rate=1e-5 if planted else 1e-2, max_iter=30, tol=0.0, random_state=0
    )
    return fitted(make_pipeline(StandardScaler(), model), *split(*numbers()))


@fault("learning_rate.stability")
def objective_that_jumps(planted, folder):
    case = fitted(descent(learning_rate=0.3, max_iter=50), *split(*numbers()))
    if planted:
        objective = case.model[-1].history_["objective"]
        case.model[-1].history_["objective"] = objective + np.resize([0.0, 3.0], objective.size)
    return case


@fault("learning_rate.search_edge")
def rate_at_the_edge_of_the_grid(planted, folder):
    rates = [1e-5, 1e-4, 1e-3] if planted else [1e-5, 0.1, 2.5]
    with np.errstate(all="ignore"):
        search = GridSearchCV(GradientDescent(max_iter=50), {"learning_rate": rates}, cv=3)
        return fitted(search, *split(*numbers()))


@fault("regularization.search")
def strength_at_the_edge_of_the_grid(planted, folder):
    grid = {"alpha": [1e3, 1e4, 1e5] if planted else [1e-3, 30.0, 1e6]}
    X, y = numbers(n=80, p=20, noise=6.0)
    return fitted(GridSearchCV(Ridge(), grid, cv=3), *split(X, y))


@fault("regularization.train_test_gap")
def fitted_to_the_noise(planted, folder):
    X, y = world(n=120 if planted else 2000, p=80 if planted else 6, noise=3.0)
    return fitted(
        make_pipeline(StandardScaler(), LogisticRegression(C=1e6 if planted else 1.0)), *split(X, y)
    )


@fault("regularization.path")
def strength_that_smothers(planted, folder):
    return fitted(make_pipeline(StandardScaler(), Ridge(1e4 if planted else 1.0)), *split(*numbers()))


@fault("regularization.coefficient_stability")
def coefficients_of_twin_columns(planted, folder):
    X, y = numbers(n=120, p=6, noise=3.0)
    if planted:
        X = np.hstack([X, X + 1e-3 * np.random.default_rng(9).normal(size=X.shape)])
    return fitted(make_pipeline(StandardScaler(), Ridge(1e-8)), *split(X, y))


@fault("regularization.penalty_scale")
def penalty_on_raw_columns(planted, folder):
    X, y = world()
    X = X * np.logspace(0, 3, X.shape[1])
    model = LogisticRegression(max_iter=5000)
    return fitted(model if planted else make_pipeline(StandardScaler(), model), *split(X, y))


@fault("scaling.scale_ratio")
def columns_of_unequal_scale(planted, folder):
    X, y = world()
    X = X * np.logspace(0, 3, X.shape[1])
    model = SGDClassifier(random_state=0)
    return fitted(model if planted else make_pipeline(StandardScaler(), model), *split(X, y))


@fault("scaling.condition_number")
def ill_conditioned_columns(planted, folder):
    X, y = world()
    if planted:
        X = np.hstack([X, X[:, :1] + 1e-5 * np.random.default_rng(0).normal(size=(len(y), 1))])
    return fitted(LogisticRegression(), *split(X, y))
