r"""A ranking as a logistic regression on the differences of pairs, so that solvers can prove its optimum.

The pairwise logistic loss of a query is a weighted mean of :math:`\log(1 + e^{-(x_i - x_j) w})` over its
pairs of unequal grade. The differences are formed, so this is for rankings with few enough pairs.
"""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import scipy.sparse as sp

from sgdkit.backends.base import Problem
from sgdkit.losses.base import Loss
from sgdkit.losses.log_loss import Logistic
from sgdkit.losses.pairwise_logistic import PairwiseLogistic

__all__ = ("count_pairs", "few_enough_pairs", "on_pairs")

# Numbers in the differences that are formed at most: 80 MB in double precision.
MAX_NUMBERS = 10_000_000


def count_pairs(y: np.ndarray, edges: np.ndarray) -> int:
    """Return the number of pairs of unequal grade within the queries that start at `edges`."""
    count = 0
    for start, stop in pairwise(edges.tolist()):
        _, equal = np.unique(y[start:stop], return_counts=True)
        count += ((stop - start) ** 2 - int(np.square(equal).sum())) // 2
    return count


def few_enough_pairs(loss: Loss, X: Any, y: np.ndarray, edges: np.ndarray) -> bool:
    """Tell whether a ranking can be solved on its pairs: their differences fit, and there is one."""
    if type(loss) is not PairwiseLogistic:
        return False
    per_row = 2.0 * X.nnz / max(X.shape[0], 1) if sp.issparse(X) else X.shape[1]
    return 0 < count_pairs(y, edges) * per_row <= MAX_NUMBERS


def on_pairs(problem: Problem, edges: np.ndarray) -> Problem:
    """Return the problem of the same objective on pairs, all of them of class 1 and without an intercept.

    Parameters
    ----------
    problem : Problem
        A ranking by `PairwiseLogistic`, its rows in the order of the queries, with `y` of shape (n,).
    edges : ndarray of shape (n_queries + 1,)
        Where each query starts.
    """
    n, y = problem.X.shape[0], problem.y
    weight = np.ones(n) if problem.weight is None else np.asarray(problem.weight, np.float64)
    better, worse, shares = [], [], []
    for start, stop in pairwise(edges.tolist()):
        i, j = np.nonzero(y[start:stop, None] > y[None, start:stop])
        own = weight[start:stop]
        both = own[i] * own[j]
        better.append(start + i)
        worse.append(start + j)
        shares.append(both * (own.sum() / max(float(both.sum()), 1e-300)))
    i, j, share = (np.concatenate(parts) for parts in (better, worse, shares))
    differences = problem.X[i] - problem.X[j]
    return replace(
        problem,
        X=sp.csr_matrix(differences) if sp.issparse(differences) else differences,
        y=np.ones(len(i)),
        weight=share * (len(i) / (n * problem.mean_weight)),
        mean_weight=1.0,
        edges=np.array([0, len(i)]),
        batch_size=len(i),
        loss=Logistic(),
        fit_intercept=False,
    )
