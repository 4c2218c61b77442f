import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import is_classifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sgdkit import HingeClassifier, LinearRanker, LinearRegressor, LogisticClassifier
from sgdkit.exceptions import InvalidParameterError, UnsupportedCombinationError
from sgdkit.inspection import LearningRateDisplay, RangeTest, lr_range_test
from sgdkit.schedules import GrowingBatch
from sgdkit.solvers import Newton

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(600, 5))
SIGNAL = X @ np.array([1.0, -2.0, 0.5, 0.0, 1.5]) + 0.5 * RANDOM.normal(size=600)
QID = np.repeat(np.arange(60), 10)
ESTIMATORS = (HingeClassifier, LinearRanker, LinearRegressor, LogisticClassifier)


def target(estimator):
    return SIGNAL if estimator is LinearRegressor else np.digitize(SIGNAL, [-1.0, 1.0])


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam", "adagrad"])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_suggested_rate_trains(estimator, optimizer):
    y, qid = target(estimator), {"qid": QID} if estimator is LinearRanker else {}
    model = estimator(optimizer=optimizer, random_state=0, max_iter=30, tol=None)
    test = lr_range_test(model, X, y, **qid)
    model.set_params(learning_rate=test.suggestion).fit(X, y, **qid)
    reference = estimator(random_state=0, max_iter=60, tol=None).fit(X, y, **qid)
    start, end = test.smoothed[0], reference.history_["objective"][-1]
    assert start - model.history_["objective"][-1] > 0.7 * (start - end)
    assert test.suggestion < test.best


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_estimator_is_not_touched(estimator):
    y, qid = target(estimator), {"qid": QID} if estimator is LinearRanker else {}
    model = estimator(learning_rate="cosine", random_state=0, max_iter=3, tol=None).fit(X, y, **qid)
    before = pickle.dumps(model)
    lr_range_test(model, X, y, steps=20, **qid)
    assert pickle.dumps(model) == before


def test_a_solver_is_refused_for_it_has_no_rate():
    for optimizer in ("newton", Newton()):
        with pytest.raises(
            UnsupportedCombinationError, match="'newton' is a solver, which has no learning rate"
        ):
            lr_range_test(LinearRegressor(optimizer=optimizer), X, SIGNAL)


@pytest.mark.parametrize("size", [0, -3, 2.5, "big", True])
def test_a_batch_size_that_cannot_be_is_refused(size):
    with pytest.raises(InvalidParameterError, match=r"batch_size=.*at least 1"):
        lr_range_test(LinearRegressor(batch_size=size), X, SIGNAL)


def test_a_growing_batch_is_taken_at_its_first_size():
    growing, fixed = (
        lr_range_test(LinearRegressor(batch_size=size, random_state=0), X, SIGNAL, steps=20).objective
        for size in (GrowingBatch(32), 32)
    )
    np.testing.assert_allclose(growing, fixed)


def test_layouts_and_frames_give_the_same_curve():
    pd = pytest.importorskip("pandas")
    model = LinearRegressor(optimizer="sgd", random_state=0)
    expected = lr_range_test(model, X, SIGNAL, steps=30).objective
    for other in (sp.csr_matrix(X), sp.csc_array(X), pd.DataFrame(X, columns=list("abcde")), X.tolist()):
        np.testing.assert_allclose(
            lr_range_test(model, other, SIGNAL, steps=30).objective, expected, rtol=1e-9
        )


def test_a_rate_that_diverges_ends_the_test_without_a_warning():
    test = lr_range_test(LinearRegressor(optimizer="sgd", random_state=0), X, SIGNAL, high=1e6, steps=200)
    assert test.diverged is not None and test.suggestion < test.best < test.diverged
    assert len(test.rates) == len(test.objective) == len(test.smoothed) < 200
    assert np.isfinite(test.smoothed).all()


def test_rates_grow_geometrically_and_the_seed_decides_the_rows():
    model = LogisticClassifier(optimizer="sgd", class_weight="balanced")
    first, same, other = (
        lr_range_test(model, X, SIGNAL > 0, low=1e-4, high=1.0, steps=41, random_state=seed)
        for seed in (0, 0, 1)
    )
    np.testing.assert_allclose(np.diff(np.log10(first.rates)), 0.1)
    np.testing.assert_array_equal(first.objective, same.objective)
    assert not np.array_equal(first.objective, other.objective)


def test_an_objective_that_only_rises_has_no_suggestion():
    test = lr_range_test(LinearRegressor(optimizer="sgd", random_state=0), X, SIGNAL, low=10.0, high=1e4)
    assert test.suggestion is None and test.diverged is not None


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"low": 0.0}, "low=0.0"),
        ({"low": 1.0, "high": 0.1}, "0 < low < high"),
        ({"steps": 5}, "steps=5"),
        ({"estimator": make_pipeline(StandardScaler(), LinearRegressor())}, "its last step"),
    ],
)
def test_bad_arguments_are_refused(settings, match):
    with pytest.raises(InvalidParameterError, match=match):
        lr_range_test(**{"estimator": LinearRegressor(), "X": X, "y": SIGNAL, **settings})


def test_the_picture_shows_curve_suggestion_and_divergence():
    pytest.importorskip("matplotlib")
    model = LinearRegressor(optimizer="sgd", random_state=0)
    display = LearningRateDisplay.from_estimator(model, X, SIGNAL, high=1e6, steps=200)
    labels = [line.get_label() for line in display.ax_.lines]
    assert labels[:2] == ["each batch", "smoothed"]
    assert labels[2].startswith("suggestion") and labels[3].startswith("diverged")
    assert display.ax_.get_xscale() == "log" and display.figure_ is display.ax_.figure
    again = LearningRateDisplay(display.test).plot(ax=display.ax_)
    assert again.ax_ is display.ax_ and len(display.ax_.lines) == 8
    nothing = np.empty(0)
    LearningRateDisplay(RangeTest(nothing, nothing, nothing, None, float("nan"), 1.0)).plot()
    assert not is_classifier(model)
