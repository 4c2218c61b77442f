"""The minimiser of an l1 model, where sweeps alone do not get there."""

import numpy as np
import pytest

from sgdkit.kernels.quadratic import descend
from sgdkit.solvers.quadratic_l1 import QuadraticL1


def correlated(seed, rows, columns, l1=1e-6, l2=0.0):
    """A model of columns that hardly differ; more of them than rows make it singular."""
    random = np.random.default_rng(seed)
    A = random.normal(size=(rows, 1)) + 0.05 * random.normal(size=(rows, columns))
    y = A @ random.normal(size=columns) + 0.1 * random.normal(size=rows)
    fill = [np.full(columns, value) for value in (0.0, l1, l2)]
    return QuadraticL1(A.T @ A / rows, -A.T @ y / rows, *fill)


@pytest.mark.parametrize("l2", [0.0, 1e-4])
@pytest.mark.parametrize(("rows", "columns"), [(60, 20), (20, 60)])
@pytest.mark.parametrize("seed", range(3))
def test_correlated_columns_are_solved_where_as_many_sweeps_are_far_off(seed, rows, columns, l2):
    model = correlated(seed, rows, columns, l2=l2)
    found = model.minimiser(1e-12, 200)
    assert model.violation(found, model.slope(found)) < 1e-10
    x, gradient = model.start.copy(), model.gradient.copy()
    descend(model.hessian, gradient, x, model.l1, model.l2, 1e-12, 200)
    assert model.violation(x, gradient) > 1e-7


def test_of_two_equal_columns_with_opposite_signs_nothing_is_wasted():
    H = np.ones((2, 2))
    model = QuadraticL1(H, np.zeros(2), np.array([3.0, -2.0]), np.full(2, 0.1), np.zeros(2))
    x = model.minimiser(1e-14, 200)
    assert x.tolist() == pytest.approx([0.9, 0.0])  # their sum, 1, less the strength over the curvature


def test_coordinates_without_a_penalty_are_solved_for_from_zero():
    H = np.array([[2.0, 1.0], [1.0, 2.0]])
    model = QuadraticL1(H, np.array([-3.0, -3.0]), np.zeros(2), np.zeros(2), np.zeros(2))
    np.testing.assert_allclose(model.minimiser(1e-14, 20), [1.0, 1.0], rtol=1e-10)


def test_a_share_of_the_violation_can_be_left():
    model = correlated(0, 60, 20)
    at_start = model.violation(model.start, model.gradient)
    assert at_start == np.abs(model.gradient).max() - 1e-6  # at zero: beyond the strength
    rough = model.minimiser(1e-12, 200, leave=0.1)
    assert 1e-10 < model.violation(rough, model.slope(rough)) <= 0.1 * at_start


def test_no_step_goes_up():
    model = correlated(1, 30, 40, l1=1e-3)
    x = np.random.default_rng(2).normal(size=40)

    def value(u):
        return model.gradient @ u + 0.5 * u @ model.hessian @ u + model.l1 @ np.abs(u)

    values = [value(x)]
    for _ in range(30):
        x = model._exact_step(x)
        values.append(value(x))
    assert (np.diff(values) <= 1e-12 * abs(values[0])).all() and values[-1] < values[0]


def test_where_every_coordinate_is_best_at_zero_there_is_nothing_to_solve():
    model = QuadraticL1(np.eye(2), np.full(2, 0.1), np.array([1e-3, 0.0]), np.ones(2), np.zeros(2))
    assert not model.minimiser(1e-12, 200).any()
