"""Preconditioners are inverses of what they say, and save products."""

import numpy as np
import pytest
import scipy.sparse as sp

from sgdkit.losses import Logistic, SquaredHinge
from sgdkit.solvers import LBFGS, NewtonCG, preconditioner, systems
from sgdkit.solvers.objective import Objective
from sgdkit.solvers.preconditioner import HeaviestRows

LAYOUTS = pytest.mark.parametrize("layout", [np.asarray, sp.csr_matrix], ids=["dense", "sparse"])


def rows(n=60, d=25, seed=0, noise=0.0):
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(n, d)) * (generator.random((n, d)) < 0.4)
    signal = X @ generator.normal(size=d)
    signal += noise * signal.std() * generator.normal(size=n)
    return X * 10.0 ** generator.uniform(-2, 2, d), signal > 0.0


@LAYOUTS
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("l2", [1e-4, 0.0])
def test_the_heaviest_rows_are_exact_and_the_rest_is_its_diagonal(
    layout, fit_intercept, l2, make_problem, monkeypatch
):
    monkeypatch.setattr(preconditioner, "MOST_ROWS", 20)
    X, y = rows()
    objective = Objective(make_problem(layout(X), y, Logistic(), l2, fit_intercept=fit_intercept))
    curved = np.random.default_rng(1).random((60, 1)) ** 4
    A = objective.design.rows(np.arange(60))
    if fit_intercept:
        A = np.column_stack([A, np.ones(60)])
    heavy = np.argsort(curved[:, 0])[-20:]
    rest = np.delete(np.arange(60), heavy)
    P = (A[heavy].T * curved[heavy, 0]) @ A[heavy]
    diagonal = (A[rest] ** 2).T @ curved[rest, 0]
    diagonal[:25] += objective.l2[:, 0]
    P[np.diag_indices_from(P)] += diagonal
    r = np.random.default_rng(2).normal(size=len(P))
    s, sb = HeaviestRows(objective, curved)(r[:25, None], r[25:] if fit_intercept else np.zeros(1))
    found = np.append(s[:, 0], sb) if fit_intercept else s[:, 0]
    np.testing.assert_allclose(P @ found, r, rtol=1e-6, atol=1e-7)


@LAYOUTS
@pytest.mark.parametrize("loss", [Logistic(), SquaredHinge()], ids=lambda loss: loss.name)
def test_it_needs_fewer_products_for_the_same_optimum(layout, loss, make_problem, run_solver, monkeypatch):
    monkeypatch.setattr(preconditioner, "MOST_ROWS", 250)
    X, y = rows(n=500, d=300, noise=0.5)
    problem = make_problem(layout(X), y, loss, 1e-5)
    found, products = {}, []
    for patience in (10, 10**9):
        monkeypatch.setattr(systems, "PATIENCE", patience)
        design = type(Objective(problem).design)
        count, collect = [0], design.collect

        def counted(self, change, v=None, count=count, collect=collect):
            count[0] += v is not None
            return collect(self, change, v)

        with monkeypatch.context() as patch:
            patch.setattr(design, "collect", counted)
            found[patience] = run_solver(NewtonCG(), problem, tol=1e-4)
        products.append(count[0])
    assert all(run.gap <= 1e-4 * run.objective for run in found.values())
    assert products[0] < 0.7 * products[1]


def test_newton_by_products_meets_lbfgs(make_problem, run_solver):
    X, y = rows(n=300)
    problem = make_problem(X, y, Logistic(), 1e-3)
    runs = [run_solver(solver, problem, tol=1e-7, max_iter=2000) for solver in (NewtonCG(), LBFGS())]
    assert runs[0].objective == pytest.approx(runs[1].objective, rel=1e-6)
