import numpy as np
import pytest
import scipy.sparse as sp

from sgdkit.kernels import sparse_quadratic

N, D, L1, L2 = 60, 25, 0.05, 0.01


def descend(form, X, chosen, q, free, r, u, sweeps=500, small=1e-12):
    run = sparse_quadratic.descend_columns
    if form == "compiled":
        run = sparse_quadratic.columns_descent(X.indices.dtype)
    offset = np.zeros(1)
    made = run(X.data, X.indices, X.indptr, chosen, q, free, r, offset, u, L1, L2, small, 0.0, sweeps)
    return made, offset[0]


@pytest.mark.parametrize("form", ["plain", "compiled"])
@pytest.mark.parametrize("free", [0.0, 1.0])
def test_it_ends_where_no_coordinate_and_no_intercept_can_do_better(form, free):
    random = np.random.default_rng(0)
    X = sp.random(N, D, density=0.3, format="csc", random_state=1)
    q, pull = (random.random(N) + 0.1) / N, random.normal(size=N) / N
    chosen = np.array([0, 2, 3, 5, 7, 11, 13, 24])
    start = np.where(np.arange(8) % 3 == 0, 0.5, 0.0)
    u, r = start.copy(), pull.copy()
    made, offset = descend(form, X, chosen, q, free, r, u)
    assert 1 < made < 500
    z = X[:, chosen] @ (u - start) + offset
    np.testing.assert_allclose(r + q * offset, pull + q * z, atol=1e-12)
    g = X[:, chosen].T @ (pull + q * z) + L2 * u
    assert (np.abs(g[u == 0.0]) <= L1 + 1e-9).all()
    np.testing.assert_allclose(g[u != 0.0], -L1 * np.sign(u[u != 0.0]), atol=1e-9)
    assert 0 < (u != 0.0).sum() < 8
    if free:
        assert abs((pull + q * z).sum()) < 1e-12
    else:
        assert offset == 0.0


def test_it_stops_early_where_little_is_asked_for():
    random = np.random.default_rng(0)
    X = sp.random(N, D, density=0.3, format="csc", random_state=1)
    q, pull = (random.random(N) + 0.1) / N, random.normal(size=N) / N
    chosen = np.arange(D)
    exact, _ = descend("compiled", X, chosen, q, 1.0, pull.copy(), np.zeros(D))
    rough, _ = descend("compiled", X, chosen, q, 1.0, pull.copy(), np.zeros(D), small=1e-3)
    assert rough < exact
