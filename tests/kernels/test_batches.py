import numpy as np
import pytest

from sgdkit.data.order import LANES, batches, epoch_order, largest_batch
from sgdkit.kernels.batches import drop_noise, next_batch


def compiled_batches(order, edges, whole_runs, batch_size):
    """Return what the kernels would visit, batch by batch."""
    capacity = largest_batch(edges, whole_runs, batch_size)
    rows, offsets = np.empty(capacity, np.int64), np.zeros(capacity + 1, np.int64)
    cursor = np.zeros(4, np.int64)
    found = []
    lanes = 0 if whole_runs else LANES
    while (m := next_batch(order, edges, lanes, batch_size, cursor, rows, 0, offsets)) > 0:
        found.append((rows[:m].copy(), offsets[: cursor[3] + 1].copy()))
    return found


@pytest.mark.parametrize("whole_runs", [False, True])
def test_kernels_and_reference_make_the_same_batches_of_random_runs(whole_runs):
    random = np.random.default_rng(0)
    for trial in range(60):
        n_runs = int(random.integers(1, 25))
        edges = np.append(0, np.cumsum(random.integers(1, 1 + int(random.integers(1, 9)), n_runs)))
        order = epoch_order(n_runs, trial, 0, trial % 2 == 0)
        batch_size = int(random.integers(1, 15))
        expected = list(batches(order, edges, whole_runs, batch_size))
        found = compiled_batches(order, edges, whole_runs, batch_size)
        assert len(found) == len(expected), (edges, order, batch_size)
        for (rows, offsets), (wanted, wanted_offsets) in zip(found, expected, strict=True):
            assert rows.tolist() == wanted.tolist()
            if whole_runs:
                assert offsets.tolist() == wanted_offsets.tolist()


def test_buffers_hold_the_largest_batch_and_no_more_than_all_rows():
    edges = np.array([0, 3, 5, 12, 13])
    assert largest_batch(edges, False, 4) == 4
    assert largest_batch(edges, False, 100) == 13
    assert largest_batch(edges, True, 4) == 7


def test_rows_are_written_from_the_place_that_was_asked_for():
    rows = np.full(9, -1)
    edges, order, cursor = np.array([0, 2, 4]), np.array([1, 0]), np.zeros(4, np.int64)
    assert next_batch(order, edges, 1, 3, cursor, rows, 5, np.zeros(4, np.int64)) == 3
    assert rows.tolist() == [-1, -1, -1, -1, -1, 2, 3, 0, -1]


@pytest.mark.parametrize(("dtype", "noise", "signal"), [(np.float32, 5e-7, 2e-6), (np.float64, 1e-15, 3e-15)])
def test_intercept_gradients_below_the_rounding_of_their_sum_are_zero(dtype, noise, signal):
    g, magnitude = (
        np.array([9.0, noise, -signal, noise, -noise], dtype),
        np.array([1.0, 1.0, 0.01, 4.0], dtype),
    )
    drop_noise(g, 1, magnitude)
    np.testing.assert_array_equal(g, np.array([9.0, 0.0, -signal, noise, 0.0], dtype))
    assert not magnitude.any()
