"""Second derivatives, conjugates and feasible slopes of every loss that has them."""

import numpy as np
import pytest

from sgdkit.plugin.registry import Registry
from sgdkit.solvers.central_path import has_half_parabolas
from sgdkit.solvers.terms import has_certificate, has_curvature, has_ramps, terms_of

LOSSES = {
    name: kind()
    for name, kind in Registry().table("loss", plugins=False).items()
    if has_curvature(kind()) or has_certificate(kind())
}
WITH_CURVATURE = {name: loss for name, loss in LOSSES.items() if has_curvature(loss)}
BOUNDED = {name: loss for name, loss in LOSSES.items() if has_certificate(loss)}
RANDOM = np.random.default_rng(0)
N = 60


def case(loss):
    """Terms with their weights, and raw predictions that meet no corner."""
    if loss.multi_output:
        y, k = RANDOM.integers(0, 3, N), 3
    elif "classification" in loss.tasks:
        y, k = RANDOM.integers(0, 2, N), 1
    else:
        y, k = np.abs(RANDOM.normal(size=N)) + 0.1, 1
    weight = RANDOM.random(N) + 0.1
    return terms_of(loss, y.astype(float), weight / weight.sum(), k), RANDOM.normal(size=(N, k))


@pytest.mark.parametrize("loss", WITH_CURVATURE.values(), ids=WITH_CURVATURE)
def test_curvature_is_the_derivative_of_the_slope(loss):
    terms, z = case(loss)
    direction = RANDOM.normal(size=z.shape)
    diagonal, coupling = terms.curvatures(z)
    product = diagonal * direction
    if coupling is not None:
        product -= coupling * (coupling * direction).sum(axis=1, keepdims=True)
    step = 1e-6
    change = (terms.slopes(z + step * direction) - terms.slopes(z - step * direction)) / (2 * step)
    np.testing.assert_allclose(product, change, atol=1e-6)
    assert (diagonal >= 0.0).all()


@pytest.mark.parametrize("loss", BOUNDED.values(), ids=BOUNDED)
def test_fenchels_inequality_holds_and_is_tight_at_the_slopes(loss):
    terms, z = case(loss)
    slopes = terms.slopes(z)
    product = float((terms.weight @ (slopes * z)).sum())
    assert terms.mean(z) + terms.mean_conjugate(slopes) == pytest.approx(product, abs=1e-12)
    for _ in range(20):
        other = RANDOM.normal(size=z.shape) * 3.0
        product = float((terms.weight @ (slopes * other)).sum())
        assert terms.mean(other) + terms.mean_conjugate(slopes) >= product - 1e-12


@pytest.mark.parametrize("loss", BOUNDED.values(), ids=BOUNDED)
def test_feasible_slopes_balance_and_stay_in_the_domain(loss):
    terms, z = case(loss)
    for slopes in (terms.slopes(z), terms.slopes(z) + RANDOM.normal(size=z.shape)):
        feasible = terms.feasible(slopes, True)
        np.testing.assert_allclose(terms.weight @ feasible, 0.0, atol=1e-15)
        for shrinkage in (1.0, 0.3, 0.0):
            inside = terms.feasible(shrinkage * feasible, False)
            np.testing.assert_allclose(inside, shrinkage * feasible, atol=1e-12)


@pytest.mark.parametrize("loss", BOUNDED.values(), ids=BOUNDED)
def test_an_unbounded_conjugate_is_never_evaluated_outside_its_domain(loss):
    terms, z = case(loss)
    wild = terms.feasible(100.0 * RANDOM.normal(size=z.shape), True)
    assert np.isfinite(terms.mean_conjugate(wild))


def test_softmax_slopes_stay_probabilities_where_a_class_has_no_row():
    y = np.repeat([0.0, 1.0], 10)  # of three classes
    terms = terms_of(LOSSES["softmax"], y, np.full(20, 0.05), 3)
    feasible = terms.feasible(terms.slopes(RANDOM.normal(size=(20, 3))), True)
    probabilities = feasible + (y[:, None] == np.arange(3))
    assert (probabilities >= -1e-15).all() and (probabilities[:, 2] <= 1e-15).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-14)
    np.testing.assert_allclose(terms.weight @ feasible, 0.0, atol=1e-15)


WITH_PROXIMAL_SLOPE = {
    name: kind()
    for name, kind in Registry().table("loss", plugins=False).items()
    if kind.function("proximal_slope") is not None
}


@pytest.mark.parametrize("q", [1e-3, 0.1, 1.0, 30.0, 1e3, 1e6])
@pytest.mark.parametrize("loss", WITH_PROXIMAL_SLOPE.values(), ids=WITH_PROXIMAL_SLOPE)
def test_the_proximal_slope_is_a_slope_where_it_leads(loss, q):
    y = RANDOM.integers(0, 2, 200).astype(float)
    c = max(q, 1.0) * RANDOM.normal(size=200)
    hyper = loss.hyper_values()
    slope = type(loss).proximal_slope(c, y, q, hyper)
    there = c - q * slope
    near = 1e-6 * max(q, 1.0)
    below, above = (type(loss).evaluate(there + move, y, hyper)[1] for move in (-near, near))
    assert (slope >= below - 1e-5).all() and (slope <= above + 1e-5).all()


WITH_RAMPS = {name: loss for name, loss in LOSSES.items() if has_ramps(loss)}


@pytest.mark.parametrize("loss", WITH_RAMPS.values(), ids=WITH_RAMPS)
def test_the_slope_is_the_sum_of_its_ramps(loss):
    terms, z = case(loss)
    corner, low, high, run = terms.ramps()
    steep = np.maximum(run, 1e-12)
    assert (low <= 0.0).all() and (high >= 0.0).all() and (run >= 0.0).all()
    np.testing.assert_allclose(
        np.clip((z - corner) / steep, low, high).sum(axis=0), terms.slopes(z), atol=1e-12
    )


HALF_PARABOLAS = {name: loss for name, loss in LOSSES.items() if has_half_parabolas(loss)}


@pytest.mark.parametrize("loss", HALF_PARABOLAS.values(), ids=HALF_PARABOLAS)
def test_the_loss_is_the_sum_of_its_half_parabolas(loss):
    terms, z = case(loss)
    parts = type(loss).half_parabolas(terms.targets, terms.hyper)
    value = sum(bend / 2 * np.maximum(0.0, side * (z - corner)) ** 2 for corner, side, bend in parts)
    np.testing.assert_allclose(value, type(loss).evaluate(z, terms.targets, terms.hyper)[0], atol=1e-12)
    assert all((np.abs(side) == 1.0).all() for _, side, _ in parts)
