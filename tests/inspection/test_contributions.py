import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import load_wine
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sgdkit import HingeClassifier, LinearRanker, LinearRegressor, LogisticClassifier
from sgdkit.exceptions import InvalidParameterError
from sgdkit.inspection import explain

MODELS = {
    "regressor": LinearRegressor(random_state=0),
    "logistic": LogisticClassifier(random_state=0),
    "logistic, three classes": LogisticClassifier(random_state=0),
    "hinge": HingeClassifier(random_state=0),
    "hinge, three classes": HingeClassifier(random_state=0),
    "ranker": LinearRanker(random_state=0),
}


@pytest.fixture(scope="module")
def wine():
    X, y = load_wine(return_X_y=True)
    return StandardScaler().fit_transform(X), y


@pytest.fixture(params=MODELS)
def fitted(request, wine):
    X, y = wine
    y = y if "three" in request.param or request.param == "ranker" else y > 0
    return MODELS[request.param].fit(X, y)


def raw_prediction(model, X):
    return model.decision_function(X) if hasattr(model, "decision_function") else model.predict(X)


@pytest.mark.parametrize("background", [False, True])
@pytest.mark.parametrize("container", [np.asarray, sp.csr_matrix, sp.csc_array])
def test_contributions_and_base_sum_to_the_raw_prediction(fitted, wine, container, background):
    X = np.where(np.abs(wine[0]) > 1.0, wine[0], 0.0)
    rows = container(X)
    explanation = explain(fitted, rows, background=rows if background else None)
    raw = raw_prediction(fitted, rows)
    np.testing.assert_allclose(explanation.raw_prediction(), raw, rtol=1e-12, atol=1e-12)
    parts = explanation.contributions
    if sp.issparse(rows) and not background:
        parts = parts if isinstance(parts, tuple) else (parts,)
        assert all(sp.issparse(part) and part.nnz <= rows.nnz for part in parts)
        parts = np.stack([part.toarray() for part in parts], axis=2)
    total = parts.sum(axis=1).reshape(raw.shape) + explanation.base
    np.testing.assert_allclose(total, raw, rtol=1e-12, atol=1e-12)


def test_the_mean_row_contributes_nothing(wine):
    X, y = wine
    model = LinearRegressor(random_state=0).fit(X, y)
    explanation = explain(model, X.mean(axis=0, keepdims=True), background=X)
    np.testing.assert_allclose(explanation.contributions, 0.0, atol=1e-14)
    assert explanation.base == pytest.approx(model.predict(X).mean())


def test_single_precision_is_kept(wine):
    X, y = wine[0].astype(np.float32), wine[1]
    model = LinearRegressor(random_state=0).fit(X, y)
    assert explain(model, X, background=X).contributions.dtype == np.float32


@pytest.mark.parametrize("three", [False, True])
@pytest.mark.parametrize("sparse", [False, True])
def test_frames_name_rows_features_and_classes(three, sparse):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    X, y = load_wine(return_X_y=True, as_frame=True)
    X = X.iloc[::2]
    model = LogisticClassifier(random_state=0).fit(X, y[::2] if three else y[::2] > 0)
    rows = pandas.DataFrame.sparse.from_spmatrix(sp.csr_matrix(X.to_numpy()), X.index, X.columns)
    explanation = model.explain(rows if sparse else X)
    assert isinstance(explanation.contributions, tuple | sp.sparray) == sparse
    frame = explanation.to_frame()
    assert frame.index.equals(X.index)
    expected = [(k, name) for k in range(3) for name in X.columns] if three else list(X.columns)
    assert frame.columns.tolist() == expected
    column = frame[(1, "ash")] if three else frame["ash"]
    np.testing.assert_allclose(column, X["ash"] * model.coef_[1 if three else 0, 2])


def test_wrong_rows_are_refused(wine):
    X, y = wine
    model = LinearRegressor(random_state=0).fit(X, y)
    with pytest.raises(ValueError, match="expecting 13 features"):
        explain(model, X[:, :4])
    with pytest.raises(ValueError, match="expecting 13 features"):
        explain(model, X, background=X[:, :4])
    with pytest.raises(ValueError, match="minimum of 1 is required"):
        explain(model, X, background=X[:0])


def test_a_pipeline_is_told_to_hand_over_its_last_step(wine):
    X, y = wine
    pipeline = make_pipeline(StandardScaler(), LinearRegressor(random_state=0)).fit(X, y)
    with pytest.raises(InvalidParameterError, match=r"pipeline\[-1\]"):
        explain(pipeline, X)
    assert explain(pipeline[-1], pipeline[:-1].transform(X)).contributions.shape == X.shape
