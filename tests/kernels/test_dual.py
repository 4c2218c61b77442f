import numpy as np
import pytest
import scipy.sparse as sp

from sgdkit.kernels import dual
from sgdkit.losses import Logistic

N, D, L2 = 30, 4, 0.3
LOSS = Logistic()


def problem(center, stretch):
    """Rows with their weights, slopes at zero, and what a sweep moves."""
    random = np.random.default_rng(0)
    X = random.normal(size=(N, D)) * (random.random((N, D)) < 0.6)
    X[7] = 0.0
    share = random.random(N) + 0.1
    norms = ((X - center) ** 2).sum(axis=1)
    y = (random.random(N) < 0.4).astype(float)
    return X, y, share / share.sum(), norms, np.zeros(D), np.zeros(1), np.zeros(N), stretch


def sweep(form, X, y, share, norms, w, b, slope, stretch, center, order=None, rest=None, left=None):
    rest = np.zeros(N, dtype=np.int64) if rest is None else rest
    left = np.zeros(N, dtype=np.int64) if left is None else left
    order = np.random.default_rng(1).permutation(N) if order is None else order
    hyper = LOSS.hyper_values()
    tail = (order, y, share, norms, hyper, L2, stretch, w, b, slope, rest, left)
    if "dense" in form:
        run = dual.dense_sweep if "plain" in form else dual.dense_sweep_kernel(LOSS, np.dtype(float))
        run(X, center, *tail)
        return
    rows = sp.csr_matrix(X)
    run = (
        dual.csr_sweep
        if "plain" in form
        else dual.csr_sweep_kernel(LOSS, np.dtype(float), rows.indices.dtype)
    )
    run(rows.data, rows.indices, rows.indptr, *tail)


FORMS = ["plain dense", "plain CSR", "compiled dense", "compiled CSR"]


@pytest.fixture(autouse=True)
def plain_proximal_slope(monkeypatch):
    monkeypatch.setattr(dual, "proximal_slope", Logistic.proximal_slope)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("stretch", [0.0, 2.0])
def test_a_sweep_keeps_the_weights_those_of_the_slopes(form, stretch):
    center = np.full(D, 0.2) if "dense" in form else np.zeros(D)
    X, y, share, norms, w, b, slope, stretch = problem(center, stretch)
    for _ in range(2):
        sweep(form, X, y, share, norms, w, b, slope, stretch, center)
    assert (slope != 0.0).all()
    np.testing.assert_allclose(w, -(X - center).T @ (share * slope) / L2, atol=1e-13)
    np.testing.assert_allclose(b[0], -stretch * (share @ slope), atol=1e-13)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("stretch", [0.0, 2.0])
def test_the_row_that_was_moved_last_has_the_slope_of_its_loss(form, stretch):
    center = np.full(D, 0.2) if "dense" in form else np.zeros(D)
    X, y, share, norms, w, b, slope, stretch = problem(center, stretch)
    for i in range(N):
        sweep(form, X, y, share, norms, w, b, slope, stretch, center, order=np.array([i]))
        z = (X[i] - center) @ w + b[0]
        assert slope[i] == pytest.approx(Logistic.evaluate(z, y[i], (0.0,))[1], abs=1e-6)


@pytest.mark.parametrize("form", FORMS)
def test_sweeps_end_at_the_slopes_of_the_losses_and_move_no_more(form):
    center = np.zeros(D)
    X, y, share, norms, w, b, slope, stretch = problem(center, 1.0)
    for _ in range(300):
        sweep(form, X, y, share, norms, w, b, slope, stretch, center)
    before = (w.copy(), b.copy(), slope.copy())
    sweep(form, X, y, share, norms, w, b, slope, stretch, center)
    for found, expected in zip((w, b, slope), before, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-12)
    there = Logistic.evaluate((X - center) @ w + b[0], y, (0.0,))[1]
    np.testing.assert_allclose(slope, there, atol=1e-8)


@pytest.mark.parametrize("form", FORMS)
def test_rows_that_stand_still_rest_longer_and_longer_until_they_move(form):
    center = np.zeros(D)
    X, y, share, norms, w, b, slope, _ = problem(center, 1.0)
    X[:], norms[:] = 0.0, 0.0  # rows without anything are solved by one step, but for the intercept
    rest, left = np.zeros(N, dtype=np.int64), np.zeros(N, dtype=np.int64)
    seen = []
    for _ in range(60):
        sweep(form, X, y, share, norms, w, b, slope, 0.0, center, rest=rest, left=left)
        seen.append(int(left[3]))
    # It moves, then stands still: the countdown begins at 1, 3, 7, and never above 15.
    assert seen[:8] == [0, 1, 0, 3, 2, 1, 0, 7]
    assert max(seen) == dual.LONGEST_REST
    b[0] = 5.0
    left[:] = 0
    sweep(form, X, y, share, norms, w, b, slope, 0.0, center, rest=rest, left=left)
    assert (rest == 0).all()
