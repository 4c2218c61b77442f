import numpy as np
import pytest

from sgdkit.backends.base import Problem
from sgdkit.data.order import run_edges
from sgdkit.optimizers import AdaGrad
from sgdkit.penalties import Penalty
from sgdkit.solvers import SolverPlan


@pytest.fixture(scope="session")
def make_problem():
    """A function that makes a problem of whole rows."""

    def make(X, y, loss, l2=0.0, l1=0.0, n_outputs=1, weight=None, fit_intercept=True):
        mean_weight = 1.0 if weight is None else float(np.mean(weight))
        return Problem(
            X=X, y=np.asarray(y, np.float64), weight=weight, mean_weight=mean_weight,
            edges=run_edges(len(y), len(y)), whole_runs=False,
            batch_size=len(y), loss=loss, rule=AdaGrad(), penalty=Penalty(l1, l2),
            rates=None, n_outputs=n_outputs, fit_intercept=fit_intercept,
        )  # fmt: skip

    return make


@pytest.fixture(scope="session")
def run_solver():
    """A function that runs a solver from zero."""

    def run(solver, problem, tol=1e-4, max_iter=500, **plan):
        start = np.zeros((problem.X.shape[1] + 1, problem.n_outputs))
        return solver.solve(problem, start, SolverPlan(max_iter, tol, **plan))

    return run
