"""Wide sparse problems with an l1 penalty: the path that coordinate descent follows there."""

import numpy as np
import pytest
import scipy.sparse as sp

from sgdkit.engine.stopping import StopReason
from sgdkit.losses import Huber, Logistic, Softmax, SquaredError
from sgdkit.solvers import CoordinateDescent, coordinate_descent, sparse_l1

N, D = 120, 90
RANDOM = np.random.default_rng(4)
ROWS = sp.random(N, D, density=0.15, format="csr", random_state=2)
SIGNAL = ROWS @ RANDOM.normal(size=D) + 0.2 * RANDOM.normal(size=N)


def targets(loss):
    if isinstance(loss, Softmax):
        return np.digitize(SIGNAL, [-0.4, 0.4]).astype(float), 3
    return ((SIGNAL > 0).astype(float) if isinstance(loss, Logistic) else SIGNAL), 1


@pytest.mark.parametrize("loss", [Logistic(), Softmax(), SquaredError(), Huber(0.5)])
@pytest.mark.parametrize("l2", [0.0, 1e-3])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_the_path_ends_in_the_optimum_and_proves_it(
    loss, l2, fit_intercept, make_problem, run_solver, monkeypatch
):
    y, k = targets(loss)
    weight = RANDOM.random(N) + 0.2
    problem = make_problem(ROWS, y, loss, l2, 2e-3, k, weight=weight, fit_intercept=fit_intercept)
    best = run_solver(CoordinateDescent(), problem, tol=1e-9)
    walked = []
    monkeypatch.setattr(sparse_l1, "WIDE", 0)
    follow = coordinate_descent.follow_l1_path
    monkeypatch.setattr(coordinate_descent, "follow_l1_path", lambda *a: (walked.append(1), follow(*a)))
    found = run_solver(CoordinateDescent(), problem, tol=1e-6)
    assert found.reason is StopReason.CONVERGED
    assert walked
    assert found.objective - found.gap <= best.objective * (1.0 + 1e-12)
    assert found.objective == pytest.approx(best.objective, rel=1e-6)
    np.testing.assert_allclose(found.weights[:-1], best.weights[:-1], atol=2e-2)
    assert (found.weights[:-1] == 0.0).any()


def test_few_columns_are_ever_looked_at():
    g, v, l1 = RANDOM.normal(size=5_000), np.zeros(5_000), np.full(5_000, 0.1)
    v[17] = 1.0
    chosen = sparse_l1._chosen(g, v, l1)
    assert len(chosen) == sparse_l1.LEAST + 1
    assert 17 in chosen
    others = chosen[chosen != 17]
    assert np.abs(g[others]).min() >= np.sort(np.abs(np.delete(g, 17)))[-sparse_l1.LEAST]


def test_points_that_run_to_an_end_at_a_steady_pace_are_carried_there():
    end, far, paces = RANDOM.normal(size=8), RANDOM.normal(size=8), np.repeat([0.9, 0.5], 4)
    points = [tuple(np.array(end + paces**t * far) for _ in range(3)) for t in range(sparse_l1.POINTS)]
    for found in sparse_l1._extrapolated(points):
        np.testing.assert_allclose(found, end, atol=1e-3)
    assert np.abs(points[-1][0] - end).max() > 0.1


def test_an_objective_that_stands_still_ends_the_run_unless_its_proof_is_near():
    slow = [(1.0 + 0.5**t, 0.99**t) for t in range(60)]
    assert not sparse_l1._stands_still(slow[:20], 1e-4)  # too few to say
    assert not sparse_l1._stands_still(slow[:25], 1e-4)  # it still falls
    assert sparse_l1._stands_still(slow, 1e-4)
    assert not sparse_l1._stands_still(slow, None)
    assert not sparse_l1._stands_still([(value, gap**20) for value, gap in slow], 1e-4)
