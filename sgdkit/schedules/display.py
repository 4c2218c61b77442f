"""A schedule as a picture."""

from typing import Any, Self

import numpy as np

from sgdkit.schedules.base import Schedule

__all__ = ("LearningRateScheduleDisplay",)


class LearningRateScheduleDisplay:
    """The learning rate of each epoch as a line.

    Make one with `from_schedule` or `from_estimator`. Needs Matplotlib, which
    ``pip install "sgdkit[report]"`` brings.

    Parameters
    ----------
    epochs : ndarray of shape (n_epochs,)
        Numbers of the epochs, from 1.
    rates : ndarray of shape (n_epochs,)
        Their learning rates.
    name : str or None, default=None
        What the legend calls the line; None draws no legend.
    unit : str, default="learning rate"
        What the rates are.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the line.
    figure_ : matplotlib Figure
        Figure of the axes.
    line_ : matplotlib Line2D
        The line.

    Examples
    --------
    >>> from sgdkit.schedules import Cosine, LearningRateScheduleDisplay
    >>> display = LearningRateScheduleDisplay.from_schedule(Cosine(0.1, warmup=2), max_iter=20)
    >>> display.line_.get_ydata().max().round(3)
    np.float64(0.1)
    """

    def __init__(
        self, epochs: np.ndarray, rates: np.ndarray, *, name: str | None = None, unit: str = "learning rate"
    ):
        self.epochs = epochs
        self.rates = rates
        self.name = name
        self.unit = unit

    def plot(self, ax: Any = None, *, name: str | None = None, **line: Any) -> Self:
        """Draw the line.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        name : str, default=None
            What the legend calls the line; None keeps the name of the display.
        **line : dict
            Passed to ``Axes.plot``.

        Returns
        -------
        self

        Raises
        ------
        ImportError
            Without Matplotlib.
        """
        if ax is None:
            try:
                import matplotlib.pyplot as plt
            except ImportError as error:
                raise ImportError(
                    'Drawing needs matplotlib; install it with: pip install "sgdkit[report]"'
                ) from error
            _, ax = plt.subplots()
        label = self.name if name is None else name
        (self.line_,) = ax.plot(
            self.epochs, self.rates, **({"drawstyle": "steps-mid", "label": label} | line)
        )
        ax.set(xlabel="epoch", ylabel=self.unit)
        ax.set_ylim(bottom=0.0)
        if label is not None:
            ax.legend()
        self.ax_, self.figure_ = ax, ax.figure
        return self

    @classmethod
    def from_schedule(
        cls, schedule: Schedule, max_iter: int, *, ax: Any = None, name: str | None = None, **line: Any
    ) -> Self:
        """Draw the rates that a schedule will give.

        Parameters
        ----------
        schedule : Schedule
            The schedule. `ReduceOnPlateau` is drawn as if there were always progress.
        max_iter : int
            Epochs of the run.
        ax, name, **line
            As for `plot`; the name is that of the schedule by default.

        Returns
        -------
        LearningRateScheduleDisplay

        Raises
        ------
        InvalidParameterError
            For parameters outside their range, as in ``fit``.
        """
        schedule.check(max_iter)
        unit = "factor on the automatic rate" if schedule.automatic else "learning rate"
        rates = schedule.rates(max_iter)
        display = cls(np.arange(1, max_iter + 1), rates, name=name or schedule.name, unit=unit)
        return display.plot(ax, **line)

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None, name: str | None = None, **line: Any) -> Self:
        """Draw the rates that training had.

        Parameters
        ----------
        estimator : estimator
            A fitted one; its ``history_`` is read. Where each feature has a rate of its own, the
            median is shown.
        ax, name, **line
            As for `plot`; the name is that of the schedule by default.

        Returns
        -------
        LearningRateScheduleDisplay
        """
        history = estimator.history_
        name = name or estimator.components_["learning_rate"]["name"]
        return cls(history["epoch"], history["learning_rate"], name=name).plot(ax, **line)
