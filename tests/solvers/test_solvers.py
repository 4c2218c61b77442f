"""What holds for every solver: valid bounds, the same optimum as others find, hard problems."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import linprog
from sklearn.linear_model import Lasso, LogisticRegression, Ridge
from sklearn.svm import LinearSVC

from sgdkit import HingeClassifier
from sgdkit.engine.stopping import StopReason
from sgdkit.losses import (
    AbsoluteError,
    EpsilonInsensitive,
    Gamma,
    Hinge,
    Huber,
    Logistic,
    ModifiedHuber,
    Poisson,
    Quantile,
    SmoothHinge,
    Softmax,
    SquaredEpsilonInsensitive,
    SquaredError,
    SquaredHinge,
)
from sgdkit.penalties import Penalty
from sgdkit.solvers import (
    BUILTIN,
    FISTA,
    LBFGS,
    SDCA,
    CoordinateDescent,
    GradientDescent,
    InteriorPoint,
    Newton,
)
from sgdkit.solvers.terms import has_curvature, has_ramps

SOLVERS = [kind() for kind in BUILTIN]
LOSSES = [SquaredError(), Logistic(), Softmax(), Hinge()]
LOSSES += [Huber(0.5), SquaredEpsilonInsensitive(), Poisson(), Gamma()]
LOSSES += [AbsoluteError(), Quantile(0.8), EpsilonInsensitive(0.3)]
LOSSES += [SquaredHinge(), SmoothHinge(), ModifiedHuber()]
PENALTIES = {"l2": Penalty(0.0, 1e-3), "l1": Penalty(1e-2, 0.0), "elasticnet": Penalty(1e-2, 1e-3)}
CASES = [
    pytest.param(solver, loss, penalty, id=f"{solver.name}-{loss.name}-{name}")
    for solver in SOLVERS
    for loss in LOSSES
    for name, penalty in PENALTIES.items()
    if solver.refusal(loss, penalty) is None
]


def rows(loss, n=150, d=8, seed=0):
    """Rows with noise, their targets and the number of outputs."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + 2.0 * rng.normal(size=d)
    signal = (X - X.mean(axis=0)) @ rng.normal(size=d)
    signal = signal / signal.std() + 0.7 * rng.normal(size=n)
    if isinstance(loss, Poisson | Gamma):
        return X, np.ceil(np.exp(signal)) - isinstance(loss, Poisson), 1
    if "regression" in loss.tasks:
        return X, 3.0 + signal, 1
    if loss.multi_output:
        return X, np.digitize(signal, [-0.5, 0.7]), 3
    return X, signal > 0.3, 1


def reference(loss):
    return CoordinateDescent() if has_curvature(loss) else InteriorPoint()


@pytest.mark.parametrize(("solver", "loss", "penalty"), CASES)
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_no_reported_gap_is_below_the_true_one(
    solver, loss, penalty, fit_intercept, make_problem, run_solver
):
    X, y, k = rows(loss)
    weight = np.random.default_rng(1).random(len(y)) + 0.2
    problem = make_problem(X, y, loss, penalty.l2, penalty.l1, k, weight=weight, fit_intercept=fit_intercept)
    best = run_solver(reference(loss), problem, tol=1e-11).objective
    for max_iter in (1, 2, 3, 5, 9, 20):
        run = run_solver(solver, problem, tol=None, max_iter=max_iter)
        assert run.objective >= best * (1.0 - 1e-11)
        assert np.isnan(run.gap) or run.gap >= (run.objective - best) * (1.0 - 1e-6) - 1e-10 * best


@pytest.mark.parametrize(("solver", "loss", "penalty"), CASES)
def test_solvers_agree_and_prove_it(solver, loss, penalty, make_problem, run_solver):
    X, y, k = rows(loss)
    slow = isinstance(solver, SDCA)
    if slow:  # it wants scaled columns
        X = (X - X.mean(axis=0)) / X.std(axis=0)
    problem = make_problem(X, y, loss, 10.0 * penalty.l2 if slow else penalty.l2, penalty.l1, k)
    best = run_solver(reference(loss), problem, tol=1e-10)
    tol = 1e-3 if slow else 1e-6
    run = run_solver(solver, problem, tol=tol, max_iter=20_000)
    assert run.reason is StopReason.CONVERGED
    assert run.gap <= tol * run.objective
    assert run.objective == pytest.approx(best.objective, rel=tol)


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_scikit_learns_optima_are_reached(fit_intercept, make_problem, run_solver):
    X, y, _ = rows(SquaredError())
    n, settings = len(y), {"fit_intercept": fit_intercept}

    def weights(model):
        return np.append(np.ravel(model.coef_), np.ravel(model.intercept_)[: X.shape[1]])

    found = run_solver(Newton(), make_problem(X, y, SquaredError(), 1e-3, **settings), tol=1e-12).weights
    exact = weights(Ridge(alpha=n * 1e-3, solver="cholesky", **settings).fit(X, y))
    np.testing.assert_allclose(found[:, 0], exact, rtol=1e-6, atol=1e-9)

    found = run_solver(CoordinateDescent(), make_problem(X, y, SquaredError(), l1=0.1, **settings), tol=1e-12)
    exact = Lasso(alpha=0.1, tol=1e-12, max_iter=100_000, **settings).fit(X, y)
    np.testing.assert_allclose(found.weights[:, 0], weights(exact), rtol=1e-5, atol=1e-7)
    np.testing.assert_array_equal(found.weights[:-1, 0] == 0.0, exact.coef_ == 0.0)

    labels = y > 3.0
    exact = LogisticRegression(C=1 / (n * 1e-3), solver="newton-cholesky", tol=1e-10, **settings)
    found = run_solver(Newton(), make_problem(X, labels, Logistic(), 1e-3, **settings), tol=1e-13)
    np.testing.assert_allclose(found.weights[:, 0], weights(exact.fit(X, labels)), rtol=1e-5, atol=1e-7)


def test_l1_zeros_are_those_of_saga(make_problem, run_solver):
    X, y, _ = rows(Logistic())
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    found = run_solver(CoordinateDescent(), make_problem(X, y, Logistic(), l1=0.02), tol=1e-10).weights
    exact = LogisticRegression(
        C=1 / (len(y) * 0.02), l1_ratio=1.0, solver="saga", tol=1e-10, max_iter=100_000, random_state=0
    ).fit(X, y)
    np.testing.assert_allclose(found[:-1, 0], exact.coef_[0], atol=1e-6)
    np.testing.assert_array_equal(found[:-1, 0] == 0.0, exact.coef_[0] == 0.0)


def test_the_hinge_optimum_is_that_of_liblinear(make_problem, run_solver):
    X, y, _ = rows(Hinge())
    problem = make_problem(X, y, Hinge(), 1e-2, fit_intercept=False)
    found = run_solver(InteriorPoint(), problem, tol=1e-9)
    exact = LinearSVC(
        C=1 / (len(y) * 1e-2),
        loss="hinge",
        fit_intercept=False,
        tol=1e-10,
        max_iter=1_000_000,
        random_state=0,
    ).fit(X, y)
    np.testing.assert_allclose(found.weights[:-1, 0], exact.coef_[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("loss", [Logistic(), Softmax()], ids=lambda loss: loss.name)
def test_products_and_factors_give_the_same_optimum(loss, make_problem, run_solver, monkeypatch):
    from sgdkit.solvers import newton, systems

    X, y, k = rows(loss)
    problem = make_problem(X, y, loss, 1e-4, n_outputs=k)
    factored = run_solver(Newton(), problem, tol=1e-10)
    monkeypatch.setattr(systems, "MAX_FEATURES", 0)
    monkeypatch.setattr(newton, "MAX_FEATURES", 0)
    products = run_solver(Newton(), problem, tol=1e-10)
    assert products.reason is StopReason.CONVERGED
    assert products.objective == pytest.approx(factored.objective, rel=1e-9)


@pytest.mark.parametrize("layout", [np.asarray, sp.csr_matrix], ids=["dense", "sparse"])
@pytest.mark.parametrize("loss", [SquaredError(), Logistic(), Hinge()], ids=lambda loss: loss.name)
def test_more_features_than_rows_are_solved_through_the_rows(
    layout, loss, make_problem, run_solver, monkeypatch
):
    from sgdkit.solvers import systems

    X, y, _ = rows(loss, n=40, d=90)
    problem = make_problem(layout(X), y, loss, 1e-2)
    solver = InteriorPoint() if isinstance(loss, Hinge) else Newton()
    by_rows = run_solver(solver, problem, tol=1e-7)
    monkeypatch.setattr(systems, "MAX_ROWS", 0)
    by_features = run_solver(solver, problem, tol=1e-7)
    assert by_rows.reason is by_features.reason is StopReason.CONVERGED
    assert by_rows.objective == pytest.approx(by_features.objective, rel=2e-7)


SECOND_ORDER = [
    (Newton(), Logistic()),
    (Newton(), SquaredError()),
    (Newton(), Softmax()),
    (InteriorPoint(), Hinge()),
    (InteriorPoint(), AbsoluteError()),
    (InteriorPoint(), Huber(0.1)),
    (InteriorPoint(), EpsilonInsensitive(0.3)),
    (Newton(), Poisson()),
    (Newton(), Gamma()),
    (Newton(), SquaredHinge()),
]
SECOND_ORDER_IDS = [f"{solver.name}-{loss.name}" for solver, loss in SECOND_ORDER]


@pytest.mark.parametrize(("solver", "loss"), SECOND_ORDER, ids=SECOND_ORDER_IDS)
def test_units_of_columns_do_not_matter(solver, loss, make_problem, run_solver):
    X, y, k = rows(loss)
    units = 10.0 ** np.linspace(-6, 6, X.shape[1])
    raw = run_solver(solver, make_problem(X * units, y, loss, 1e-9, n_outputs=k))
    assert raw.reason is StopReason.CONVERGED
    assert len(raw.history["epoch"]) <= 40


@pytest.mark.parametrize(("solver", "loss"), SECOND_ORDER, ids=SECOND_ORDER_IDS)
def test_duplicated_columns_are_no_trouble(solver, loss, make_problem, run_solver):
    X, y, k = rows(loss)
    problem = make_problem(np.hstack([X, X, 1000.0 * X]), y, loss, 1e-5, n_outputs=k)
    assert run_solver(solver, problem, tol=1e-6).reason is StopReason.CONVERGED


@pytest.mark.parametrize("alpha", [1e-2, 1e-6])
@pytest.mark.parametrize(("solver", "loss"), [SECOND_ORDER[0], SECOND_ORDER[2], SECOND_ORDER[3]])
def test_separable_and_rare_classes_converge(solver, loss, alpha, make_problem, run_solver):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 5))
    k = 3 if loss.multi_output else 1
    separable = (X[:, 0] > 0.0).astype(int) + (X[:, 0] > 1.0) * (k == 3)
    rare = np.zeros(400, int)
    rare[:3] = 1
    rare[3:5] = k - 1
    for y in (separable, rare):
        run = run_solver(solver, make_problem(X, y, loss, alpha, n_outputs=k))
        assert run.reason is StopReason.CONVERGED


def test_sparse_columns_of_very_different_frequency_converge(make_problem, run_solver):
    rng = np.random.default_rng(0)
    n, d = 2_000, 3_000
    share = 1.0 / np.arange(1, d + 1)
    columns = rng.choice(d, size=20 * n, p=share / share.sum())
    X = sp.csr_matrix((np.ones(20 * n), columns, np.arange(0, 20 * n + 1, 20)), shape=(n, d))
    X.sum_duplicates()
    y = X @ rng.normal(size=d) > 0.0
    runs = [
        run_solver(solver, make_problem(rows, y[: rows.shape[0]], Logistic(), 1e-4))
        for solver in (Newton(), LBFGS())
        for rows in (X, X[:500])
    ]
    assert all(run.reason is StopReason.CONVERGED for run in runs)
    assert runs[0].objective == pytest.approx(runs[2].objective, rel=2e-4)


@pytest.mark.parametrize("solver", [Newton(), LBFGS(), GradientDescent(), FISTA()], ids=lambda s: s.name)
def test_without_a_penalty_nothing_is_proved(solver, make_problem, run_solver):
    X, y, _ = rows(SquaredError())
    run = run_solver(solver, make_problem(X, y, SquaredError()), tol=1e-4, max_iter=5_000)
    assert np.isnan(run.gap) and run.reason is StopReason.CONVERGED
    centred = np.column_stack([X, np.ones(len(y))])
    least = 0.5 * np.mean((y - centred @ np.linalg.lstsq(centred, y)[0]) ** 2)
    assert run.objective == pytest.approx(least, rel=2e-3)


def test_separable_rows_without_a_penalty_are_not_called_converged(make_problem, run_solver):
    X = np.linspace(-1, 1, 50)[:, None]
    run = run_solver(Newton(), make_problem(X, X[:, 0] > 0, Logistic()), tol=1e-8)
    assert run.reason in (StopReason.STALLED, StopReason.MAX_ITER)


def test_float32_proves_the_rounded_weights(make_problem, run_solver):
    X, y, _ = rows(Logistic())
    problem = make_problem(X.astype(np.float32), y, Logistic(), 1e-3)
    run = run_solver(Newton(), problem, tol=1e-5)
    assert run.reason is StopReason.CONVERGED
    np.testing.assert_array_equal(run.weights, run.weights.astype(np.float32))
    z = X.astype(np.float32).astype(float) @ run.weights[:-1] + run.weights[-1]
    value = np.mean(np.logaddexp(0, z[:, 0]) - y * z[:, 0]) + 5e-4 * (run.weights[:-1] ** 2).sum()
    assert run.objective == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: s.name)
def test_the_same_bits_with_any_number_of_threads(solver, make_problem, run_solver):
    from threadpoolctl import threadpool_limits

    loss = Hinge() if solver.refusal(Logistic(), PENALTIES["l2"]) else Logistic()
    X, y, _ = rows(loss, n=9_000, d=30)
    problem = make_problem(X, y, loss, 1e-3)
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(run_solver(solver, problem, max_iter=3, tol=None).weights)
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize(("solver", "loss", "penalty"), CASES)
def test_a_run_from_the_optimum_ends_at_once(solver, loss, penalty, make_problem, run_solver):
    from sgdkit.solvers import SolverPlan

    if has_ramps(loss):
        pytest.skip("the weights do not tell the slopes of rows on the margin")
    X, y, k = rows(loss)
    problem = make_problem(X, y, loss, penalty.l2, penalty.l1, k)
    best = run_solver(reference(loss), problem, tol=1e-12).weights
    again = solver.solve(problem, best, SolverPlan(50, 1e-4))
    assert again.reason is StopReason.CONVERGED
    assert len(again.history["epoch"]) <= 10


def test_many_rows_are_met_near_the_optimum(make_problem, run_solver, monkeypatch):
    from sgdkit.solvers import newton

    X, y, _ = rows(Logistic(), n=20_000)
    problem = make_problem(X, y, Logistic(), 1e-3)
    cold = run_solver(Newton(), problem, tol=1e-9)
    monkeypatch.setattr(newton, "SAMPLE_LEAST", 1000)
    warm = run_solver(Newton(), problem, tol=1e-9)
    assert len(warm.history["epoch"]) < len(cold.history["epoch"])
    assert warm.objective == pytest.approx(cold.objective, rel=1e-9)


@pytest.mark.parametrize("shape", [(120, 6), (30, 80)], ids=["by features", "by rows"])
def test_the_interior_point_with_an_l1_penalty_solves_the_linear_program(shape):
    random = np.random.default_rng(5)
    n, d = shape
    X, alpha = random.normal(size=shape) * 10.0 ** random.uniform(-2, 2, d), 0.02
    X[:, 1] = 3.0 * X[:, 0]
    y = np.sign(X[:, 2] / np.std(X[:, 2]) + random.normal(size=n))
    # Variables: positive and negative parts of w and b, then the losses.
    A = np.hstack([-y[:, None] * X, y[:, None] * X, -y[:, None], y[:, None], -np.eye(n)])
    cost = np.r_[np.full(2 * d, alpha), 0.0, 0.0, np.full(n, 1.0 / n)]
    optimum = linprog(cost, A, np.full(n, -1.0)).fun
    for rows in (X, sp.csr_matrix(X)):
        model = HingeClassifier(penalty="l1", alpha=alpha).fit(rows, y)
        found = (
            np.maximum(1.0 - y * model.decision_function(rows), 0.0).mean() + alpha * abs(model.coef_).sum()
        )
        assert model.optimizer_ == "interior_point" and model.converged_
        assert (
            optimum - 1e-9 <= found <= optimum + min(1.01 * model.optimality_gap_, 1.01e-4 * optimum) + 1e-9
        )
        assert np.count_nonzero(model.coef_) < d


def by_products_alone(monkeypatch):
    from sgdkit.solvers import interior_point, systems

    monkeypatch.setattr(systems, "MAX_ROWS", 0)
    monkeypatch.setattr(interior_point, "MAX_FEATURES_ALONE", 0)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("layout", [np.asarray, sp.csr_matrix], ids=["dense", "sparse"])
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("patience", [1, 200])
def test_the_interior_point_by_products_finds_what_factors_find(
    patience, penalty, layout, fit_intercept, make_problem, run_solver, monkeypatch
):
    from sgdkit.solvers import products

    X, y, _ = rows(Hinge())
    strength = PENALTIES[penalty]
    problem = make_problem(layout(X), y, Hinge(), strength.l2, strength.l1, fit_intercept=fit_intercept)
    factored = run_solver(InteriorPoint(), problem, tol=1e-5)
    by_products_alone(monkeypatch)
    monkeypatch.setattr(products, "PATIENCE", patience)
    found = run_solver(InteriorPoint(), problem, tol=1e-5)
    assert found.reason is StopReason.CONVERGED
    assert found.objective == pytest.approx(factored.objective, rel=2e-5)


def test_products_that_run_out_stop_a_run_that_gets_no_nearer(make_problem, run_solver, monkeypatch):
    from sgdkit.solvers import products

    X, y, _ = rows(Hinge())
    problem = make_problem(X, y, Hinge(), l1=1e-2)
    best = run_solver(InteriorPoint(), problem, tol=1e-9).objective
    by_products_alone(monkeypatch)
    monkeypatch.setattr(products, "MAX_PRODUCTS", 2)
    found = run_solver(InteriorPoint(), problem, tol=1e-9)
    assert found.reason is StopReason.STALLED
    assert found.gap >= found.objective - best
