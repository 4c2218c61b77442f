import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from sgdkit.ranking import contiguous_queries, grouped_ndcg_score


def lightgbm_ndcg(y, score, qid, k):
    """NDCG as LightGBM's metric defines it, from a model that only returns the scores."""
    lightgbm = pytest.importorskip("lightgbm")
    sizes = np.unique(qid, return_counts=True)[1]
    params = {"objective": "lambdarank", "metric": "ndcg", "eval_at": [k], "verbosity": -1, "num_leaves": 2}
    train = lightgbm.Dataset(score[:, None], y, group=sizes, init_score=score)
    record = {}
    lightgbm.train(
        params | {"learning_rate": 1e-12},
        train,
        1,
        valid_sets=[train],
        callbacks=[lightgbm.record_evaluation(record)],
    )
    return record["training"][f"ndcg@{k}"][0]


@pytest.fixture
def queries():
    rng = np.random.default_rng(0)
    qid = np.repeat(np.arange(25), rng.integers(1, 15, size=25))
    return rng.integers(0, 4, size=len(qid)).astype(float), rng.normal(size=len(qid)), qid


@pytest.mark.parametrize("k", [1, 3, 10])
def test_ndcg_is_lightgbms(queries, k):
    y, score, qid = queries
    assert grouped_ndcg_score(y, score, qid=qid, k=k) == pytest.approx(
        lightgbm_ndcg(y, score, qid, k), abs=1e-9
    )


def test_one_query_is_scikit_learns_with_exponential_gain(queries):
    y, score, _ = queries
    expected = ndcg_score(2.0 ** y[None] - 1, score[None], k=10)
    assert grouped_ndcg_score(y, score) == pytest.approx(expected)


def test_weights_weigh_queries_and_zero_removes_rows(queries):
    y, score, qid = queries
    weight = 1.0 + (qid % 2)
    parts = [grouped_ndcg_score(y[qid % 2 == r], score[qid % 2 == r], qid=qid[qid % 2 == r]) for r in (0, 1)]
    sizes = [13, 12]
    expected = (parts[0] * sizes[0] + 2 * parts[1] * sizes[1]) / (sizes[0] + 2 * sizes[1])
    assert grouped_ndcg_score(y, score, qid=qid, sample_weight=weight) == pytest.approx(expected)
    weight[5] = 0.0
    kept = np.arange(len(y)) != 5
    assert grouped_ndcg_score(y, score, qid=qid, sample_weight=weight) == pytest.approx(
        grouped_ndcg_score(y[kept], score[kept], qid=qid[kept], sample_weight=weight[kept])
    )


def test_scattered_queries_are_brought_together():
    order, edges = contiguous_queries(np.array([1, 2, 1, 3, 2]))
    np.testing.assert_array_equal(order, [0, 2, 1, 4, 3])
    np.testing.assert_array_equal(edges, [0, 2, 4, 5])
    order, edges = contiguous_queries(np.array([7, 7, 3]))
    assert order is None
    np.testing.assert_array_equal(edges, [0, 2, 3])
