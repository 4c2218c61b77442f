import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from sgdkit import LinearRegressor, LogisticClassifier
from sgdkit.exceptions import InvalidParameterError
from sgdkit.schedules import Constant, GrowingBatch


def test_sizes_grow_by_the_factor_up_to_the_largest_and_never_overflow():
    assert [GrowingBatch(10, 1.5, 1).size(epoch) for epoch in range(5)] == [10, 15, 22, 34, 51]
    assert GrowingBatch(10, 2, 3, largest=25).size(10**9) == 25
    assert GrowingBatch(7, 1.0).size(10**9) == 7
    assert GrowingBatch().size(10**12) > 10**12


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("start", 0), ("start", 2.5), ("start", "64"), ("start", True), ("factor", 0.5), ("factor", np.nan),
     ("factor", np.inf), ("every", 0), ("every", 1.5), ("largest", 10), ("largest", 100.5)],
)  # fmt: skip
def test_what_is_no_batch_is_refused(parameter, value):
    X = np.eye(4)
    with pytest.raises(InvalidParameterError, match=rf"GrowingBatch\({parameter}="):
        LinearRegressor(batch_size=GrowingBatch(**{parameter: value})).fit(X, X[:, 0])


def test_an_epoch_has_the_batches_of_its_size():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(320, 3))
    y = X[:, 0] + rng.normal(size=320)
    settings = {"learning_rate": 0.05, "tol": None, "random_state": 0, "optimizer": "sgd"}
    growing = LinearRegressor(batch_size=GrowingBatch(32, every=2), max_iter=6, **settings).fit(X, y)
    # Sizes 32, 32, 64, 64, 128, 128: as many steps as there are batches.
    assert growing._training["state"].step == 2 * (10 + 5 + 3)
    pieces = LinearRegressor(warm_start=True, max_iter=2, **settings)
    for size in (32, 64, 128):
        pieces.set_params(batch_size=size).fit(X, y)
    np.testing.assert_allclose(growing.coef_, pieces.coef_, rtol=1e-12)
    stream = LinearRegressor(batch_size=GrowingBatch(32, every=2), **settings)
    for _ in range(6):
        stream.partial_fit(X, y)
    np.testing.assert_array_equal(stream.coef_, growing.coef_)
    assert growing.components_["backend"]["params"]["batch_size"]["start"] == 32


def test_growing_batches_quieten_a_constant_rate():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 5))
    y = X @ np.arange(5.0) + 3.0 * rng.normal(size=2000)
    exact = np.linalg.lstsq(np.column_stack([X, np.ones(2000)]), y)[0][:5]
    settings = {
        "optimizer": "sgd",
        "learning_rate": Constant(0.05),
        "alpha": 0.0,
        "tol": None,
        "max_iter": 20,
    }
    gaps = [
        np.linalg.norm(LinearRegressor(batch_size=size, random_state=0, **settings).fit(X, y).coef_ - exact)
        for size in (8, GrowingBatch(8, every=3))
    ]
    assert gaps[1] < 0.2 * gaps[0]


def test_growth_is_cloned_and_searched():
    model = LogisticClassifier(batch_size=GrowingBatch(8, every=2), max_iter=3, tol=None)
    assert clone(model).batch_size.get_params() == {"start": 8, "factor": 2.0, "every": 2, "largest": None}
    grid = {"batch_size__factor": [1.0, 4.0]}
    y = np.arange(40) % 2
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(np.eye(40)[:, :5], y)
    assert len(search.cv_results_["params"]) == 2
