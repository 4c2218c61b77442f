"""A range test as a picture."""

from typing import Any, Self

from sgdkit.inspection.drawing import ACCENT, INK, LINES, MUTED, new_axes, plain
from sgdkit.inspection.range_test import RangeTest, lr_range_test

__all__ = ("LearningRateDisplay",)


class LearningRateDisplay:
    """The objective over a growing learning rate, with the rate to try.

    Parameters
    ----------
    test : RangeTest
        What `lr_range_test` returned.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        Its figure.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sgdkit import LogisticClassifier
    >>> from sgdkit.inspection import LearningRateDisplay
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = LogisticClassifier(optimizer="sgd", random_state=0)
    >>> display = LearningRateDisplay.from_estimator(model, X / X.std(axis=0), y)  # doctest: +SKIP
    >>> display.figure_.savefig("rates.png")  # doctest: +SKIP
    """

    def __init__(self, test: RangeTest):
        self.test = test

    @classmethod
    def from_estimator(cls, estimator: Any, X: Any, y: Any, *, ax: Any = None, **settings: Any) -> Self:
        """Run a range test on a clone and draw it.

        Parameters
        ----------
        estimator, X, y
            As for `lr_range_test`.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure when None.
        **settings : dict
            Other arguments of `lr_range_test`: `low`, `high`, `steps`, `qid`, `random_state`.

        Returns
        -------
        LearningRateDisplay
        """
        return cls(lr_range_test(estimator, X, y, **settings)).plot(ax=ax)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw, and leave `ax_` and `figure_`.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure when None.

        Returns
        -------
        LearningRateDisplay
            Itself.

        Raises
        ------
        ImportError
            Without Matplotlib.
        """
        if ax is None:
            ax = new_axes(1, 1, (6.4, 3.8), "Drawing a range test")[0, 0]
        test = self.test
        ax.plot(test.rates, test.objective, color=MUTED, linewidth=0.8, alpha=0.6, label="each batch")
        ax.plot(test.rates, test.smoothed, color=ACCENT, linewidth=2.0, label="smoothed")
        if test.suggestion is not None:
            ax.axvline(
                test.suggestion, color=LINES[2], linewidth=1.4, label=f"suggestion {test.suggestion:.2g}"
            )
        if test.diverged is not None:
            ax.axvline(
                test.diverged,
                color=LINES[1],
                linewidth=1.4,
                linestyle="--",
                label=f"diverged {test.diverged:.2g}",
            )
        if len(test.smoothed):  # the last batches before divergence would flatten all others
            low, start = float(test.smoothed.min()), float(test.smoothed[0])
            room = max(start - low, 0.1 * abs(start), 1e-12)
            ax.set_ylim(min(low, float(test.objective.min())) - 0.05 * room, start + room)
        ax.set_xscale("log")
        ax.set_xlabel("learning rate", color=INK)
        ax.set_ylabel("objective", color=INK)
        ax.legend(frameon=False, fontsize=9)
        plain(ax)
        self.ax_, self.figure_ = ax, ax.figure
        return self
