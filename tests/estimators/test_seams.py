"""Features that were built apart, used together."""

import json

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.preprocessing import StandardScaler

from sgdkit import HingeClassifier, LinearRegressor, LogisticClassifier, audit
from sgdkit.exceptions import UnsupportedCombinationError
from sgdkit.export import to_json
from sgdkit.inspection import CoefficientDisplay
from sgdkit.losses import Quantile


def scaled(load):
    X, y = load(return_X_y=True)
    return StandardScaler().fit_transform(X), y


DIABETES, CANCER, IRIS = scaled(load_diabetes), scaled(load_breast_cancer), scaled(load_iris)
COUNTS = np.random.default_rng(0).poisson(np.exp(0.3 * DIABETES[0][:, 0] + 0.2))
FITTED_BY_A_SOLVER = {
    "regression": (LinearRegressor(), *DIABETES),
    "regression, raw columns": (LinearRegressor(), DIABETES[0] * np.logspace(-3, 3, 10) + 50.0, DIABETES[1]),
    "counts": (LinearRegressor("poisson"), DIABETES[0], COUNTS),
    "quantiles": (LinearRegressor(Quantile([0.2, 0.8])), *DIABETES),
    "two classes": (LogisticClassifier(), *CANCER),
    "sparse rows": (LogisticClassifier(), sp.csr_array(CANCER[0]), CANCER[1]),
    "three classes": (HingeClassifier(), *IRIS),
}


@pytest.mark.parametrize("name", FITTED_BY_A_SOLVER)
def test_a_stream_that_follows_a_solver_keeps_its_solution(name):
    model, X, y = FITTED_BY_A_SOLVER[name]
    before = model.fit(X, y).score(X, y)
    assert model.optimizer_ != "adagrad"
    assert model.partial_fit(X[:1], y[:1]).score(X, y) > before - 0.06
    assert model.partial_fit(X[::5], y[::5]).score(X, y) > before - 0.06
    for _ in range(5):
        model.partial_fit(X, y)
    assert model.score(X, y) > before - 0.03


def test_a_log_link_is_exported_and_sorted_quantiles_are_refused():
    X, y = DIABETES
    assert json.loads(to_json(LinearRegressor("poisson").fit(X, COUNTS)))["link"] == "log"
    with pytest.raises(UnsupportedCombinationError, match="one model for each quantile"):
        to_json(LinearRegressor(Quantile([0.1, 0.5])).fit(X, y))


def test_onnx_takes_the_exponential_of_a_log_link():
    skl2onnx = pytest.importorskip("skl2onnx", reason="skl2onnx is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    from sgdkit.export import register_onnx

    register_onnx()
    model = LinearRegressor("poisson").fit(DIABETES[0], COUNTS)
    text = skl2onnx.to_onnx(model, DIABETES[0][:1]).SerializeToString()
    (found,) = runtime.InferenceSession(text, providers=["CPUExecutionProvider"]).run(
        None, {"X": DIABETES[0]}
    )
    np.testing.assert_allclose(found[:, 0], model.predict(DIABETES[0]), rtol=1e-6)


def test_several_outputs_of_a_regression_are_explained_by_target_or_quantile():
    X, y = DIABETES
    targets = LinearRegressor().fit(X, np.column_stack([y, -y])).explain(X[:3])
    assert targets.contributions.shape == (3, 10, 2)
    quantiles = LinearRegressor(Quantile([0.1, 0.9])).fit(X, y)
    assert CoefficientDisplay.from_estimator(quantiles, output=0.9).figure_ is not None


def test_sparsified_models_are_explained_exported_and_audited_like_dense_ones():
    X, y = CANCER
    model = LogisticClassifier(penalty="l1", alpha=0.02).fit(X, y)
    dense = model.explain(X[:3], background=X).contributions, to_json(model)
    model.sparsify()
    np.testing.assert_array_equal(model.explain(X[:3], background=X).contributions, dense[0])
    assert to_json(model) == dense[1]
    record = audit(model, X[:99], y[:99], X_train=X, y_train=y)
    assert record.items["reproducibility.refit"].passed


def test_a_summary_of_a_model_with_an_offset_is_refused():
    X, y = DIABETES
    model = LinearRegressor(penalty=None).fit(X, y, offset=np.linspace(0.0, 50.0, len(y)))
    with pytest.raises(UnsupportedCombinationError, match="y - offset"):
        model.summary(X, y)


def test_several_quantiles_are_audited_by_the_middle_one():
    X, y = DIABETES
    model = LinearRegressor(Quantile([0.1, 0.5, 0.9])).fit(X[::2], y[::2])
    record = audit(model, X[1::2], y[1::2], X_train=X[::2], y_train=y[::2])
    broken = [name for name, item in record.items.items() if "could not run" in item.summary]
    assert broken == []
