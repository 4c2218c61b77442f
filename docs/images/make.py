"""Draw the figures of README and user guide: ``python docs/images/make.py``."""

from pathlib import Path

from sklearn.datasets import load_diabetes

from sgdkit import LinearRegressor
from sgdkit.demo.cases import load_cases
from sgdkit.demo.train import train_case
from sgdkit.governance.render import plots
from sgdkit.inspection import CoefficientDisplay


def coefficient_figure():
    """The example of the user guide's page on inspection."""
    X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    X = X[["age", "sex", "bmi", "bp", "s6"]]
    standardised = (X - X.mean()) / X.std()
    model = LinearRegressor(penalty=None, random_state=0).fit(standardised, y)
    return CoefficientDisplay.from_estimator(model, summary=model.summary(standardised, y)).figure_


if __name__ == "__main__":
    run = train_case(load_cases()[0]).run
    folder = Path(__file__).parent
    (folder / "dimensions.png").write_bytes(plots.to_png(plots.dimension_figure(run.record)))
    (folder / "coefficients.png").write_bytes(plots.to_png(coefficient_figure()))
