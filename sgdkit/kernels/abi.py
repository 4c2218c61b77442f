"""The signatures that meet at the kernel boundary. Changing one means a new ABI version.

Buffers are passed whole, with a count beside them: making a slice costs a reference count, which a
batch of one row would notice. Arrays that are only read are typed readonly, which accepts writable
ones too; loky hands large arrays to its workers as read-only memory maps.
"""

from typing import NamedTuple

import numpy as np
from numba import types

__all__ = ("FASTMATH", "TILE", "TILE_ROWS", "KernelTypes", "kernel_types")

# No "nnan" and no "ninf": kernels must see a NaN when there is one.
FASTMATH = {"reassoc", "contract", "nsz", "arcp"}

# Listed coordinates are fetched, worked on side by side and put back, so many at a time. A row of the tile
# holds their gradients, the next three their weights, units and inverse units, the others their slots.
TILE = 256
TILE_ROWS = 4


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
    update_touched: types.FunctionType
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
    touched = types.Array(types.int32, 1, "C")
    state = (matrix, doubles, vector)  # slots, hyper, units
    # Everything of one coordinate side by side, so that a random visit costs one cache line: weight,
    # gradient, slots, and the size of the penalty's step if one is owed; the pitch is how many.
    cells = (vector, types.uintp)
    unit = (doubles, vector, types.uintp)
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
        # a list of coordinates, where in it to start and how many to take, the cells, hyper, units, 2 or 0
        # where all are units[0], now, how many coordinates are penalised, the tile with the gradients
        update_touched=types.FunctionType(
            types.float64(touched, types.int64, types.int64, *cells, *unit, *now, types.int64, vector)
        ),
        # a list of coordinates, how many steps each of them missed, how many, ..., working memory
        catch_up=types.FunctionType(
            types.void(touched, touched, types.int64, *cells, *unit, *now, *penalty, vector)
        ),
    )
