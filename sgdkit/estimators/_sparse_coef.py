"""Coefficients as a sparse matrix, for models that an l1 penalty emptied."""

from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from sklearn.utils.validation import check_is_fitted

from sgdkit.backends.select import is_cupy
from sgdkit.exceptions import UnsupportedCombinationError

__all__ = ("SparseCoef",)


class SparseCoef:
    """Lets ``coef_`` be kept as a CSR matrix."""

    coef_: Any
    intercept_: Any

    def sparsify(self) -> Self:
        """Turn ``coef_`` into a CSR matrix of shape (n_outputs, n_features).

        Worth it where more than half of the coefficients are zero: predictions and pickles then
        cost less. Training goes on from the dense ones, and a fit makes ``coef_`` dense again.

        Returns
        -------
        self

        Raises
        ------
        UnsupportedCombinationError
            If the coefficients are on a GPU.
        """
        check_is_fitted(self)
        if is_cupy(self.coef_):
            raise UnsupportedCombinationError(
                "sparsify() needs coefficients in main memory, but the model was fitted on a GPU."
            )
        if not sp.issparse(self.coef_):
            self.coef_ = sp.csr_matrix(np.atleast_2d(self.coef_))
        return self

    def densify(self) -> Self:
        """Turn ``coef_`` back into an array of the shape that ``fit`` gives it.

        Returns
        -------
        self
        """
        check_is_fitted(self)
        if sp.issparse(self.coef_):
            coef = self.coef_.toarray()
            self.coef_ = coef[0] if np.ndim(self.intercept_) == 0 else coef
        return self
