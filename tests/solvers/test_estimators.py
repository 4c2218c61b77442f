"""Solvers through the estimators: what auto picks, what is refused, what is left behind."""

import pickle
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.linear_model import (
    GammaRegressor,
    LogisticRegression,
    PoissonRegressor,
    QuantileRegressor,
)
from sklearn.metrics import mean_pinball_loss
from sklearn.svm import LinearSVC, LinearSVR

from sgdkit import HingeClassifier, LinearRanker, LinearRegressor, LogisticClassifier
from sgdkit.exceptions import ConvergenceWarning, UnsupportedCombinationError
from sgdkit.losses import (
    AbsoluteError,
    EpsilonInsensitive,
    Huber,
    PointwiseLoss,
    Quantile,
    SquaredEpsilonInsensitive,
)
from sgdkit.solvers import BUILTIN, LBFGS, Newton

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(300, 6)) * np.array([1.0, 100.0, 0.01, 1.0, 1.0, 1.0]) + 5.0
SIGNAL = (X - 5.0) @ np.array([1.0, -0.02, 50.0, 0.0, 0.0, 0.0]) + RANDOM.normal(size=300)
LABELS = (SIGNAL > 0.3).astype(int)
CLASSES = np.digitize(SIGNAL, [-1.0, 1.0])


class Plain(PointwiseLoss):
    """A smooth loss without second derivatives or a conjugate."""

    name = "plain"
    tasks = frozenset({"regression"})
    curvature = 1.0

    @staticmethod
    def evaluate(raw, y, hyper):
        miss = raw - y
        return np.logaddexp(miss, -miss), 2.0 / (1.0 + np.exp(-2.0 * miss)) - 1.0


def fit(estimator, y, rows=X, **settings):
    return estimator(random_state=0, **settings).fit(rows, y)


AUTO = [
    (LogisticClassifier, LABELS, {}, "newton"),
    (LogisticClassifier, CLASSES, {}, "newton"),
    (LinearRegressor, SIGNAL, {}, "newton"),
    (LinearRegressor, SIGNAL, {"penalty": None}, "newton"),
    (LinearRegressor, SIGNAL, {"penalty": "l1"}, "coordinate_descent"),
    (LogisticClassifier, CLASSES, {"penalty": "elasticnet"}, "coordinate_descent"),
    (HingeClassifier, LABELS, {"alpha": 1e-2}, "interior_point"),
    (HingeClassifier, CLASSES, {"alpha": 1e-2}, "interior_point"),
    (HingeClassifier, LABELS, {"loss": "squared_hinge"}, "newton"),
    (HingeClassifier, CLASSES, {"loss": "modified_huber"}, "interior_point"),
    (HingeClassifier, LABELS, {"loss": "smooth_hinge", "penalty": "l1"}, "coordinate_descent"),
    (HingeClassifier, LABELS, {"loss": "perceptron"}, "adagrad"),
    (HingeClassifier, LABELS, {"penalty": "l1"}, "interior_point"),
    (LinearRegressor, SIGNAL, {"loss": "huber"}, "interior_point"),
    (LinearRegressor, SIGNAL, {"loss": "absolute_error"}, "interior_point"),
    (LinearRegressor, SIGNAL, {"loss": Quantile([0.1, 0.5, 0.9])}, "interior_point"),
    (LinearRegressor, SIGNAL, {"loss": "epsilon_insensitive"}, "interior_point"),
    (LinearRegressor, SIGNAL, {"loss": "squared_epsilon_insensitive"}, "newton"),
    (LinearRegressor, LABELS, {"loss": "poisson"}, "newton"),
    (LinearRegressor, LABELS + 1, {"loss": "gamma", "penalty": "elasticnet"}, "coordinate_descent"),
    (LinearRegressor, SIGNAL, {"loss": "absolute_error", "penalty": None}, "adagrad"),
    (LinearRegressor, SIGNAL, {"loss": Plain()}, "adagrad"),
    (LogisticClassifier, LABELS, {"learning_rate": 0.1}, "adagrad"),
    (LogisticClassifier, LABELS, {"batch_size": 32}, "adagrad"),
    (LogisticClassifier, LABELS, {"early_stopping": True}, "adagrad"),
    (LogisticClassifier, LABELS, {"tol": None, "max_iter": 3}, "adagrad"),
    (LogisticClassifier, LABELS, {"backend": "reference"}, "adagrad"),
    (LinearRanker, LABELS, {}, "newton"),
    (LinearRanker, LABELS, {"penalty": "l1"}, "coordinate_descent"),
    (LinearRanker, LABELS, {"batch_size": 50}, "adagrad"),
]


@pytest.mark.parametrize(("estimator", "y", "settings", "name"), AUTO)
def test_auto_picks_and_says_why(estimator, y, settings, name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = fit(estimator, y, **settings)
    assert model.optimizer_ == model.components_["optimizer"]["name"] == name
    assert model.optimizer_reason_.endswith(".") and model.optimizer_reason_.count(". ") == 0
    proved = name != "adagrad" and settings.get("penalty", "l2") is not None
    assert np.isfinite(model.optimality_gap_) == proved
    if proved:
        assert model.converged_
        assert model.optimality_gap_ <= 1e-4 * model.history_["objective"].min()


@pytest.mark.parametrize(("penalty", "n_columns"), [("l2", 3_100), ("l1", 3_100)])
def test_a_hinge_too_large_to_factor_is_solved_by_products(penalty, n_columns):
    rows = sp.random(2_100, n_columns, density=0.01, format="csr", random_state=0)
    y = rows @ RANDOM.normal(size=n_columns) > 0
    optimizer = "auto" if penalty == "l1" else "interior_point"
    model = fit(HingeClassifier, y, rows=rows, alpha=1e-3, penalty=penalty, optimizer=optimizer)
    assert (model.optimizer_, model.converged_) == ("interior_point", True)
    assert penalty == "l2" or "products are used" in model.optimizer_reason_
    if penalty == "l2":
        other = fit(HingeClassifier, y, rows=rows, alpha=1e-3, optimizer="sdca")
        best = [m.history_["objective"].min() for m in (model, other)]
        assert best[0] == pytest.approx(best[1], rel=2e-4)


def test_partial_fit_is_an_update_rule_and_goes_on_from_a_solver():
    model = fit(LogisticClassifier, LABELS, alpha=1e-2)
    before = model.score(X, LABELS)
    model.partial_fit(X, LABELS)
    assert model.optimizer_ == "adagrad" and np.isnan(model.optimality_gap_)
    assert model.score(X, LABELS) > before - 0.05


REFUSED = [
    (LinearRanker, {"optimizer": "interior_point"}, "lines and bounded parabolas"),
    (HingeClassifier, {"optimizer": "newton"}, "second derivatives.*'adagrad'.*'interior_point'"),
    (LogisticClassifier, {"optimizer": "lbfgs", "penalty": "l1"}, "no l1.*'coordinate_descent'"),
    (LogisticClassifier, {"optimizer": "interior_point"}, "lines and bounded parabolas"),
    (LogisticClassifier, {"optimizer": "newton", "early_stopping": True}, "early_stopping"),
    (LogisticClassifier, {"optimizer": Newton(), "backend": "numba"}, "backend='numba'"),
    (HingeClassifier, {"optimizer": "sdca", "penalty": None}, "l2 penalty above zero"),
]


@pytest.mark.parametrize(("estimator", "settings", "message"), REFUSED)
def test_what_a_solver_cannot_do_is_refused_in_a_sentence(estimator, settings, message):
    with pytest.raises(UnsupportedCombinationError, match=message):
        fit(estimator, LABELS, **settings)


def test_a_solver_is_refused_in_partial_fit():
    with pytest.raises(UnsupportedCombinationError, match="partial_fit sees one chunk"):
        LogisticClassifier(optimizer="newton").partial_fit(X, LABELS, classes=[0, 1])


def test_a_loss_without_second_derivatives_takes_first_order_solvers_without_proof():
    model = fit(LinearRegressor, SIGNAL, loss=Plain(), optimizer="lbfgs")
    assert model.converged_ and np.isnan(model.optimality_gap_)
    with pytest.raises(UnsupportedCombinationError, match=r"second derivatives.*'lbfgs'"):
        fit(LinearRegressor, SIGNAL, loss=Plain(), optimizer="newton")


def test_history_has_one_row_an_iteration_and_a_gap_that_was_kept():
    model = fit(LogisticClassifier, LABELS)
    assert {len(column) for column in model.history_.values()} == {model.n_iter_}
    np.testing.assert_array_equal(model.history_["epoch"], np.arange(1, model.n_iter_ + 1))
    assert (np.diff(model.history_["objective"]) < 0.0).all()
    assert (model.history_["gradient_norm"] > 0.0).all()
    assert (model.history_["update_ratio"] > 0.0).all()
    validated = LogisticClassifier().fit(X, LABELS, X_val=X[:50], y_val=LABELS[:50])
    last = validated.history_["validation_score"][-1]
    assert last == pytest.approx(validated.score(X[:50], LABELS[:50]), abs=0.02)


def test_stop_reasons_and_warnings_of_solvers():
    with pytest.warns(ConvergenceWarning, match=r"max_iter=1 iterations of 'newton'.*at most"):
        cut = fit(LogisticClassifier, LABELS, max_iter=1)
    assert (cut.stop_reason_, cut.converged_) == ("max_iter", False)
    with pytest.warns(ConvergenceWarning, match="rounding hides"):
        exact = fit(LogisticClassifier, LABELS, tol=1e-18)
    assert (exact.stop_reason_, exact.converged_) == ("stalled", False)
    unbounded = LABELS.copy()
    unbounded[:] = X[:, 0] > 5.0
    with pytest.warns(ConvergenceWarning, match="penalty='l2' with a larger alpha"):
        free = fit(LogisticClassifier, unbounded, penalty=None)
    assert not free.converged_


def test_warm_starts_go_on_from_the_last_weights():
    model = fit(LogisticClassifier, LABELS, warm_start=True)
    first = model.n_iter_
    model.fit(X, LABELS)
    assert model.n_iter_ == 1 < first
    assert model.history_["epoch"][0] == first + 1
    model.set_params(alpha=2e-4).fit(X, LABELS)
    assert model.converged_
    model.set_params(optimizer="adam", max_iter=1, tol=None).fit(X, LABELS)
    assert model.score(X, LABELS) > 0.8


@pytest.mark.parametrize("solver", [kind.name for kind in BUILTIN])
def test_a_callback_sees_every_iteration_and_can_stop(solver):
    seen = []

    class Stop:
        def setup(self, estimator, context): ...
        def teardown(self, estimator, context): ...
        def on_fit_task_begin(self, estimator, context): ...

        def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
            if context.task_name == "epoch":
                seen.append(fitted_estimator.coef_.copy())
            return len(seen) >= 2

    estimator = HingeClassifier if solver in ("interior_point", "sdca") else LogisticClassifier
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = estimator(optimizer=solver, alpha=1e-2).set_callbacks(Stop()).fit(X, LABELS)
    assert len(seen) == model.n_iter_ == 2
    assert model.stop_reason_ in ("callback", "converged")


def test_names_objects_parameters_clones_and_pickles():
    model = LogisticClassifier(optimizer="lbfgs").set_params(optimizer__memory_size=7)
    assert model.optimizer.memory_size == 7
    fitted = clone(model).fit(X, LABELS)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.decision_function(X), fitted.decision_function(X))
    by_object = LogisticClassifier(optimizer=LBFGS(memory_size=7)).fit(X, LABELS)
    np.testing.assert_array_equal(by_object.coef_, fitted.coef_)


def test_class_weights_and_sample_weights_enter_the_objective():
    weight = RANDOM.random(300) + 0.1
    model = fit(LogisticClassifier, LABELS, tol=1e-10, alpha=1e-3, class_weight={0: 1.0, 1: 3.0})
    both = LogisticClassifier(tol=1e-10, alpha=1e-3).fit(X, LABELS, np.where(LABELS == 1, 3.0, 1.0))
    np.testing.assert_allclose(model.coef_, both.coef_, rtol=1e-7)
    ours = LogisticClassifier(tol=1e-12, alpha=1e-3).fit(X, LABELS, weight)
    theirs = LogisticRegression(C=1 / (1e-3 * weight.sum()), solver="newton-cholesky", tol=1e-10)
    np.testing.assert_allclose(ours.coef_, theirs.fit(X, LABELS, weight).coef_, rtol=1e-4, atol=1e-7)


def test_float32_rows_give_float32_coefficients():
    model = fit(LogisticClassifier, LABELS, rows=X.astype(np.float32))
    assert model.coef_.dtype == np.float32 and model.converged_
    sparse = fit(LogisticClassifier, LABELS, rows=sp.csr_matrix(X.astype(np.float32)))
    np.testing.assert_allclose(sparse.predict_proba(X), model.predict_proba(X), atol=1e-2)


def test_a_solver_from_a_plugin_is_taken(make_problem):
    from sgdkit.plugin.registry import Registry

    class Halfway(Newton):
        name = "halfway"

    table = Registry().table("optimizer", plugins=False)
    assert {kind.name for kind in BUILTIN} <= set(table)
    model = LogisticClassifier(optimizer=Halfway()).fit(X, LABELS)
    assert model.optimizer_ == "halfway" and model.converged_


def test_exposures_scale_losses_but_not_the_penalty():
    years = RANDOM.uniform(0.1, 5.0, 300)
    weight = RANDOM.integers(1, 4, 300)
    counts = RANDOM.poisson(years * np.exp(0.3 * SIGNAL))
    ours = LinearRegressor("poisson", alpha=0.01, tol=1e-12)
    ours.fit(X, counts, sample_weight=weight, offset=np.log(years))
    assert ours.optimizer_ == "newton" and ours.converged_
    theirs = PoissonRegressor(
        alpha=0.01 / np.average(years, weights=weight), tol=1e-10, solver="newton-cholesky"
    )
    theirs.fit(X, counts / years, weight * years)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("raw", [False, True])
def test_the_exponential_losses_have_scikit_learns_optimum(raw):
    rows = X if raw else (X - X.mean(axis=0)) / X.std(axis=0)
    y = np.exp(SIGNAL) + 0.1
    for loss, theirs in (("poisson", PoissonRegressor), ("gamma", GammaRegressor)):
        ours = LinearRegressor(loss, alpha=1e-3, tol=1e-12).fit(rows, y)
        exact = theirs(alpha=1e-3, tol=1e-8, solver="newton-cholesky").fit(rows, y)
        np.testing.assert_allclose(ours.predict(rows), exact.predict(rows), rtol=1e-5)


def test_support_vector_machines_are_those_of_liblinear():
    rows = (X - X.mean(axis=0)) / X.std(axis=0)
    C, settings = 1 / (300 * 0.01), {"fit_intercept": False, "tol": 1e-10, "max_iter": 1_000_000}
    ours = {"alpha": 0.01, "fit_intercept": False, "tol": 1e-10}
    for loss, kind in (
        (EpsilonInsensitive(0.2), "epsilon_insensitive"),
        (SquaredEpsilonInsensitive(0.2), "squared_epsilon_insensitive"),
    ):
        exact = LinearSVR(C=C, epsilon=0.2, loss=kind, random_state=0, **settings).fit(rows, SIGNAL)
        np.testing.assert_allclose(
            LinearRegressor(loss, **ours).fit(rows, SIGNAL).coef_, exact.coef_, rtol=1e-3, atol=1e-4
        )
    exact = LinearSVC(C=C, random_state=0, **settings).fit(rows, LABELS)
    found = HingeClassifier("squared_hinge", **ours).fit(rows, LABELS)
    np.testing.assert_allclose(found.coef_, exact.coef_, rtol=1e-4, atol=1e-5)


def test_quantiles_are_those_of_linear_programming():
    ours = LinearRegressor(Quantile([0.2, 0.8]), alpha=1e-11, tol=1e-9).fit(X, SIGNAL)
    for k, level in enumerate((0.2, 0.8)):
        exact = QuantileRegressor(quantile=level, alpha=0.0).fit(X, SIGNAL)
        found = X @ ours.coef_[k] + ours.intercept_[k]
        ours_loss, theirs = (mean_pinball_loss(SIGNAL, z, alpha=level) for z in (found, exact.predict(X)))
        assert ours_loss <= theirs * (1.0 + 1e-6)


def test_a_value_for_each_output_is_that_outputs_own():
    targets = np.column_stack([SIGNAL, 100.0 * SIGNAL])
    for loss, each in (
        (Huber([0.5, 50.0]), [Huber(0.5), Huber(50.0)]),
        (EpsilonInsensitive([0.1, 30.0]), [EpsilonInsensitive(0.1), EpsilonInsensitive(30.0)]),
    ):
        for optimizer in ("auto", "sdca"):
            settings = {"optimizer": optimizer, "alpha": 1.0, "tol": 1e-7, "max_iter": 5_000}
            rows = (X - X.mean(axis=0)) / X.std(axis=0)
            both = fit(LinearRegressor, targets, rows=rows, loss=loss, **settings)
            for k, own in enumerate(each):
                alone = fit(LinearRegressor, targets[:, k], rows=rows, loss=own, **settings)
                np.testing.assert_allclose(both.coef_[k], alone.coef_, rtol=2e-2, atol=1e-3)


@pytest.mark.parametrize("loss", ["absolute_error", "huber", "epsilon_insensitive", Quantile(0.9)])
def test_a_constant_target_is_fitted_exactly(loss):
    model = fit(LinearRegressor, np.full(300, 7.0), loss=loss)
    assert model.converged_
    np.testing.assert_allclose(model.predict(X), 7.0, atol=0.11)


@pytest.mark.parametrize("delta", [1e-3, 1.0, 1e3])
def test_residuals_far_beyond_delta_are_no_trouble(delta):
    for optimizer in ("auto", "newton"):
        model = fit(LinearRegressor, SIGNAL, loss=Huber(delta), optimizer=optimizer, alpha=1e-6)
        assert model.converged_
    lasso = fit(LinearRegressor, SIGNAL, loss=Huber(delta), penalty="l1", alpha=1e-3 * min(delta, 1.0))
    assert lasso.converged_ and lasso.optimizer_ == "coordinate_descent"


def test_more_columns_than_rows_with_hardly_any_penalty():
    rows, y = RANDOM.normal(size=(60, 400)), RANDOM.normal(size=60)
    for loss in (AbsoluteError(), Quantile(0.9), Huber()):
        assert fit(LinearRegressor, y, rows=rows, loss=loss, alpha=1e-4).converged_


def test_a_rule_that_stands_in_for_a_solver_does_not_claim_what_nothing_proves(monkeypatch):
    from sgdkit.solvers import choose

    # A loss of one's own with corners, a conjugate and no ramps.
    monkeypatch.setattr(choose, "has_ramps", lambda loss: False)
    rows = sp.random(2_100, 3_100, density=0.004, format="csr", random_state=0)
    y = rows @ RANDOM.normal(size=3_100) > 0
    with pytest.warns(ConvergenceWarning, match="stood still, but it can still be"):
        model = fit(HingeClassifier, y, rows=rows, penalty="l1", alpha=1e-3)
    assert (model.optimizer_, model.converged_, model.stop_reason_) == ("adagrad", False, "stalled")


def test_a_hinge_too_large_to_factor_is_left_to_dual_ascent_unless_rows_are_long_or_the_penalty_is_l1():
    rows = sp.random(2_100, 3_100, density=0.004, format="csr", random_state=0)
    y = rows @ RANDOM.normal(size=3_100) > 0
    for alpha in (1e-2, 1e-6):
        model = fit(HingeClassifier, y, rows=rows, alpha=alpha)
        assert (model.optimizer_, model.converged_) == ("sdca", True)
    long = fit(HingeClassifier, y, rows=1e4 * rows, alpha=1e-2, tol=2.0)
    assert long.optimizer_ == "interior_point"
    l1 = fit(HingeClassifier, y, rows=rows, alpha=1e-4, penalty="l1", tol=2.0)
    assert l1.optimizer_ == "interior_point"
