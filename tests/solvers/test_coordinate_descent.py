"""Coordinate descent where more features stay than its first models hold."""

import numpy as np
import pytest
import scipy.sparse as sp

from sgdkit.engine.stopping import StopReason
from sgdkit.losses import Logistic
from sgdkit.solvers import CoordinateDescent, coordinate_descent


def test_features_that_stay_are_modelled_together(make_problem, run_solver, monkeypatch):
    # One block after the other converges linearly, the slower the smaller alpha.
    rng = np.random.default_rng(0)
    X = sp.random(400, 300, density=0.05, format="csr", random_state=0)
    figure = X @ rng.standard_normal(300)
    y = (figure + figure.std() * rng.standard_normal(400) > 0.0).astype(float)
    problem = make_problem(X, y, Logistic(), l1=1e-5)
    whole = run_solver(CoordinateDescent(), problem, tol=1e-6)
    monkeypatch.setattr(coordinate_descent, "BLOCK", 40)
    found = run_solver(CoordinateDescent(), problem, tol=1e-6)
    assert found.reason is StopReason.CONVERGED
    assert found.objective == pytest.approx(whole.objective, rel=2e-6)
    assert len(found.history["objective"]) < 3 * len(whole.history["objective"])
    monkeypatch.setattr(coordinate_descent, "MAX_BLOCK", 40)
    apart = run_solver(CoordinateDescent(), problem, tol=1e-6)
    assert len(apart.history["objective"]) > 3 * len(whole.history["objective"])
