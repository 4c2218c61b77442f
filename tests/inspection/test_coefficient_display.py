import io

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_wine

from sgdkit import LinearRegressor, LogisticClassifier
from sgdkit.exceptions import InvalidParameterError
from sgdkit.inspection import CoefficientDisplay, summary

figures = pytest.importorskip("matplotlib.figure", reason="matplotlib is not installed")


@pytest.fixture(scope="module")
def diabetes():
    return load_diabetes(return_X_y=True, as_frame=True)


@pytest.fixture(scope="module")
def model(diabetes):
    return LinearRegressor(random_state=0).fit(*diabetes)


def labels(display):
    return [text.get_text() for text in display.ax_.get_yticklabels()]


def test_the_largest_coefficients_are_drawn_from_the_top(model):
    display = CoefficientDisplay.from_estimator(model, top=4)
    order = np.argsort(-np.abs(model.coef_))[:4]
    assert labels(display) == [model.feature_names_in_[j] for j in order]
    np.testing.assert_array_equal(display.coefficient, model.coef_[order])
    heights = display.ax_.lines[-1].get_ydata()
    assert (np.diff(heights) < 0).all()
    assert "6 smaller ones not shown" in display.ax_.get_title(loc="right")
    display.figure_.savefig(io.BytesIO(), format="png")


def test_a_summary_brings_its_intervals(model, diabetes):
    table = summary(model, *diabetes, level=0.9)
    display = CoefficientDisplay.from_estimator(model, summary=table)
    order = np.argsort(-np.abs(table.coefficient[1:]), kind="stable") + 1
    np.testing.assert_array_equal(display.low, table.low[order])
    np.testing.assert_array_equal(display.high, table.high[order])
    assert "90 % interval" in display.ax_.get_xlabel()


def test_given_names_and_axes_are_used(model):
    axes = figures.Figure().subplots()
    display = CoefficientDisplay.from_estimator(model, [f"${j}" for j in range(10)], ax=axes, top=10)
    assert display.ax_ is axes and display.figure_ is axes.figure
    assert r"\$0" in labels(display)


def test_one_class_of_several_is_chosen_by_its_label():
    X, y = load_wine(return_X_y=True)
    model = LogisticClassifier(random_state=0).fit(X, np.array(["a", "b", "c"])[y])
    display = CoefficientDisplay.from_estimator(model, output="b", top=1)
    assert display.coefficient[0] == model.coef_[1][np.abs(model.coef_[1]).argmax()]
    for wrong in (None, "d"):
        with pytest.raises(InvalidParameterError, match=r"pass one of \['a', 'b', 'c'\]"):
            CoefficientDisplay.from_estimator(model, output=wrong)


def test_what_does_not_fit_is_refused(model, diabetes):
    X, y = diabetes
    with pytest.raises(InvalidParameterError, match="feature_names has 2"):
        CoefficientDisplay.from_estimator(model, ["a", "b"])
    for top in (0, 2.5, True):
        with pytest.raises(InvalidParameterError, match="at least 1"):
            CoefficientDisplay.from_estimator(model, top=top)
    with pytest.raises(InvalidParameterError, match="leave output out"):
        CoefficientDisplay.from_estimator(model, output=1)
    small = LinearRegressor(penalty=None, random_state=0).fit(X[["bmi"]], y)
    with pytest.raises(InvalidParameterError, match="summary of this model"):
        CoefficientDisplay.from_estimator(model, summary=summary(small, X[["bmi"]], y))
