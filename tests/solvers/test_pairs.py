"""Rankings solved on their pairs."""

from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp

from sgdkit import LinearRanker
from sgdkit.exceptions import UnsupportedCombinationError
from sgdkit.losses import PairwiseLogistic
from sgdkit.solvers import pairs

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(90, 4)) * np.array([1.0, 100.0, 0.01, 1.0])
QID = np.repeat([3, 1, 2, 8], [30, 20, 25, 15])
Y = np.digitize(X[:, 0] + X[:, 1] / 100.0 + RANDOM.normal(size=90), [-1.0, 1.0]).astype(float)
Y[QID == 8] = 1.0  # a query without pairs
EDGES = np.array([0, 30, 50, 75, 90])


def objective(model, weight, alpha, l1):
    raw = (X @ model.coef_.ravel())[:, None]
    value, _ = PairwiseLogistic().evaluate_batch(np, raw, Y, weight / weight.sum(), EDGES)
    return value + alpha * (abs(model.coef_).sum() if l1 else 0.5 * (model.coef_**2).sum())


@pytest.mark.parametrize("penalty", ["l2", "l1"])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_proof_is_about_the_stated_objective(penalty, weighted):
    weight = RANDOM.uniform(0.5, 2.0, 90) if weighted else np.ones(90)
    settings = {"penalty": penalty, "alpha": 1e-2}
    model = LinearRanker(**settings).fit(X, Y, qid=QID, sample_weight=weight if weighted else None)
    exact = LinearRanker(**settings, tol=1e-10).fit(X, Y, qid=QID, sample_weight=weight if weighted else None)
    found, best = (objective(each, weight, 1e-2, penalty == "l1") for each in (model, exact))
    assert model.converged_ and model.history_["objective"].min() == pytest.approx(found, rel=1e-9)
    assert best * (1.0 - 1e-12) <= found <= best + model.optimality_gap_ <= best + 2e-4 * best
    # No direction leads down from there.
    for step in 1e-4 * RANDOM.normal(size=(20, 4)):
        exact.coef_ = exact.coef_ + step.reshape(exact.coef_.shape) / X.std(axis=0)
        assert objective(exact, weight, 1e-2, penalty == "l1") > best
        exact.coef_ = exact.coef_ - step.reshape(exact.coef_.shape) / X.std(axis=0)


def test_sparse_rows_rank_alike_and_a_stream_goes_on():
    dense, sparse = (LinearRanker().fit(rows, Y, qid=QID) for rows in (X, sp.csr_matrix(X)))
    np.testing.assert_allclose(dense.coef_, sparse.coef_, rtol=1e-4)
    before = dense.score(X, Y, qid=QID)
    assert dense.partial_fit(X, Y, qid=QID).optimizer_ == "adagrad"
    assert dense.score(X, Y, qid=QID) > before - 0.05


def test_pairs_are_counted_without_being_formed():
    formed = sum((Y[a:b, None] > Y[None, a:b]).sum() for a, b in pairwise(EDGES))
    assert pairs.count_pairs(Y, EDGES) == formed


def test_too_many_pairs_are_left_to_an_update_rule(monkeypatch):
    monkeypatch.setattr(pairs, "MAX_NUMBERS", 1000)
    model = LinearRanker(max_iter=3, tol=None).fit(X, Y, qid=QID)
    assert model.optimizer_ == "adagrad"
    with pytest.raises(UnsupportedCombinationError, match="too many pairs"):
        LinearRanker(optimizer="newton").fit(X, Y, qid=QID)
