"""Pairwise logistic loss (RankNet) over the documents of each query."""

from itertools import pairwise
from typing import Any

import numpy as np

from sgdkit.losses.base import BatchLoss

__all__ = ("PairwiseLogistic",)


class PairwiseLogistic(BatchLoss):
    r"""Mean log loss over the ordered pairs of each query, for ranking.

    For a query `q` with the pairs :math:`P_q = \{(i, j): y_i > y_j\}` and row weights `s`:

    .. math::
        \ell_q = \frac{\sum_{(i,j) \in P_q} s_i s_j \log(1 + e^{-(z_i - z_j)})}
                      {\sum_{(i,j) \in P_q} s_i s_j}, \qquad
        \sum_q \Big(\sum_{i \in q} s_i\Big) \ell_q

    so a query counts in proportion to the weight of its rows, a row of weight 2 counts like two
    equal rows, and a row of weight 0 like none. A query without two different grades adds nothing.

    Notes
    -----
    The cost of a query grows with the square of its number of rows.

    References
    ----------
    Burges et al., "Learning to rank using gradient descent", ICML 2005, eq. (3).

    Examples
    --------
    >>> import numpy as np
    >>> from sgdkit.losses import PairwiseLogistic
    >>> total, gradient = PairwiseLogistic().evaluate_batch(
    ...     np, np.zeros((2, 1)), np.array([1.0, 0.0]), np.array([0.5, 0.5]), np.array([0, 2]))
    >>> round(float(total), 6), gradient.ravel().tolist()
    (0.693147, [-0.5, 0.5])
    """

    name = "pairwise_logistic"
    tasks = frozenset({"ranking"})
    curvature = 1.0  # two rows of one query that move apart

    def evaluate_batch(self, xp: Any, raw: Any, y: Any, weight: Any, offsets: Any) -> tuple[Any, Any]:  # noqa: D102
        value = xp.sum(0.0 * raw)
        gradients = []
        for start, stop in pairwise(offsets):
            z, grade, s = raw[start:stop, 0], y[start:stop], weight[start:stop]
            margin = z[:, None] - z[None, :]
            one = xp.ones_like(margin)
            better = xp.where(grade[:, None] > grade[None, :], one, 0.0 * one) * s[:, None] * s[None, :]
            pairs = xp.sum(better)
            factor = xp.where(pairs > 0.0, xp.sum(s) / xp.where(pairs > 0.0, pairs, 1.0 + pairs), 0.0 * pairs)
            value = value + factor * xp.sum(better * xp.logaddexp(0.0 * margin, -margin))
            pull = better / (1.0 + xp.exp(xp.where(margin > 80.0, 80.0 * one, margin)))
            gradients.append(factor * (xp.sum(pull, axis=0) - xp.sum(pull, axis=1)))
        return value, xp.concat(gradients)[:, None]

    @staticmethod
    def loops(raw, y, weight, hyper, offsets, out):  # noqa: D102
        value = 0.0
        for q in range(offsets.shape[0] - 1):
            start, stop = offsets[q], offsets[q + 1]
            total = 0.0
            pairs = 0.0
            for i in range(start, stop):
                total += weight[i]
                out[i, 0] = 0.0
            for i in range(start, stop):
                for j in range(start, stop):
                    if y[i] > y[j]:
                        pairs += weight[i] * weight[j]
            if pairs == 0.0:
                continue
            factor = total / pairs
            for i in range(start, stop):
                pulled = 0.0 * raw[i, 0]
                for j in range(start, stop):
                    if y[i] > y[j]:
                        margin = raw[i, 0] - raw[j, 0]
                        scale = factor * weight[i] * weight[j]
                        value += scale * np.logaddexp(0.0 * margin, -margin)
                        push = scale / (1.0 + np.exp(np.minimum(margin, 80.0 + 0.0 * margin)))
                        out[j, 0] += push
                        pulled += push
                out[i, 0] -= pulled
        return value
