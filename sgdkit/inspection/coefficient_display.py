"""A picture of the largest coefficients."""

from typing import Any, Self

import numpy as np

from sgdkit.exceptions import InvalidParameterError
from sgdkit.extras import import_extra
from sgdkit.inspection.drawing import ACCENT, GRID, INK, MUTED
from sgdkit.inspection.fitted import coefficients, names_of, outputs_of
from sgdkit.inspection.summary_table import Summary

__all__ = ("CoefficientDisplay",)


class CoefficientDisplay:
    """The largest coefficients of a linear model, drawn in the manner of scikit-learn's displays.

    Parameters
    ----------
    coefficient : ndarray of shape (n_shown,)
        Coefficients, the largest in size first.
    names : sequence of str
        Their names.
    low, high : ndarray of shape (n_shown,) or None, default=None
        Ends of their intervals.
    level : float or None, default=None
        Coverage of the intervals, for the label of the axis.
    left_out : int, default=0
        Smaller coefficients that are not shown.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        Its figure.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sgdkit import LinearRegressor
    >>> from sgdkit.inspection import CoefficientDisplay
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> model = LinearRegressor(random_state=0).fit(X, y)
    >>> display = CoefficientDisplay.from_estimator(model, top=3)  # doctest: +SKIP
    >>> display.figure_.savefig("coefficients.png")  # doctest: +SKIP
    """

    def __init__(
        self,
        coefficient: np.ndarray,
        names: Any,
        *,
        low: np.ndarray | None = None,
        high: np.ndarray | None = None,
        level: float | None = None,
        left_out: int = 0,
    ):
        self.coefficient = coefficient
        self.names = names
        self.low = low
        self.high = high
        self.level = level
        self.left_out = left_out

    @classmethod
    def from_estimator(
        cls,
        model: Any,
        feature_names: Any = None,
        *,
        top: int = 20,
        summary: Summary | None = None,
        output: Any = None,
        ax: Any = None,
    ) -> Self:
        """Draw the coefficients of a fitted model.

        Parameters
        ----------
        model : LinearRegressor, LogisticClassifier, HingeClassifier or LinearRanker
            Fitted.
        feature_names : sequence of str of length n_features, default=None
            Names in place of those seen in ``fit``.
        top : int, default=20
            How many to show, the largest in size.
        summary : Summary, default=None
            Summary of this model; its coefficients are drawn, with their intervals.
        output : label, default=None
            Which class to show, for a model with more than two.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure when None.

        Returns
        -------
        CoefficientDisplay

        Raises
        ------
        InvalidParameterError
            For a number of names or a summary that does not fit the model, `top` below 1, or a
            missing or unknown `output`.
        ImportError
            Without matplotlib.
        """
        if isinstance(top, bool) or not isinstance(top, int | np.integer) or top < 1:
            raise InvalidParameterError(f"top={top!r}: must be a whole number, at least 1.")
        coef = _of_output(model, output)
        names = np.array(names_of(model, feature_names), dtype=object)
        low = high = None
        if summary is not None:
            kept = np.array([name != "(intercept)" for name in summary.names])
            if int(kept.sum()) != len(names):
                raise InvalidParameterError(
                    f"summary has {int(kept.sum())} features but the model {len(names)}; "
                    "pass the summary of this model."
                )
            coef, low, high = (values[kept] for values in (summary.coefficient, summary.low, summary.high))
        order = np.argsort(-np.abs(coef), kind="stable")[:top]
        display = cls(
            coef[order],
            names[order].tolist(),
            low=None if low is None else low[order],
            high=None if high is None else high[order],
            level=None if summary is None else summary.level,
            left_out=len(names) - len(order),
        )
        return display.plot(ax=ax)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw, and leave `ax_` and `figure_`.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure, high enough for the names, when None.

        Returns
        -------
        CoefficientDisplay
            Itself.
        """
        places = np.arange(len(self.coefficient))[::-1]
        if ax is None:
            figures = import_extra("matplotlib.figure", "inspect", "Drawing coefficients")
            figure = figures.Figure(figsize=(6.0, 1.2 + 0.26 * len(places)), layout="constrained")
            ax = figure.subplots()
        ax.axvline(0.0, color=MUTED, linewidth=0.8, zorder=1)
        if self.low is None or self.high is None:
            ax.hlines(places, 0.0, self.coefficient, color=ACCENT, linewidth=2.0, zorder=2)
        else:
            ax.hlines(places, self.low, self.high, color=ACCENT, linewidth=1.6, zorder=2)
        ax.plot(self.coefficient, places, "o", color=ACCENT, markersize=5.5, zorder=3)
        # "$" would start a formula.
        ax.set_yticks(places, [str(name).replace("$", r"\$") for name in self.names])
        ax.set_ylim(-0.7, len(places) - 0.3)
        interval = "" if self.level is None else f", {100 * self.level:g} % interval"
        ax.set_xlabel(f"coefficient{interval}", color=INK)
        if self.left_out:
            ax.set_title(f"{self.left_out} smaller ones not shown", loc="right", fontsize=9, color=MUTED)
        ax.grid(True, axis="x", color=GRID, linewidth=0.7)
        ax.set_axisbelow(True)
        ax.tick_params(axis="y", length=0)
        for side in ("top", "right", "left"):
            ax.spines[side].set_visible(False)
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _of_output(model: Any, output: Any) -> np.ndarray:
    """Coefficients of one output."""
    coef, _ = coefficients(model)
    if coef.shape[0] == 1:
        if output is not None:
            raise InvalidParameterError(
                f"output={output!r}: {type(model).__name__} has one row of coefficients; leave output out."
            )
        return coef[0]
    outputs = outputs_of(model)
    if output not in outputs:
        raise InvalidParameterError(
            f"output={output!r}: {type(model).__name__} has a row of coefficients for each output; pass one "
            f"of {list(outputs)}."
        )
    return coef[outputs.index(output)]
