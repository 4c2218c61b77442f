import numpy as np
import pytest

from sgdkit.kernels.quadratic import descend, quadratic_descent

FORMS = {"plain": descend, "compiled": quadratic_descent()}


def model(seed=0, d=5):
    """A quadratic model: its matrix, the gradient at the start, the start and two penalties."""
    random = np.random.default_rng(seed)
    half = random.normal(size=(d, d + 3))
    return (
        half @ half.T,
        3.0 * random.normal(size=d),
        random.normal(size=d),
        random.random(d),
        random.random(d),
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seed", range(4))
def test_descent_ends_at_the_optimum_of_the_model_with_its_gradient(form, seed):
    H, g, u, l1, l2 = model(seed)
    l1 = l1 * 4.0
    x, gradient = u.copy(), g.copy()
    FORMS[form](H, gradient, x, l1, l2, 1e-13, 10_000)
    np.testing.assert_allclose(gradient, g + H @ (x - u), atol=1e-9)
    slope = gradient + l2 * x
    moved = x != 0.0
    assert 0 < moved.sum() < 5 or seed != 0  # some of each kind
    np.testing.assert_allclose(slope[moved], -(l1 * np.sign(x))[moved], atol=1e-9)
    assert (np.abs(slope[~moved]) <= l1[~moved] + 1e-9).all()


@pytest.mark.parametrize("form", FORMS)
def test_the_last_sweep_is_the_one_that_changes_little(form):
    H, g, u, l1, l2 = model()
    assert FORMS[form](H, g.copy(), u.copy(), l1, l2, np.inf, 7) == 1
    assert FORMS[form](H, g.copy(), u.copy(), l1, l2, 0.0, 3) == 3
    n_sweeps = FORMS[form](H, g, u, l1, l2, 1e-6, 10_000)
    assert 1 < n_sweeps < 10_000
    assert FORMS[form](H, g, u, l1, l2, 1e-6, 10_000) == 1  # from the optimum


@pytest.mark.parametrize("form", FORMS)
def test_one_sweep_of_a_diagonal_model_is_exact(form):
    H, u, g = np.diag([2.0, 4.0]), np.array([1.0, 0.0]), np.array([2.0, -8.0])
    assert FORMS[form](H, g, u, np.array([0.0, 2.0]), np.array([1.0, 0.0]), np.inf, 9) == 1
    assert u.tolist() == [0.0, 1.5]  # (2 - 2) / 3 and (8 - 2) / 4
    assert g.tolist() == [0.0, -2.0]


@pytest.mark.parametrize("form", FORMS)
def test_a_flat_coordinate_without_a_penalty_stays_where_it_is(form):
    H, u, g = np.diag([2.0, 0.0]), np.array([1.0, 5.0]), np.array([1.0, 0.0])
    FORMS[form](H, g, u, np.zeros(2), np.zeros(2), 1e-12, 9)
    assert u.tolist() == [0.5, 5.0]


@pytest.mark.parametrize("form", FORMS)
def test_a_coordinate_that_is_flat_but_penalised_becomes_zero(form):
    H, u, g = np.diag([2.0, 0.0]), np.array([1.0, 5.0]), np.array([1.0, 0.0])
    FORMS[form](H, g, u, np.zeros(2), np.array([0.0, 0.3]), 1e-12, 9)
    assert u.tolist() == [0.5, 0.0]
