"""The history of a fit as a picture."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sgdkit.exceptions import InvalidParameterError
from sgdkit.inspection.drawing import ACCENT, INK, LINES, MUTED, new_axes, plain
from sgdkit.inspection.smoothing import smooth

__all__ = ("TrainingCurveDisplay",)

TITLES = {
    "objective": "objective",
    "validation_score": "validation score",
    "gradient_norm": "gradient norm",
    "learning_rate": "learning rate",
    "update_ratio": "update / weights",
}
LOGARITHMIC = ("gradient_norm", "learning_rate", "update_ratio")


class TrainingCurveDisplay:
    """Objective, validation score, gradient norm and learning rate of each epoch.

    Parameters
    ----------
    history : mapping of str to ndarray of shape (n_epochs,)
        As in ``history_``.
    smoothing : float, default=2.0
        Epochs over which the objective is smoothed: standard deviation of a Gaussian, zero or positive;
        0 draws the raw one alone.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        One for each column drawn.
    ax_ : matplotlib Axes
        The first of them.
    figure_ : matplotlib Figure
        Their figure.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sgdkit import LinearRegressor
    >>> from sgdkit.inspection import TrainingCurveDisplay
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = LinearRegressor(random_state=0).fit(X, y)
    >>> display = TrainingCurveDisplay.from_estimator(model)  # doctest: +SKIP
    >>> display.figure_.savefig("training.png")  # doctest: +SKIP
    """

    def __init__(self, history: Mapping[str, np.ndarray], *, smoothing: float = 2.0):
        self.history = history
        self.smoothing = smoothing

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, columns: Sequence[str] | None = None, smoothing: float = 2.0, ax: Any = None
    ) -> Self:
        """Draw the history of a fitted model.

        Parameters
        ----------
        estimator : LinearRegressor, LogisticClassifier, HingeClassifier or LinearRanker
            Fitted.
        columns, ax
            As for `plot`.
        smoothing : float, default=2.0
            As for the display.

        Returns
        -------
        TrainingCurveDisplay
        """
        check_is_fitted(estimator, "history_")
        return cls(estimator.history_, smoothing=smoothing).plot(columns=columns, ax=ax)

    def plot(self, *, columns: Sequence[str] | None = None, ax: Any = None) -> Self:
        """Draw, and leave `axes_`, `ax_` and `figure_`.

        Parameters
        ----------
        columns : sequence of str, default=None
            What to draw, of ``"objective"``, ``"validation_score"``, ``"gradient_norm"``,
            ``"learning_rate"`` and ``"update_ratio"``. None draws the first four, the score where there
            is one.
        ax : matplotlib Axes or array of them, default=None
            As many axes as columns; a new figure when None.

        Returns
        -------
        TrainingCurveDisplay
            Itself.

        Raises
        ------
        InvalidParameterError
            For unknown columns, another number of axes, or a negative smoothing.
        ImportError
            Without Matplotlib.
        """
        if not 0.0 <= self.smoothing < np.inf:
            raise InvalidParameterError(f"smoothing={self.smoothing!r} must be zero or positive, in epochs.")
        scored = bool(np.isfinite(self.history["validation_score"]).any())
        names = tuple(columns or [name for name in tuple(TITLES)[:4] if scored or name != "validation_score"])
        if unknown := [name for name in names if name not in TITLES]:
            raise InvalidParameterError(
                f"columns={list(columns or ())!r}: {unknown[0]!r} is none of {', '.join(map(repr, TITLES))}."
            )
        wide = min(len(names), 2)
        if ax is None:
            high = -(-len(names) // wide)
            grid = new_axes(high, wide, (4.2 * wide, 2.5 * high), "Drawing a training curve", sharex=True)
            axes = grid.ravel()
            for empty in axes[len(names) :]:
                empty.set_visible(False)
            axes = axes[: len(names)]
        else:
            axes = np.atleast_1d(np.asarray(ax, dtype=object)).ravel()
        if len(axes) != len(names):
            raise InvalidParameterError(
                f"ax has {len(axes)} axes for {len(names)} column(s), {', '.join(names)}; pass one for each."
            )
        for i, (each, name) in enumerate(zip(axes, names, strict=True)):
            self._draw(each, name)
            if ax is not None or i >= len(names) - wide:
                each.set_xlabel("epoch", color=INK)
                each.tick_params(labelbottom=True)
        self.axes_, self.ax_, self.figure_ = axes, axes[0], axes[0].figure
        return self

    def _draw(self, ax: Any, name: str) -> None:
        epochs, values = self.history["epoch"], self.history[name]
        if name == "objective" and self.smoothing > 0.0 and len(values) > 1:
            ax.plot(epochs, values, color=MUTED, linewidth=0.8, alpha=0.7, label="each epoch")
            ax.plot(epochs, smooth(values, self.smoothing), color=ACCENT, linewidth=1.8, label="smoothed")
            ax.legend(frameon=False, fontsize=8.5)
        elif name == "learning_rate":
            ax.plot(epochs, values, color=ACCENT, linewidth=1.8, drawstyle="steps-mid")
        else:
            ax.plot(epochs, values, color=ACCENT, linewidth=1.8)
        if name == "validation_score" and np.isfinite(values).any():
            best = int(np.nanargmax(values))
            ax.plot(
                epochs[best],
                values[best],
                "o",
                color=LINES[1],
                markersize=5.0,
                label=f"best {values[best]:.3g}",
            )
            ax.legend(frameon=False, fontsize=8.5)
        if name in LOGARITHMIC and (values > 0.0).any() and values.max() > 20.0 * values[values > 0.0].min():
            ax.set_yscale("log")
        elif name == "learning_rate":
            ax.set_ylim(bottom=0.0)
        ax.set_title(TITLES[name], loc="left", fontsize=10, color=INK)
        plain(ax)
