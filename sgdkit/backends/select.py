"""Choose the backend from the input, and say why."""

from typing import Any

import numpy as np
import scipy.sparse as sp

from sgdkit.backends.array_api import ArrayBackend
from sgdkit.backends.base import Backend
from sgdkit.backends.numba_cpu import NumbaBackend
from sgdkit.exceptions import InvalidParameterError, UnsupportedCombinationError

__all__ = ("BACKENDS", "is_cupy", "select_backend")

BACKENDS = ("auto", "numba", "reference", "cupy")


def is_cupy(X: Any) -> bool:
    """Tell whether X lives on a CUDA device, without importing CuPy."""
    return type(X).__module__.split(".")[0] in ("cupy", "cupyx")


def select_backend(name: str, X: Any) -> tuple[Backend, str]:
    """Return the backend for X and one sentence that says why.

    Parameters
    ----------
    name : {"auto", "numba", "reference", "cupy"}
        The estimator's `backend`.
    X : array or sparse matrix
        The training data, validated.

    Raises
    ------
    InvalidParameterError
        For a name that is not known.
    UnsupportedCombinationError
        If the backend asked for cannot take X.
    """
    if name not in BACKENDS:
        raise InvalidParameterError(
            f"backend={name!r} is not known; use one of {', '.join(map(repr, BACKENDS))}."
        )
    on_gpu = is_cupy(X)
    if name == "cupy" and not on_gpu:
        raise UnsupportedCombinationError(
            f"backend='cupy' needs CuPy arrays, but X is a {type(X).__module__}.{type(X).__name__}. "
            "Pass cupy.asarray(X), or leave backend='auto'."
        )
    if on_gpu:
        if name in ("numba", "reference"):
            raise UnsupportedCombinationError(
                f"backend={name!r} runs on the CPU, but X is a CuPy array. Pass X.get(), "
                "or leave backend='auto'."
            )
        import cupy

        return ArrayBackend(cupy, "cupy"), "X is on a CUDA device"
    if not (isinstance(X, np.ndarray) or sp.issparse(X)):
        raise UnsupportedCombinationError(
            f"no backend takes a {type(X).__name__}; pass a NumPy, SciPy or CuPy array."
        )
    if name == "reference":
        return ArrayBackend(np, "reference"), "asked for by name"
    return NumbaBackend(), "X is in main memory" if name == "auto" else "asked for by name"
