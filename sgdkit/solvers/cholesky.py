"""Cholesky factors of symmetric matrices, from LAPACK directly.

SciPy's `cho_factor` and `cho_solve` check and convert what is known here; on thirty features that took as
long as the factor itself.
"""

import numpy as np
from scipy.linalg import LinAlgError
from scipy.linalg.lapack import dpotrf, dpotrs

__all__ = ("CholeskyFactor",)

_TINY = 1e-300


class CholeskyFactor:
    """The factor of a symmetric float64 matrix, with a larger diagonal where this one is singular.

    Parameters
    ----------
    matrix : ndarray of shape (m, m)
        Positive semidefinite up to rounding; its diagonal is changed where it is not definite.

    Raises
    ------
    LinAlgError
        If no diagonal in proportion to the largest entry helps.
    """

    def __init__(self, matrix: np.ndarray):
        diagonal = np.diagonal(matrix).copy()
        extra = 0.0
        largest = max(float(diagonal.max(initial=0.0)), _TINY)
        while len(matrix):  # LAPACK takes no empty matrix
            # The transpose is the same matrix, in the order of LAPACK.
            self._upper, failed = dpotrf(matrix.T, clean=0)
            if not failed:
                return
            extra = max(10.0 * extra, 1e-15 * largest)
            if not extra < 1e3 * largest:
                raise LinAlgError("The matrix is not positive definite.")
            np.fill_diagonal(matrix, diagonal + extra)

    def solve(self, b: np.ndarray) -> np.ndarray:
        """Return the solution for a right-hand side of shape (m,) or (m, k)."""
        return dpotrs(self._upper, b)[0] if len(b) else b.copy()
