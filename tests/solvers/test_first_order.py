"""What single solvers promise: screening that is safe and works, enough descent, l1 by proximal steps."""

import itertools

import numpy as np
import pytest
import scipy.sparse as sp

from sgdkit.engine.stopping import StopReason
from sgdkit.losses import Logistic, SquaredError
from sgdkit.solvers import FISTA, SAGA, SVRG, CoordinateDescent, GradientDescent, SolverPlan
from sgdkit.solvers.coordinate_descent import _Screen
from sgdkit.solvers.objective import Objective

LAYOUTS = pytest.mark.parametrize("layout", [np.asarray, sp.csr_matrix], ids=["dense", "sparse"])
LOSSES = pytest.mark.parametrize("loss", [SquaredError(), Logistic()], ids=lambda loss: loss.name)


def rows(loss, n=120, d=200, seed=0):
    """More columns than rows, of which five matter."""
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(n, d)) * (generator.random((n, d)) < 0.5)
    y = X[:, :5] @ np.array([3.0, -2.0, 2.0, 1.5, -1.0]) + 0.5 * generator.normal(size=n)
    return X, y if isinstance(loss, SquaredError) else y > 0.0


@LAYOUTS
@LOSSES
@pytest.mark.parametrize("l2", [0.0, 0.01])
def test_screening_leaves_out_most_columns_and_none_that_matters(
    layout, loss, l2, make_problem, run_solver, monkeypatch
):
    X, y = rows(loss)
    left, narrow = [], _Screen.narrow

    def seen(self, correlations, gap):
        fewer = narrow(self, correlations, gap)
        left.append(self.mask[:, 0].copy())
        return fewer

    monkeypatch.setattr(_Screen, "narrow", seen)
    problem = make_problem(layout(X), y, loss, l2=l2, l1=0.1)
    found = run_solver(CoordinateDescent(), problem, tol=1e-9)
    support = found.weights[:-1, 0] != 0.0
    assert support.any()
    assert all(mask[support].all() for mask in left)
    assert left[-1].sum() < 0.3 * len(support)
    assert all((after <= before).all() for before, after in itertools.pairwise(left))


@LOSSES
def test_slopes_are_screened_by_their_own_gap(loss, make_problem, run_solver):
    """At every point of a path to the optimum, even with the worst slopes that are feasible there."""
    X, y = rows(loss)
    problem = make_problem(X, y, loss, l1=0.1)
    best = run_solver(CoordinateDescent(), problem, tol=1e-11)
    objective = Objective(problem)
    goal = objective.scaled(best.weights)
    for share in (0.0, 0.3, 0.9, 0.999):
        v, b = share * goal[0], (1.0 - share) * objective.constant + share * goal[1]
        slopes = objective.terms.slopes(objective.predict(v, b))
        for worse in (1.0, 0.5):
            bound, correlations = objective.dual_at(worse * slopes)
            screen = _Screen(objective)
            screen.narrow(correlations, objective.value(objective.predict(v, b), v) - bound)
            assert screen.mask[goal[0] != 0.0].all()


@LAYOUTS
@LOSSES
def test_every_step_of_gd_meets_armijos_condition(layout, loss, make_problem, run_solver):
    X, y = rows(loss, n=150, d=20)
    run = run_solver(GradientDescent(), make_problem(layout(X), y, loss, 1e-2), tol=1e-6, max_iter=300)
    value, step = run.history["objective"], run.history["learning_rate"]
    norm = run.history["gradient_norm"]
    assert len(value) > 5
    enough = 1e-4 * step[1:] * norm[1:] ** 2
    assert (value[1:] <= value[:-1] - enough + 1e-14 * value[0]).all()


@LAYOUTS
@LOSSES
def test_fista_has_the_zeros_of_coordinate_descent(layout, loss, make_problem, run_solver):
    X, y = rows(loss, d=40)
    problem = make_problem(layout(X), y, loss, l1=0.1)
    runs = [run_solver(s, problem, tol=1e-9, max_iter=20_000) for s in (FISTA(), CoordinateDescent())]
    np.testing.assert_allclose(runs[0].weights, runs[1].weights, atol=1e-3)
    np.testing.assert_array_equal(runs[0].weights == 0.0, runs[1].weights == 0.0)


@LAYOUTS
@pytest.mark.parametrize("solver", [SAGA(), SVRG()], ids=lambda solver: solver.name)
@pytest.mark.parametrize("l1", [0.0, 0.02])
def test_variance_reduced_steps_end_at_the_optimum(layout, solver, l1, make_problem, run_solver):
    X, y = rows(Logistic(), d=20)
    problem = make_problem(layout(X), y, Logistic(), 1e-2, l1=l1)
    best = run_solver(CoordinateDescent(), problem, tol=1e-10)
    found = run_solver(solver, problem, tol=1e-6, max_iter=2_000)
    assert found.reason is StopReason.CONVERGED
    assert found.objective == pytest.approx(best.objective, rel=2e-6)
    np.testing.assert_allclose(found.weights, best.weights, atol=5e-3)


def test_a_run_that_starts_at_the_optimum_proves_it(make_problem, run_solver):
    X, y = rows(Logistic(), d=40)
    problem = make_problem(X, y, Logistic(), l1=0.1)
    best = run_solver(CoordinateDescent(), problem, tol=1e-11)
    for solver in (FISTA(), CoordinateDescent()):
        again = solver.solve(problem, best.weights, SolverPlan(20, 1e-8))
        assert again.gap <= 1e-8 * again.objective
