import numpy as np
import pytest
from scipy.optimize import rosen, rosen_der
from sklearn.exceptions import NotFittedError

from sgdkit import LinearRegressor, LogisticClassifier
from sgdkit.exceptions import InvalidParameterError
from sgdkit.inspection import OptimizerPathDisplay, TrainingCurveDisplay
from sgdkit.inspection.smoothing import smooth
from sgdkit.optimizers import Adam

figures = pytest.importorskip("matplotlib.figure")

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(200, 4))
Y = X @ np.array([1.0, -2.0, 0.5, 0.0]) + 0.5 * RANDOM.normal(size=200)


def test_a_training_curve_shows_what_the_history_holds():
    model = LinearRegressor(optimizer="adagrad", random_state=0).fit(X, Y)
    display = TrainingCurveDisplay.from_estimator(model)
    assert [ax.get_title(loc="left") for ax in display.axes_] == [
        "objective",
        "gradient norm",
        "learning rate",
    ]
    raw, smoothed = display.ax_.lines
    np.testing.assert_array_equal(raw.get_ydata(), model.history_["objective"])
    assert len(smoothed.get_ydata()) == model.n_iter_ and display.figure_ is display.ax_.figure


def test_a_validation_score_has_its_best_epoch_marked():
    model = LogisticClassifier(random_state=0).fit(X, Y > 0, X_val=X, y_val=Y > 0)
    display = TrainingCurveDisplay.from_estimator(model)
    score = display.axes_[1]
    best = int(np.argmax(model.history_["validation_score"]))
    assert score.get_title(loc="left") == "validation score"
    assert score.lines[1].get_xdata()[0] == model.history_["epoch"][best]


def test_columns_go_into_the_axes_given():
    model = LinearRegressor(random_state=0).fit(X, Y)
    axes = figures.Figure().subplots(1, 2)
    names = ("objective", "update_ratio")
    display = TrainingCurveDisplay.from_estimator(model, columns=names, ax=axes, smoothing=0)
    assert list(display.axes_) == list(axes) and len(axes[0].lines) == 1
    with pytest.raises(InvalidParameterError, match="2 axes for 1 column"):
        display.plot(columns=["objective"], ax=axes)
    with pytest.raises(InvalidParameterError, match="'loss' is none of"):
        display.plot(columns=["loss"])
    with pytest.raises(InvalidParameterError, match="smoothing=-1"):
        TrainingCurveDisplay.from_estimator(model, smoothing=-1)
    with pytest.raises(NotFittedError):
        TrainingCurveDisplay.from_estimator(LinearRegressor())


def test_smoothing_keeps_constants_and_length_and_the_place_of_a_peak():
    np.testing.assert_allclose(smooth(np.full(9, 3.0), 2.0), 3.0)
    peak = np.zeros(41)
    peak[20] = 1.0
    assert smooth(peak, 3.0).argmax() == 20 and smooth(peak, 3.0).sum() == pytest.approx(1.0, rel=1e-3)
    for n in (1, 2, 3):
        assert smooth(np.arange(float(n)), 5.0).shape == (n,)


BOUNDS = [(-2.0, 2.0), (-1.0, 3.0)]


def test_paths_have_a_legend_and_end_points():
    display = OptimizerPathDisplay.from_function(
        rosen, ["momentum", Adam(beta1=0.8)], [-1.2, 1.0], BOUNDS, jac=rosen_der, max_iter=50
    )
    texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert [text.partition(":")[0] for text in texts] == ["momentum", "Adam(beta1=0.8)", "start"]
    ends = [line for line in display.ax_.lines if len(line.get_xdata()) == 1]
    for end, result in zip(ends, display.results.values(), strict=False):
        assert (end.get_xdata()[0], end.get_ydata()[0]) == pytest.approx(tuple(result.x))
    assert display.ax_.get_xlim() == BOUNDS[0] and display.ax_.get_ylim() == BOUNDS[1]


def test_each_optimizer_may_have_its_own_arguments():
    runs = {
        "slow": {"method": "sgd", "learning_rate": 1e-4},
        "fast": {"method": "sgd", "learning_rate": 1e-3, "max_iter": 7},
    }
    display = OptimizerPathDisplay.from_function(
        lambda z: (rosen(z), rosen_der(z)), runs, [-1.2, 1.0], BOUNDS, jac=True, max_iter=20
    )
    assert [result.nit for result in display.results.values()] == [20, 7]
    paths = [line for line in display.ax_.lines if len(line.get_xdata()) > 1]
    assert [len(path.get_xdata()) for path in paths] == [21, 8]


def test_steps_that_were_taken_back_are_not_drawn():
    display = OptimizerPathDisplay.from_function(
        rosen, ["adam"], [-1.2, 1.0], BOUNDS, jac=rosen_der, max_iter=400
    )
    (result,) = display.results.values()
    drawn = np.column_stack(display.ax_.lines[0].get_data())
    assert len(drawn) < len(result.trace["path"])
    np.testing.assert_array_equal(drawn[0], [-1.2, 1.0])
    assert any(np.array_equal(point, result.x) for point in drawn)
    assert max(map(rosen, drawn)) <= rosen([-1.2, 1.0])


@pytest.mark.parametrize(
    "arguments",
    [
        {"x0": [0.0, 0.0, 0.0]},
        {"bounds": [(0.0, 1.0)]},
        {"bounds": [(0.0, np.inf), (0.0, 1.0)]},
        {"bounds": [(1.0, 0.0), (0.0, 1.0)]},
        {"methods": []},
        {"methods": "adam"},
    ],
)
def test_pictures_of_other_problems_are_refused(arguments):
    with pytest.raises(InvalidParameterError):
        OptimizerPathDisplay.from_function(
            **{"fun": rosen, "methods": ["adam"], "x0": [0.0, 0.0], "bounds": BOUNDS, **arguments}
        )
