"""Losses of half parabolas on problems that are not factored: the same optimum, whatever curves."""

import numpy as np
import pytest
import scipy.sparse as sp

from sgdkit.losses import SquaredEpsilonInsensitive, SquaredHinge
from sgdkit.solvers import Newton, NewtonCG, SolverPlan


def rows(n=300, d=120):
    random = np.random.default_rng(0)
    X = np.where(random.random((n, d)) < 0.3, random.normal(size=(n, d)), 0.0)
    return X, X @ random.normal(size=d) + 0.5 * random.normal(size=n)


@pytest.mark.parametrize("layout", [np.asarray, sp.csr_matrix], ids=["dense", "sparse"])
@pytest.mark.parametrize("alpha", [1e-1, 1e-3, 1e-6])
@pytest.mark.parametrize("loss", [SquaredHinge(), SquaredEpsilonInsensitive(0.3)], ids=lambda loss: loss.name)
def test_it_meets_the_factored_newton(loss, alpha, layout, make_problem, run_solver):
    X, raw = rows()
    y = (raw > 0).astype(float) if "classification" in loss.tasks else raw
    problem = make_problem(layout(X), y, loss, alpha)
    found, best = (run_solver(solver, problem, tol=1e-7) for solver in (NewtonCG(), Newton()))
    assert found.gap <= 1e-7 * found.objective or found.reason.value == "stalled"
    assert found.objective == pytest.approx(best.objective, rel=2e-7, abs=1e-12)
    assert len(found.history["epoch"]) < 60


def test_a_run_from_the_optimum_ends_at_once(make_problem, run_solver):
    X, raw = rows()
    problem = make_problem(X, (raw > 0).astype(float), SquaredHinge(), 1e-3)
    first = run_solver(NewtonCG(), problem, tol=1e-8)
    again = NewtonCG().solve(problem, first.weights, SolverPlan(100, 1e-6))
    assert len(again.history["epoch"]) <= 2


def test_each_class_against_the_rest(make_problem, run_solver):
    X, raw = rows()
    y = np.digitize(raw, [-2.0, 2.0]).astype(float)
    problem = make_problem(X, y, SquaredHinge(), 1e-3, n_outputs=3)
    found, best = (run_solver(solver, problem, tol=1e-7) for solver in (NewtonCG(), Newton()))
    assert found.objective == pytest.approx(best.objective, rel=2e-7)
