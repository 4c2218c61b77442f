"""Draw the figures of the documentation: ``python docs/images/make.py [name ...]``."""

import sys
from pathlib import Path

from matplotlib.figure import Figure
from sklearn.datasets import load_diabetes

from sgdkit import LinearRegressor
from sgdkit.demo.cases import load_cases
from sgdkit.demo.train import train_case
from sgdkit.governance.render import plots
from sgdkit.inspection import CoefficientDisplay
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


FIGURES = {"dimensions": dimensions, "schedules": schedules, "coefficients": coefficients}

if __name__ == "__main__":
    for name in sys.argv[1:] or FIGURES:
        target = Path(__file__).with_name(f"{name}.png")
        target.write_bytes(plots.to_png(FIGURES[name]()))
