"""Sweeps of SAGA and SVRG are those of the papers, and waiting coordinates end where moving ones do."""

import numpy as np
import pytest
import scipy.sparse as sp

from sgdkit.kernels import variance_reduced
from sgdkit.kernels.variance_reduced import glide, shrunk
from sgdkit.losses import Logistic

N, D, STEP = 40, 6, 0.3
LOSS = Logistic()


@pytest.mark.parametrize("u", [-2.0, -1e-3, 0.0, 0.7])
@pytest.mark.parametrize("slope", [-0.9, -0.02, 0.0, 0.3])
@pytest.mark.parametrize("l1", [0.0, 0.1])
@pytest.mark.parametrize("l2", [0.0, 1e-12, 0.05, 3.0])
def test_gliding_is_making_the_steps(u, slope, l1, l2):
    expected = u
    for k in range(1, 60):
        expected = shrunk(expected - STEP * slope, STEP, l1, l2)
        assert glide(u, slope, STEP, l1, l2, k) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("l1", "l2"), [(0.1, 0.0), (0.0, 0.5), (0.1, 0.5)])
def test_gliding_far_ends_at_the_fixed_point(l1, l2):
    """And ends at all: made one by one, so many steps would take days."""
    slope = 0.05 if l2 == 0.0 else 0.3
    rest = 0.0 if l2 == 0.0 else -(slope - l1) / l2
    assert glide(5.0, slope, 1e-3, l1, l2, 10**15) == pytest.approx(rest, abs=1e-12)


def problem():
    random = np.random.default_rng(0)
    X = random.normal(size=(N, D)) * (random.random((N, D)) < 0.4)
    y = (random.random(N) < 0.4).astype(float)
    share, chance = random.random(N) + 0.1, random.random(N) + 0.2
    share, chance = share / share.sum(), chance / chance.sum()
    v, b = random.normal(size=D), random.normal(size=1)
    slopes = LOSS.evaluate(X @ v + b, y, (0.0,))[1]
    mean, total = X.T @ (share * slopes), np.array([share @ slopes])
    return X, y, share, chance, [v, b, slopes, mean, total]


def by_the_paper(X, y, share, chance, point, order, l1, l2, keeps):
    """Defazio et al. 2014, equation (1), with weights and chances; Johnson and Zhang 2013 without `keeps`."""
    v, b, slopes, mean, total = (each.copy() for each in point)
    for i in order:
        new = LOSS.evaluate(X[i] @ v + b[0], y[i], (0.0,))[1]
        lift = share[i] * (new - slopes[i]) / chance[i]
        moved = v - STEP * (lift * X[i] + mean)
        v = np.sign(moved) * np.maximum(np.abs(moved) - STEP * l1, 0.0) / (1.0 + STEP * l2)
        b = b - STEP * (lift + total)
        if keeps:
            mean = mean + share[i] * (new - slopes[i]) * X[i]
            total = total + share[i] * (new - slopes[i])
            slopes[i] = new
    return v, b, slopes, mean, total


@pytest.mark.parametrize("keeps", [True, False], ids=["saga", "svrg"])
@pytest.mark.parametrize("layout", ["dense", "CSR int32", "CSR int64"])
@pytest.mark.parametrize("strength", [0.0, 0.05])
def test_sweeps_are_the_papers(layout, keeps, strength):
    X, y, share, chance, point = problem()
    order = np.random.default_rng(1).choice(N, 3 * N, p=chance)
    l1, l2 = strength * np.linspace(0.0, 2.0, D), np.full(D, 0.1)
    expected = by_the_paper(X, y, share, chance, point, order, l1, l2, keeps)
    scale = np.linspace(0.5, 2.0, D)
    center = np.linspace(-1.0, 1.0, D)
    if layout == "dense":
        kernel = variance_reduced.dense_sweep_kernel(Logistic, np.dtype(float))
        rows = (X * scale + center, center)
    else:
        matrix, index = sp.csr_matrix(X * scale), np.dtype(layout.split()[1])
        kernel = variance_reduced.csr_sweep_kernel(Logistic, np.dtype(float), index)
        rows = (matrix.data, matrix.indices.astype(index), matrix.indptr.astype(index))
    kernel(
        *rows, 1.0 / scale, order, y, share, chance, LOSS.hyper_values(), l1, l2, STEP, keeps, True, *point
    )
    for found, want in zip(point, expected, strict=True):
        np.testing.assert_allclose(found, want, rtol=1e-9, atol=1e-12)
    assert (point[0] == 0.0).any() == (strength > 0.0)
