"""The defaults on real data: as good on test rows as the converged model of the same objective.

The reference scores are those of scikit-learn 1.9's ``LogisticRegression(C=1 / (alpha * n),
max_iter=3000, tol=1e-6)`` and ``Ridge(alpha=alpha * n)``; ``python -m benchmarks accuracy``
computes them again.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_svmlight_file

from sgdkit import LinearRanker, LinearRegressor, LogisticClassifier
from sgdkit.ranking import grouped_ndcg_score

_spec = importlib.util.spec_from_file_location(
    "benchmark_datasets", Path(__file__).parents[2] / "benchmarks" / "datasets.py"
)
datasets = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(datasets)

CONVERGED = {
    "adult": (0.8527, 0.8528),
    "a9a": (0.8513, 0.8498),
    "w8a": (0.9765, 0.9857),
    "covtype-20k": (0.7003, 0.7180),
    "letter": (0.7635, 0.7725),
    "20newsgroups": (0.7752, 0.8408),
    "california-housing": (0.6405, 0.6413),
    "bike-sharing": (0.8238, 0.8233),
}


def need(name):
    if not datasets.available(name):
        pytest.skip(f"the data set {name} is not in {datasets.FOLDER.name}; set SGDKIT_DATA to its folder")


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) if n == "20newsgroups" else n for n in CONVERGED]
)
def test_defaults_are_within_half_a_point_of_the_converged_model(name):
    need(name)
    split = (datasets.CLASSIFICATION | datasets.REGRESSION)[name]()
    estimator = LinearRegressor if name in datasets.REGRESSION else LogisticClassifier
    for alpha, converged in zip((1e-3, 1e-5), CONVERGED[name], strict=True):
        model = estimator(alpha=alpha, random_state=0).fit(split.X_train, split.y_train)
        assert model.score(split.X_test, split.y_test) >= converged - 0.005, f"alpha={alpha}"


def test_ranking_real_queries_beats_regression_on_the_grade():
    need("mq2008")
    parts = [
        load_svmlight_file(str(datasets.FOLDER / "mq2008" / f"S{i}.txt.gz"), n_features=46, query_id=True)
        for i in (1, 2, 3)
    ]
    X = np.vstack([part[0].toarray() for part in parts[:2]])
    y = np.concatenate([part[1] for part in parts[:2]])
    qid = np.concatenate([part[2] for part in parts[:2]])
    X_test, y_test, qid_test = parts[2][0].toarray(), parts[2][1], parts[2][2]
    ranker = LinearRanker(alpha=1e-3, random_state=0).fit(X, y, qid=qid)
    regression = LinearRegressor(alpha=1e-3, random_state=0).fit(X, y)
    baseline = grouped_ndcg_score(y_test, regression.predict(X_test), qid=qid_test)
    assert ranker.score(X_test, y_test, qid=qid_test) > baseline - 0.005
    random = grouped_ndcg_score(y_test, np.random.default_rng(0).random(len(y_test)), qid=qid_test)
    assert ranker.score(X_test, y_test, qid=qid_test) > random + 0.15
