"""Draw the figures of the documentation: ``python docs/images/make.py [name ...]``."""

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from scipy.optimize import rosen, rosen_der
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.preprocessing import StandardScaler

from sgdkit import LinearRegressor, LogisticClassifier
from sgdkit.demo.cases import load_cases
from sgdkit.demo.train import train_case
from sgdkit.governance.render import plots
from sgdkit.inspection import (
    CoefficientDisplay,
    LearningRateDisplay,
    OptimizerPathDisplay,
    TrainingCurveDisplay,
)
from sgdkit.schedules import (
    Constant,
    Cosine,
    Exponential,
    InverseScaling,
    LearningRateScheduleDisplay,
    OneCycle,
    Polynomial,
    Step,
)


def dimensions():
    run = train_case(load_cases()[0]).run
    return plots.dimension_figure(run.record)


def schedules(max_iter=42):
    panels = {
        "constant, warmup=5": Constant(warmup=5),
        "inverse_scaling": InverseScaling(),
        "step": Step(),
        "exponential": Exponential(),
        "polynomial": Polynomial(),
        "cosine, warmup=5": Cosine(warmup=5),
        "cosine, cycle=6, multiplier=2": Cosine(cycle=6, multiplier=2),
        "one_cycle": OneCycle(),
    }
    figure = Figure(figsize=(9.0, 4.4), layout="constrained", facecolor="white")
    for ax, (title, schedule) in zip(
        figure.subplots(2, 4, sharex=True, sharey=True).flat, panels.items(), strict=True
    ):
        LearningRateScheduleDisplay.from_schedule(schedule, max_iter, ax=ax, color=plots.COLORS[0])
        ax.get_legend().remove()
        ax.set_title(title, loc="left", fontsize=9.5, color=plots.INK)
        ax.label_outer()
        ax.set(ylabel="", ylim=(0.0, 1.08))
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(True, color=plots.GRID, linewidth=0.7)
    figure.supylabel("factor on the rate", fontsize=9.5)
    return figure


def coefficients():
    """The example of the user guide's page on inspection."""
    X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    X = X[["age", "sex", "bmi", "bp", "s6"]]
    standardised = (X - X.mean()) / X.std()
    model = LinearRegressor(penalty=None, random_state=0).fit(standardised, y)
    return CoefficientDisplay.from_estimator(model, summary=model.summary(standardised, y)).figure_


def paths():
    """The picture of the user guide's page on functions: Rosenbrock's valley and Himmelblau's four minima."""

    def himmelblau(z):
        x, y = z
        a, b = x**2 + y - 11.0, x + y**2 - 7.0
        return a**2 + b**2, np.array([4.0 * a * x + 2.0 * b, 2.0 * a + 4.0 * b * y])

    methods = ["sgd", "momentum", "adagrad", "adam"]
    figure = Figure(figsize=(9.0, 5.4), layout="constrained", facecolor="white")
    left, right = figure.subplots(1, 2)
    OptimizerPathDisplay.from_function(
        rosen, methods, [-1.2, 1.0], [(-1.8, 1.6), (-0.6, 2.2)], jac=rosen_der, max_iter=2000, ax=left
    )
    left.set_title("Rosenbrock", loc="left", fontsize=10)
    OptimizerPathDisplay.from_function(
        himmelblau, methods, [0.0, 0.0], [(-5.0, 5.0), (-5.0, 5.0)], jac=True, max_iter=2000, ax=right
    )
    right.set_title("Himmelblau", loc="left", fontsize=10)
    return figure


def range_test():
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    model = LogisticClassifier(optimizer="adam", random_state=0)
    return LearningRateDisplay.from_estimator(model, X, y, high=100.0).figure_


def training_curve():
    """Too few rows for the columns: the score falls back while the objective goes on falling."""
    random = np.random.default_rng(1)
    X, X_val = random.normal(size=(60, 40)), random.normal(size=(300, 40))
    y, y_val = X[:, 0] + 2.0 * random.normal(size=60), X_val[:, 0] + 2.0 * random.normal(size=300)
    model = LinearRegressor(
        alpha=0.0, optimizer="sgd", learning_rate=0.005, max_iter=120, tol=None, random_state=0
    )
    return TrainingCurveDisplay.from_estimator(model.fit(X, y, X_val=X_val, y_val=y_val)).figure_


FIGURES = {
    "dimensions": dimensions,
    "schedules": schedules,
    "coefficients": coefficients,
    "paths": paths,
    "range_test": range_test,
    "training_curve": training_curve,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or FIGURES:
        target = Path(__file__).with_name(f"{name}.png")
        target.write_bytes(plots.to_png(FIGURES[name]()))
