"""The signatures that meet at the kernel boundary. Changing one means a new ABI version.

Buffers are passed whole, with a count beside them: making a slice costs a reference count, which a
batch of one row would notice. Arrays that are only read are typed readonly, which accepts writable
ones too; loky hands large arrays to its workers as read-only memory maps.
"""

from typing import NamedTuple

import numpy as np
from numba import types

__all__ = ("FASTMATH", "KernelTypes", "kernel_types")

# No "nnan" and no "ninf": kernels must see a NaN when there is one.
FASTMATH = {"reassoc", "contract", "nsz", "arcp"}


class KernelTypes(NamedTuple):
    """Numba types for one float dtype."""

    scalar: types.Type
    doubles: types.Type
    vector: types.Type
    vector_in: types.Type
    matrix: types.Type
    matrix_in: types.Type
    integers: types.Type
    integers_in: types.Type
    loss: types.FunctionType
    update: types.FunctionType
    catch_up: types.FunctionType


def kernel_types(dtype: np.dtype) -> KernelTypes:
    """Return the types that kernels and generated loops share for `dtype`."""
    scalar = types.float32 if np.dtype(dtype) == np.float32 else types.float64
    vector = types.Array(scalar, 1, "C")
    vector_in = types.Array(scalar, 1, "C", readonly=True)
    matrix = types.Array(scalar, 2, "C")
    index = types.Array(types.int64, 1, "C")
    # Hyperparameters and the step number are float64 for every dtype: 1 - 0.999**t would lose five
    # digits in float32.
    doubles = types.Array(types.float64, 1, "C")
    state = (matrix, doubles, vector)  # slots, hyper, units
    now = (scalar, types.float64)  # lr, t
    penalty = (scalar, scalar)  # l1, l2
    return KernelTypes(
        scalar=scalar,
        doubles=doubles,
        vector=vector,
        vector_in=vector_in,
        matrix=matrix,
        matrix_in=types.Array(scalar, 2, "C", readonly=True),
        integers=index,
        integers_in=types.Array(types.int64, 1, "C", readonly=True),
        # raw, y, weight, n_rows, hyper, offsets, n_groups, out -> sum of weight * loss. The targets of
        # a row stand side by side in y, as many as y has for each row of raw.
        loss=types.FunctionType(
            types.float64(matrix, vector, vector, types.int64, doubles, index, types.int64, matrix)
        ),
        # w, g, how many coordinates, ..., how many of them are penalised, lowest and highest value of the
        # coefficients (no columns where they are free) -> squared norm of g
        update=types.FunctionType(
            types.float64(vector, vector, types.int64, *state, *now, *penalty, types.int64, matrix)
        ),
        # how many steps each coordinate missed, how many coordinates, w, ..., working memory
        catch_up=types.FunctionType(
            types.void(types.Array(types.int32, 1, "C"), types.int64, vector, *state, *now, *penalty, vector)
        ),
    )
