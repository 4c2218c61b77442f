"""Rows that stand on both sides of a split, and the null that says how many chance puts there."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

__all__ = ("Overlap", "judge_overlap", "near_twins")

_MIN_DRAWS, _MAX_DRAWS = 199, 999
_MAX_WORK = 20_000_000
_MAX_PAIRS = 2_000_000
_PROJECTIONS = 4


@dataclass(frozen=True, slots=True)
class Overlap:
    """Test rows with a twin among the training rows, against splits drawn at random.

    Attributes
    ----------
    n_seen : int
        Test rows whose group has a training row.
    expected : float
        The mean of the same over random splits of the same rows into the same sizes.
    p_value : float
        Share of those splits with at least as many; the observed split counts as one of them.
    n_draws : int
        Splits drawn.
    """

    n_seen: int
    expected: float
    p_value: float
    n_draws: int


def judge_overlap(
    groups: npt.NDArray[Any], is_test: npt.NDArray[np.bool_], generator: np.random.Generator
) -> Overlap:
    """Judge how many test rows share a group with a training row.

    Parameters
    ----------
    groups : ndarray of shape (n_rows,)
        Label of each row's group of twins; a row of its own is a group of one.
    is_test : ndarray of bool, shape (n_rows,)
        The split.
    generator : numpy.random.Generator
        Draws the splits.

    Returns
    -------
    Overlap

    Notes
    -----
    Under a random split every assignment of the rows is equally likely, so the p-value is exact, whatever
    twins the data hold of their own. Rows copied from one side to the other are no such split: all their
    pairs are divided, where chance divides only ``2 f (1 - f)`` of them.
    """
    _, codes, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    paired = sizes[codes] > 1
    n_rows, n_test = len(codes), int(is_test.sum())
    _, codes = np.unique(codes[paired], return_inverse=True)
    m = len(codes)
    if not m:
        return Overlap(0, 0.0, 1.0, 0)
    sizes = np.bincount(codes)

    def seen(flags: npt.NDArray[np.bool_]) -> int:
        inside = np.bincount(codes[flags], minlength=sizes.size)
        return int(inside[inside < sizes].sum())

    observed = seen(is_test[paired])
    if not observed:
        return Overlap(0, 0.0, 1.0, 0)
    n_draws = int(min(_MAX_DRAWS, max(_MIN_DRAWS, _MAX_WORK // m)))
    null = np.empty(n_draws)
    for draw in range(n_draws):
        flags = np.zeros(m, dtype=np.bool_)
        taken = int(generator.hypergeometric(n_test, n_rows - n_test, m))
        flags[generator.permutation(m)[:taken]] = True
        null[draw] = seen(flags)
    p_value = (1.0 + float(np.sum(null >= observed))) / (1.0 + n_draws)
    return Overlap(observed, float(null.mean()), p_value, n_draws)


def near_twins(
    values: npt.NDArray[np.float64], same: npt.NDArray[Any], tolerance: float, seed: int = 0
) -> npt.NDArray[np.intp] | None:
    """Group rows whose numbers all lie within a tolerance of each other, through chains of neighbours.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        Finite numbers, in units in which the tolerance is meant.
    same : ndarray of shape (n_rows,)
        What must be equal besides; such as a digest of the other columns.
    tolerance : float
        Largest difference in any column.
    seed : int, default=0
        Seed of the projections that find candidates.

    Returns
    -------
    ndarray of int, shape (n_rows,), or None
        Label of each row's group; None where neighbours are so many that nothing is told apart.
    """
    # Near rows stay near under any projection, so a tree over a few of them finds every pair.
    directions = np.random.default_rng(seed).normal(
        size=(values.shape[1], min(_PROJECTIONS, values.shape[1]))
    )
    if values.shape[1] <= _PROJECTIONS:
        directions = np.eye(values.shape[1])
    reach = tolerance * float(np.abs(directions).sum(axis=0).max())
    projected = values @ directions
    tree = cKDTree(projected)
    if tree.count_neighbors(tree, reach, p=np.inf) > _MAX_PAIRS + len(values):
        return None
    pairs = tree.query_pairs(reach, p=np.inf, output_type="ndarray")
    left, right = pairs[:, 0], pairs[:, 1]
    equal = same[left] == same[right]
    left, right = left[equal], right[equal]
    close = np.empty(left.size, dtype=np.bool_)
    for start in range(0, left.size, 100_000):
        part = slice(start, start + 100_000)
        close[part] = np.abs(values[left[part]] - values[right[part]]).max(axis=1) <= tolerance
    graph = sp.coo_array(
        (np.ones(int(close.sum()), dtype=np.int8), (left[close], right[close])), shape=(len(values),) * 2
    )
    return np.asarray(connected_components(graph, directed=False)[1])
