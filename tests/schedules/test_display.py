import sys

import numpy as np
import pytest
from sklearn.datasets import load_diabetes

from sgdkit import LinearRegressor
from sgdkit.exceptions import InvalidParameterError
from sgdkit.schedules import Cosine, LearningRateScheduleDisplay, Step


@pytest.fixture(autouse=True)
def plt(monkeypatch):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    yield plt
    plt.close("all")


def test_a_schedule_is_drawn_epoch_by_epoch_in_its_units():
    display = LearningRateScheduleDisplay.from_schedule(Step(0.8, every=2), max_iter=5, color="k")
    np.testing.assert_array_equal(display.line_.get_xdata(), [1, 2, 3, 4, 5])
    np.testing.assert_allclose(display.line_.get_ydata(), [0.8, 0.8, 0.4, 0.4, 0.2])
    assert (display.ax_.get_ylabel(), display.line_.get_color()) == ("learning rate", "k")
    assert display.ax_.get_legend().get_texts()[0].get_text() == "step"
    shape = LearningRateScheduleDisplay.from_schedule(Cosine(), max_iter=5, name="mine")
    assert shape.ax_.get_ylabel() == "factor on the automatic rate"
    assert shape.ax_.get_legend().get_texts()[0].get_text() == "mine"


def test_several_schedules_share_given_axes(plt):
    _, ax = plt.subplots()
    for schedule in (Step(), Cosine()):
        assert LearningRateScheduleDisplay.from_schedule(schedule, max_iter=5, ax=ax).ax_ is ax
    assert len(ax.lines) == 2


def test_the_rates_of_a_trained_model_are_drawn():
    model = LinearRegressor(learning_rate="cosine", max_iter=7, tol=None).fit(*load_diabetes(return_X_y=True))
    display = LearningRateScheduleDisplay.from_estimator(model)
    np.testing.assert_array_equal(display.line_.get_ydata(), model.history_["learning_rate"])
    assert display.name == "cosine"


def test_a_schedule_that_fit_would_refuse_is_not_drawn():
    with pytest.raises(InvalidParameterError, match="warmup must be shorter"):
        LearningRateScheduleDisplay.from_schedule(Cosine(warmup=9), max_iter=5)


def test_without_matplotlib_the_remedy_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"sgdkit\[report\]"):
        LearningRateScheduleDisplay.from_schedule(Cosine(), max_iter=5)
