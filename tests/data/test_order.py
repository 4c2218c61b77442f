import itertools

import numpy as np
import pytest
import scipy.sparse as sp

from sgdkit.data.order import LANES, batches, epoch_order, looks_ordered, run_edges


def test_rows_sorted_by_label_look_ordered():
    X = np.random.default_rng(0).normal(size=(2000, 5))
    assert looks_ordered(X, np.repeat([0.0, 1.0], 1000))


def test_a_target_that_grows_with_time_looks_ordered():
    random = np.random.default_rng(0)
    assert looks_ordered(random.normal(size=(2000, 5)), np.linspace(0, 3, 2000) + random.normal(size=2000))


def test_features_that_drift_look_ordered_though_the_target_is_shuffled():
    random = np.random.default_rng(0)
    X = np.cumsum(random.normal(size=(3000, 4)), axis=0)
    assert looks_ordered(X, random.integers(0, 2, 3000).astype(float))


def test_a_drift_in_the_middle_of_many_rows_is_seen():
    random = np.random.default_rng(0)
    X = random.normal(size=(20_000, 2))
    X[8_600:11_400] = np.cumsum(X[8_600:11_400], axis=0)
    assert looks_ordered(X, random.normal(size=20_000))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kind", [np.asarray, sp.csr_matrix])
def test_shuffled_rows_do_not_look_ordered(seed, kind):
    random = np.random.default_rng(seed)
    X = random.normal(size=(2000, 5))
    assert not looks_ordered(kind(X), random.integers(0, 2, 2000).astype(np.float32))


@pytest.mark.parametrize("X", [np.zeros((1, 3)), np.zeros((2, 1)), np.ones((50, 2)), sp.csr_matrix((50, 2))])
def test_constant_and_tiny_data_are_judged_without_a_warning(X):
    assert not looks_ordered(X, np.zeros(X.shape[0]))


@pytest.mark.parametrize(("n_rows", "length"), [(1, 1), (10, 3), (12, 3), (5, 100)])
def test_run_edges_cut_the_rows_into_runs_of_one_length_and_a_rest(n_rows, length):
    edges = run_edges(n_rows, length)
    lengths = np.diff(edges)
    assert edges.dtype == np.int64 and edges[0] == 0 and edges[-1] == n_rows
    assert (lengths[:-1] == length).all() and 0 < lengths[-1] <= length


@pytest.mark.parametrize("n_runs", [0, 1, 2, 1000])
def test_epoch_order_is_a_permutation(n_runs):
    assert np.array_equal(np.sort(epoch_order(n_runs, 5, 3, True)), np.arange(n_runs))


def test_epoch_order_depends_on_seed_and_epoch_and_nothing_else():
    first = epoch_order(100, 1, 2, True)
    np.random.default_rng(0).normal()
    assert np.array_equal(first, epoch_order(100, 1, 2, True))
    assert not np.array_equal(first, epoch_order(100, 1, 3, True))
    assert not np.array_equal(first, epoch_order(100, 2, 2, True))
    assert not np.array_equal(epoch_order(100, 1, 2, True), epoch_order(100, 2, 1, True))


def test_the_shuffled_order_of_a_seed_is_the_same_on_every_machine():
    assert epoch_order(8, 7, 0, True).tolist() == [7, 1, 3, 2, 6, 5, 0, 4]


def test_epoch_order_without_shuffling_is_the_rows_own():
    assert epoch_order(6, 1, 2, False).tolist() == list(range(6))


@pytest.mark.parametrize("whole_runs", [False, True])
@pytest.mark.parametrize("batch_size", [1, 4, 7, 1000])
def test_batches_visit_every_row_once_in_runs_or_runs_side_by_side(whole_runs, batch_size):
    random = np.random.default_rng(0)
    edges = np.append(0, np.cumsum(random.integers(1, 6, 30)))
    order = epoch_order(30, 1, 0, True)
    visited = np.concatenate([rows for rows, _ in batches(order, edges, whole_runs, batch_size)])
    if whole_runs:
        expected = np.concatenate([np.arange(edges[r], edges[r + 1]) for r in order])
    else:
        expected = []
        for first in range(0, 30, LANES):
            group = [list(range(edges[r], edges[r + 1])) for r in order[first : first + LANES]]
            turns = itertools.zip_longest(*group)
            expected += [row for turn in turns for row in turn if row is not None]
    assert np.array_equal(visited, expected)


def test_batches_that_may_cut_runs_are_full_except_the_last():
    sizes = [len(rows) for rows, _ in batches(np.arange(5), run_edges(23, 5), False, 4)]
    assert sizes == [4, 4, 4, 4, 4, 3]


def test_whole_runs_are_never_cut_and_their_borders_are_told():
    edges = np.array([0, 3, 5, 12, 13])
    found = list(batches(np.array([1, 0, 2, 3]), edges, True, 5))
    assert [rows.tolist() for rows, _ in found] == [[3, 4, 0, 1, 2], [5, 6, 7, 8, 9, 10, 11], [12]]
    assert [offsets.tolist() for _, offsets in found] == [[0, 2, 5], [0, 7], [0, 1]]


def test_no_runs_give_no_batches():
    for whole_runs in (False, True):
        assert list(batches(np.empty(0, np.int64), np.zeros(1, np.int64), whole_runs, 4)) == []
