"""Which rows an epoch visits: drawn with replacement, spread by class, or by importance.

A sampler orders runs like `sgdkit.data.order.epoch_order`, and may visit a run several times or
not at all. `correction` is then the factor on the weight of each row that keeps the sum over an
epoch right on average, so that the stated objective is the one that is minimised.
"""

from abc import ABC, abstractmethod

import numpy as np

from sgdkit.data.order import epoch_generator

__all__ = ("ByClass", "ByImportance", "Sampler", "WithReplacement")


class Sampler(ABC):
    """Says which runs each epoch visits, and in which order.

    Attributes
    ----------
    correction : ndarray of shape (n_rows,) or None
        Factor on the weights of the rows: one over the expected number of visits in an epoch.
    """

    correction: np.ndarray | None = None

    @abstractmethod
    def order(self, seed: int, epoch: int) -> np.ndarray:
        """Return the runs of one epoch; they depend on nothing but the arguments.

        Returns
        -------
        ndarray of shape (n_runs,), dtype int64
        """


class WithReplacement(Sampler):
    """Draws as many runs as there are, each with the same probability, independently.

    Parameters
    ----------
    n_runs : int
        How many there are.

    Examples
    --------
    >>> from sgdkit.data.sampling import WithReplacement
    >>> WithReplacement(6).order(seed=0, epoch=0).tolist()
    [0, 0, 3, 1, 2, 0]
    """

    def __init__(self, n_runs: int):
        self.n_runs = n_runs

    def order(self, seed: int, epoch: int) -> np.ndarray:  # noqa: D102
        return epoch_generator(seed, epoch).integers(self.n_runs, size=self.n_runs)


class ByClass(Sampler):
    """Spreads the rows of each class evenly over the epoch, so that every batch has its share of each.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Class of each row.
    equal : bool
        False: every row once, so a class has the share in each batch that it has in the rows, to
        within a row or two. True: the classes have equal shares; rows of rare classes are visited
        more often, those of common ones less often, and `correction` makes up for it.

    Examples
    --------
    >>> import numpy as np
    >>> from sgdkit.data.sampling import ByClass
    >>> y = np.array([0, 0, 0, 0, 0, 0, 1, 1])
    >>> order = ByClass(y, equal=False).order(seed=0, epoch=0)
    >>> y[order].reshape(2, 4).sum(axis=1).tolist()
    [1, 1]
    >>> sampler = ByClass(y, equal=True)
    >>> y[sampler.order(seed=0, epoch=0)].reshape(2, 4).sum(axis=1).tolist()
    [2, 2]
    >>> sampler.correction.tolist()
    [1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 0.5, 0.5]
    """

    def __init__(self, y: np.ndarray, equal: bool):
        _, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
        self.members = np.split(np.argsort(codes, kind="stable"), np.cumsum(counts)[:-1])
        self.visits = counts
        if equal:
            self.visits = np.full(len(counts), len(y) // len(counts))
            self.visits[: len(y) % len(counts)] += 1
            self.correction = (counts / self.visits)[codes]

    def order(self, seed: int, epoch: int) -> np.ndarray:  # noqa: D102
        generator = epoch_generator(seed, epoch)
        rows, places = [], []
        for members, visits in zip(self.members, self.visits, strict=True):
            rounds = -(-int(visits) // len(members))
            rows.append(np.concatenate([generator.permutation(members) for _ in range(rounds)])[:visits])
            # One place in each of `visits` equal stretches of the epoch, the same within each.
            places.append((np.arange(visits) + generator.random()) / visits)
        order: np.ndarray = np.concatenate(rows)[np.argsort(np.concatenate(places), kind="stable")]
        return order.astype(np.int64)


class ByImportance(Sampler):
    r"""Visits rows more often whose gradients may be large.

    Parameters
    ----------
    importance : ndarray of shape (n_rows,)
        Bound on the size of each row's gradient, zero or positive.

    Notes
    -----
    Row `i` is expected :math:`v_i = \tfrac12 + \tfrac12\, n\, g_i / \sum_j g_j` times in an epoch, and its
    weight is divided by :math:`v_i`: the gradients stay unbiased, and no row counts more than
    twice. The number of visits is :math:`v_i` rounded up or down at random (systematic sampling),
    which varies less than independent draws.

    References
    ----------
    Zhao and Zhang, "Stochastic optimization with importance sampling", ICML 2015, eq. (9);
    Needell, Srebro and Ward, "Stochastic gradient descent, weighted sampling, and the randomized
    Kaczmarz algorithm", 2014, section 3 (the half that is uniform).

    Examples
    --------
    >>> import numpy as np
    >>> from sgdkit.data.sampling import ByImportance
    >>> ByImportance(np.array([1.0, 1.0, 6.0])).correction.round(3).tolist()
    [1.455, 1.455, 0.615]
    """

    def __init__(self, importance: np.ndarray):
        n, total = len(importance), float(importance.sum())
        share = importance / total if total > 0.0 else np.full(n, 1.0 / n)
        self.expected = 0.5 + 0.5 * n * share
        self.correction = 1.0 / self.expected

    def order(self, seed: int, epoch: int) -> np.ndarray:  # noqa: D102
        generator = epoch_generator(seed, epoch)
        n = len(self.expected)
        reached = np.cumsum(self.expected)
        marks = (np.arange(n) + generator.random()) * (reached[-1] / n)
        drawn = np.minimum(np.searchsorted(reached, marks, side="right"), n - 1)
        return generator.permutation(drawn).astype(np.int64)
