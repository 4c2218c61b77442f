import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sgdkit import GovernanceReport, HingeClassifier, LinearRanker, LinearRegressor, LogisticClassifier
from sgdkit.exceptions import UnsupportedCombinationError
from sgdkit.export import register_onnx

skl2onnx = pytest.importorskip("skl2onnx", reason="skl2onnx is not installed")
onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

TOLERANCE = {np.float32: 1e-5, np.float64: 1e-12}


@pytest.fixture(scope="module", autouse=True)
def registered():
    register_onnx()


def run(model, X, **options):
    content = skl2onnx.to_onnx(model, X[:1], **options).SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: X})


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("labels", [["a", "b", "c"], [-1, 5, 7], ["a", "b"], [0, 1], [False, True]], ids=str)
@pytest.mark.parametrize("estimator", [LogisticClassifier(random_state=0), HingeClassifier(random_state=0)])
def test_classifiers_predict_alike(estimator, labels, dtype):
    X, y = load_wine(return_X_y=True)
    X, y = X.astype(dtype), np.array(labels)[np.minimum(y, len(labels) - 1)]
    model = make_pipeline(GovernanceReport(), StandardScaler(), estimator).fit(X, y)
    label, scores = run(model, X, options={"zipmap": False})
    assert (label == model.predict(X)).all()
    assert scores.dtype == dtype
    if hasattr(model, "predict_proba"):
        expected = model.predict_proba(X)
    else:
        raw = model.decision_function(X)
        expected = raw if raw.ndim == 2 else np.column_stack([-raw, raw])
    np.testing.assert_allclose(scores, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("estimator", [LinearRegressor(random_state=0), LinearRanker(random_state=0)])
def test_regressors_and_rankers_predict_alike(estimator, dtype):
    X, y = load_wine(return_X_y=True)
    X = X.astype(dtype)
    model = make_pipeline(StandardScaler(), estimator).fit(X, y)
    (predicted,) = run(model, X)
    tolerance = TOLERANCE[dtype]
    np.testing.assert_allclose(predicted[:, 0], model.predict(X), rtol=tolerance, atol=tolerance)


def test_whole_numbers_as_input_are_taken():
    X, y = load_wine(return_X_y=True)
    X = X.astype(np.int64)
    model = LogisticClassifier(random_state=0).fit(X, y)
    label, _ = run(model, X, options={"zipmap": False})
    assert (label == model.predict(X)).mean() > 0.99


def test_the_default_list_of_dicts_works_in_single_precision():
    X, y = load_wine(return_X_y=True)
    X = X.astype(np.float32)
    model = LogisticClassifier(random_state=0).fit(X, y)
    _, chances = run(model, X)
    assert chances[0][0] == pytest.approx(float(model.predict_proba(X[:1])[0, 0]), rel=1e-5)


def test_a_report_over_several_inputs_is_told_to_be_left_out():
    X, y = load_wine(return_X_y=True, as_frame=True)
    X = X[["alcohol", "ash"]].assign(ash=X["ash"].astype("float32"))
    model = make_pipeline(GovernanceReport(), StandardScaler(), LogisticClassifier(random_state=0)).fit(X, y)
    with pytest.raises(UnsupportedCombinationError, match=r"pipeline\[1:\]"):
        skl2onnx.to_onnx(model, X[:1])
