import numpy as np
import pytest

from sgdkit.decay import decay_step, decay_steps
from sgdkit.proximal import fits_series, proximal_step, proximal_steps, proximal_steps_series

WEIGHTS = np.array([-3.0, -0.05, -1e-9, 0.0, 0.02, 1.0, 40.0])


@pytest.mark.parametrize(("l1", "l2"), [(0.0, 0.0), (0.7, 0.0), (0.0, 0.7), (0.3, 0.4)])
@pytest.mark.parametrize("step", [0.1, 2.0])
def test_the_proximal_step_minimises_what_it_says(l1, l2, step):
    best = proximal_step(WEIGHTS, step, l1, l2)

    def objective(x):
        return 0.5 * (x - WEIGHTS) ** 2 + step * (l1 * np.abs(x) + 0.5 * l2 * x**2)

    for shift in (-1e-2, -1e-5, 1e-5, 1e-2):
        assert (objective(best) <= objective(best + shift) + 1e-12).all()


def test_the_proximal_step_of_l1_gives_exact_zeros():
    assert proximal_step(np.array([0.1, -0.1, 0.0]), 0.5, 0.3, 0.0).tolist() == [0.0, 0.0, 0.0]


def test_the_proximal_step_keeps_the_sign_and_mirrors():
    shrunk = proximal_step(WEIGHTS, 0.1, 0.3, 0.4)
    assert (shrunk * WEIGHTS >= 0.0).all()
    assert np.array_equal(proximal_step(-WEIGHTS, 0.1, 0.3, 0.4), -shrunk)


@pytest.mark.parametrize("form", [proximal_steps, proximal_steps_series])
@pytest.mark.parametrize("k", [0, 1, 2, 7, 100, 5000])
@pytest.mark.parametrize("step", [1e-8, 1e-4, 1e-3, 0.1, 3.0])
@pytest.mark.parametrize(("l1", "l2"), [(0.0, 0.0), (0.7, 0.0), (0.0, 0.7), (0.3, 0.4), (0.3, 1e-6)])
def test_k_steps_in_closed_form_are_k_steps_one_by_one(form, k, step, l1, l2):
    if form is proximal_steps_series and fits_series(step, k, l2) >= 1.0:
        return  # the kernels take the general form there
    one_by_one = WEIGHTS
    for _ in range(k):
        one_by_one = proximal_step(one_by_one, step, l1, l2)
    found = form(WEIGHTS, step, float(k), l1, l2)
    # A threshold that has just been passed leaves a rest of the size of the rounding.
    assert found == pytest.approx(one_by_one, rel=1e-10, abs=1e-12)


def test_both_closed_forms_agree_where_the_series_is_taken():
    random = np.random.default_rng(0)
    step, l2 = 10.0 ** random.uniform(-8, 1, 4000), 10.0 ** random.uniform(-8, 0, 4000)
    k = np.floor(10.0 ** random.uniform(0, 5, 4000))
    fits = fits_series(step, k, l2) < 1.0
    assert 500 < fits.sum() < 3900
    general = proximal_steps(1.0, step, k, 1e-6, l2)[fits]
    series = proximal_steps_series(1.0, step, k, 1e-6, l2)[fits]
    assert series == pytest.approx(general, rel=1e-11, abs=1e-12)


@pytest.mark.parametrize("form", [proximal_step, proximal_steps, proximal_steps_series])
def test_float32_stays_float32(form):
    w, step, l1, l2, k = (np.array([x], np.float32) for x in (1.0, 1e-4, 0.1, 0.2, 3.0))
    arguments = (l1, l2) if form is proximal_step else (k, l1, l2)
    assert form(w, step, *arguments).dtype == np.float32


@pytest.mark.parametrize("share", [0.0, 1e-9, 0.3, 1.0, 7.0])
def test_many_decays_are_as_many_single_ones(share):
    w = WEIGHTS
    for k in range(1, 6):
        w = decay_step(w, share)
        np.testing.assert_allclose(decay_steps(WEIGHTS, share, float(k)), w, rtol=1e-14, atol=0.0)
    assert (np.sign(w) * np.sign(WEIGHTS) >= 0.0).all() and (share < 1.0 or not w.any())
