import numpy as np
import pytest

from sgdkit.governance.twins import judge_overlap, near_twins


def test_natural_duplicates_are_judged_at_the_stated_level():
    generator = np.random.default_rng(0)
    p_values = []
    for _ in range(200):
        groups = generator.integers(0, 150, 400)
        p_values.append(judge_overlap(groups, generator.random(400) < 0.25, generator).p_value)
    assert np.mean(np.array(p_values) <= 0.1) < 0.17  # binomial: above 0.17 with a chance under one in 1,000


@pytest.mark.parametrize("copied", [6, 40])
def test_copied_rows_are_not_explained_by_chance(copied):
    groups = np.concatenate([np.arange(300), np.arange(1000, 1100), np.arange(copied)])
    is_test = np.repeat([False, True], [300, 100 + copied])
    found = judge_overlap(groups, is_test, np.random.default_rng(0))
    assert found.n_seen == copied
    assert found.expected < 0.5 * copied
    assert found.p_value < 0.01


def test_rows_without_twins_overlap_nowhere():
    found = judge_overlap(np.arange(50), np.arange(50) < 10, np.random.default_rng(0))
    assert (found.n_seen, found.p_value) == (0, 1.0)


@pytest.mark.parametrize("n_columns", [2, 3, 30])
def test_near_twins_are_those_that_a_look_at_every_pair_finds(n_columns):
    generator = np.random.default_rng(n_columns)
    values = generator.normal(size=(300, n_columns))
    values[200:250] = values[:50] + generator.uniform(-0.015, 0.015, size=(50, n_columns))
    same = np.zeros(300)
    groups = near_twins(values, same, 0.01)
    close = np.abs(values[:, None] - values[None]).max(axis=2) <= 0.01
    assert np.array_equal(groups[:, None] == groups[None], np.linalg.matrix_power(close.astype(float), 8) > 0)


def test_other_columns_keep_near_rows_apart():
    values = np.zeros((4, 2))
    assert near_twins(values, np.array([0, 0, 1, 1]), 0.01).tolist() == [0, 0, 1, 1]
