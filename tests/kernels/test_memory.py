"""What is computed does not depend on where working memory happens to lie."""

from itertools import combinations

import numpy as np
import pytest

from sgdkit.kernels.csr import Move, csr_scratch
from sgdkit.kernels.dense import dense_scratch
from sgdkit.kernels.generate import compiled_loss
from sgdkit.kernels.memory import working_memory
from sgdkit.losses import SquaredError


def test_working_memory_is_zero_aligned_and_of_the_shape_asked_for():
    for shape, dtype in ((7, np.float32), ((3, 5), np.float64), (0, np.int32)):
        found = working_memory(shape, dtype)
        np.testing.assert_array_equal(found, np.zeros(shape, dtype))
        assert found.dtype == dtype and found.flags.c_contiguous
        assert found.size == 0 or found.ctypes.data % 64 == 0


@pytest.mark.parametrize(
    "scratch",
    [
        lambda: dense_scratch(np.dtype("f8"), 16, False, 3, 1, 1),
        lambda: csr_scratch(np.dtype("f4"), 4, 9, 0, False, 3, 1, 1, 1, Move.TOUCHED),
    ],
    ids=["dense", "CSR"],
)
def test_arrays_of_a_kernel_lie_apart(scratch):
    arrays = [a for a in scratch() if a.size]
    for one, other in combinations(arrays, 2):
        low, high = sorted((one, other), key=lambda a: a.ctypes.data)
        assert high.ctypes.data - (low.ctypes.data + low.nbytes) >= 512


def test_a_sum_of_losses_has_the_same_bits_wherever_its_rows_lie():
    loss, values = compiled_loss(SquaredError, np.float64), np.random.default_rng(0).normal(size=(3, 16))
    found, kept = set(), []
    for size in (8, 100, 16, 300, 24, 5_000, 40):
        y, weight, raw, out = (working_memory(16, np.float64) for _ in range(4))
        y[:], weight[:], raw[:] = values
        kept += [y, weight, raw, out, np.empty(size)]  # so that the next ones lie elsewhere
        total = loss.run(
            raw[:, None], y, weight, 16, np.zeros(1), np.zeros(2, np.int64), 0, out.reshape(16, 1)
        )
        found.add(total)
    assert len(found) == 1
