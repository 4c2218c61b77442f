"""The door that arrays go through, also that of CuPy arrays, which here are NumPy arrays in disguise."""

import sys
from types import ModuleType

import array_api_strict as strict
import numpy as np
import pytest
import scipy.sparse as sp

from sgdkit import LinearRegressor, LogisticClassifier
from sgdkit.estimators._inputs import check_rows, check_training_data
from sgdkit.exceptions import InvalidParameterError


class Disguised(np.ndarray):
    """An array that says it comes from CuPy."""

    def get(self):
        return np.asarray(self)


Disguised.__module__ = "cupy"


@pytest.fixture
def on_gpu(monkeypatch):
    """A function that makes an array of a CuPy that is NumPy."""
    cupy = ModuleType("cupy")
    cupy.float64, cupy.isfinite = np.float64, lambda array: np.isfinite(np.asarray(array))
    cupy.ascontiguousarray = lambda array: np.ascontiguousarray(array).view(Disguised)
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    return lambda values, dtype=None: np.asarray(values, dtype).view(Disguised)


def test_rows_on_a_gpu_stay_there_and_targets_come_to_the_host(on_gpu):
    model = LinearRegressor()
    X, y = on_gpu(np.arange(6).reshape(3, 2)), on_gpu([1.0, 2.0, 3.0])
    rows, targets = check_training_data(model, X, y, reset=True, numeric=True)
    assert type(rows) is Disguised and rows.dtype == np.float64
    assert type(targets) is np.ndarray and targets.tolist() == [1.0, 2.0, 3.0]
    assert model.n_features_in_ == 2
    kept = check_rows(model, on_gpu(np.ones((4, 2)), np.float32))
    assert type(kept) is Disguised and kept.dtype == np.float32


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        ([1.0, 2.0], [1.0, 2.0], r"X has 1 dimension\(s\)"),
        ([[1j], [2j]], [1.0, 2.0], "dtype complex128, but must be numeric and real"),
        ([[1.0], [np.nan]], [1.0, 2.0], "X contains NaN or infinity"),
        ([[1.0], [2.0]], [1.0, 2.0, 3.0], "X has 2 rows but y has 3"),
        ([[1.0], [2.0]], [1.0, np.inf], "y contains NaN or infinity"),
    ],
)
def test_rows_on_a_gpu_that_cannot_be_trained_on_are_refused(on_gpu, X, y, message):
    with pytest.raises(InvalidParameterError, match=message):
        check_training_data(LinearRegressor(), on_gpu(X), np.asarray(y), reset=True, numeric=True)


def test_other_features_on_a_gpu_are_refused_in_prediction(on_gpu):
    model = LinearRegressor()
    check_training_data(model, on_gpu(np.ones((3, 2))), np.ones(3), reset=True, numeric=True)
    with pytest.raises(ValueError, match="2 features"):
        check_rows(model, on_gpu(np.ones((3, 4))))


def test_a_model_of_the_host_says_where_it_is_when_rows_come_on_a_gpu(on_gpu):
    X = np.arange(8.0).reshape(4, 2)
    model = LinearRegressor().fit(X, X[:, 0])
    with pytest.raises(InvalidParameterError, match="X is in the GPU but LinearRegressor was fitted in main"):
        model.predict(on_gpu(X))


def test_indices_of_two_widths_train_like_those_of_one():
    X = sp.random_array((40, 5), density=0.5, rng=np.random.default_rng(0)).tocsr()
    y = X @ np.arange(5.0)
    mixed = X.copy()
    mixed.indptr = mixed.indptr.astype(np.int64)
    mixed.indices = mixed.indices.astype(np.int32)
    settings = {"optimizer": "adagrad", "random_state": 0, "max_iter": 3, "tol": None}
    expected, found = (LinearRegressor(**settings).fit(rows, y).coef_ for rows in (X, mixed))
    assert np.array_equal(found, expected)
    assert mixed.indices.dtype == np.int32


@pytest.mark.parametrize("n_classes", [2, 3])
def test_probabilities_of_another_namespace_are_those_of_numpy(n_classes, monkeypatch):
    X = np.random.default_rng(0).normal(size=(30, 2))
    model = LogisticClassifier().fit(X, np.arange(30) % n_classes)
    raw, expected = model._raw(X), model.predict_proba(X)
    monkeypatch.setattr(model, "_raw", lambda X: strict.asarray(raw))
    assert np.asarray(model.predict_proba(X)) == pytest.approx(expected, rel=1e-14)


def test_a_class_too_rare_to_hold_out_is_refused_with_the_remedy():
    X, y = np.arange(20.0).reshape(20, 1), np.array([0] * 19 + [1])
    with pytest.raises(InvalidParameterError, match="cannot hold out validation_fraction"):
        LogisticClassifier(early_stopping=True, optimizer="adagrad").fit(X, y)


@pytest.mark.parametrize("n_targets", [1, 3])
def test_coefficients_become_sparse_and_dense_again_in_the_shape_of_the_fit(n_targets):
    X = np.random.default_rng(0).normal(size=(30, 4))
    y = X[:, 0] if n_targets == 1 else X[:, :n_targets]
    model = LinearRegressor().fit(X, y)
    dense, expected = model.coef_, model.predict(X)
    model.sparsify().sparsify()
    assert sp.issparse(model.coef_) and model.coef_.shape == (n_targets, 4)
    assert model.predict(X) == pytest.approx(expected, rel=1e-12)
    assert np.array_equal(model.densify().densify().coef_, dense)


@pytest.mark.parametrize("given", ["X_val", "y_val"])
def test_validation_rows_and_targets_are_given_together(given):
    X, y = np.eye(4), np.array([0, 1, 0, 1])
    with pytest.raises(InvalidParameterError, match="X_val and y_val must be given together"):
        LogisticClassifier().fit(X, y, **{given: X if given == "X_val" else y})
