import numpy as np
import pytest
from scipy.linalg import LinAlgError

from sgdkit.solvers.cholesky import CholeskyFactor

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(7,), (7, 3)])
def test_a_definite_system_is_solved_and_its_matrix_kept(shape):
    root = RANDOM.normal(size=(7, 7))
    matrix, b = root @ root.T + np.eye(7), RANDOM.normal(size=shape)
    before = matrix.copy()
    np.testing.assert_allclose(matrix @ CholeskyFactor(matrix).solve(b), b, atol=1e-12)
    np.testing.assert_array_equal(matrix, before)


def test_a_singular_matrix_gets_a_larger_diagonal():
    column = RANDOM.normal(size=(5, 1))
    b = 3.0 * column[:, 0]
    x = CholeskyFactor(column @ column.T).solve(b)
    np.testing.assert_allclose(column[:, 0] * (column[:, 0] @ x), b, rtol=1e-4)


def test_an_empty_system_has_an_empty_solution():
    assert CholeskyFactor(np.zeros((0, 0))).solve(np.zeros(0)).shape == (0,)


def test_a_matrix_that_no_diagonal_helps_is_refused():
    with pytest.raises(LinAlgError, match="not positive definite"):
        CholeskyFactor(-np.eye(3))
