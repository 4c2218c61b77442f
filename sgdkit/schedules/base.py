"""What a schedule is: the learning rate of each epoch."""

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np

from sgdkit.exceptions import InvalidParameterError
from sgdkit.parameter_object import ParameterObject

__all__ = ("Schedule",)

# Rules that divide by the rate (FTRL) need it above zero.
LEAST_SHARE = 1e-12


class Schedule(ParameterObject):
    r"""The learning rate as a function of the epoch: a rate times a shape.

    With rate :math:`\eta_0`, shape `s`, warm-up of `W` epochs and `M` epochs in all, epoch
    `e` = 0, 1, … of a run has

    .. math::

        \eta_e = \eta_0 \frac{e + 1}{W + 1} s(0, M - W) \text{ for } e < W, \qquad
        \eta_e = \eta_0 \, s(e - W, M - W) \text{ from there on}.

    Subclass it, take `rate0` and the shape's own parameters (and `warmup`, if there is to be one),
    and write `shape`.

    Attributes
    ----------
    name : str
        Registry name, snake case.
    hyper : tuple of str, default=()
        Constructor parameters of the shape that are numbers; `rate0` and `warmup` are known.
    ranges : dict of str to (low, high), default={}
        Half-open interval ``low <= value < high`` of those that have one.
    whole : tuple of str, default=()
        Those that count epochs or cycles, and must be whole numbers.
    rate0 : float or "auto", default="auto"
        The rate that the shape multiplies, positive, in the units of the raw features. ``"auto"``
        is the automatic rate of each feature, which needs no tuning.
    warmup : int, default=0
        Epochs over which the rate rises linearly before the shape begins, zero or positive.

    Notes
    -----
    The rate is constant within an epoch, so that skipped coordinates of sparse data can be caught
    up exactly. `M` is `max_iter` of the estimator, in ``partial_fit`` too. Every ``fit`` begins its
    schedule anew, also in a warm start, and ``partial_fit`` goes on, as scikit-learn's do.
    Rates never fall below 1e-12 of `rate0`.
    """

    whole: ClassVar[tuple[str, ...]] = ()
    rate0: Any = "auto"
    warmup: int = 0

    @abstractmethod
    def shape(self, epoch: int, max_iter: int) -> float:
        """Return the factor on `rate0` in an epoch.

        Parameters
        ----------
        epoch : int
            Epoch after the warm-up, counted from 0; ``partial_fit`` may go beyond `max_iter`.
        max_iter : int
            Epochs there are after the warm-up, at least 1.

        Returns
        -------
        float
            Positive.
        """

    def settled(self, epoch: int, max_iter: int) -> bool:
        """Tell whether an objective that stands still after this epoch means anything.

        Only then can standing still end the training. By default it does after the warm-up;
        schedules that come down over the whole run, or over a cycle, say so at the end of it.

        Parameters
        ----------
        epoch : int
            Epoch of the run, counted from 0.
        max_iter : int
            Epochs of the run.
        """
        return epoch >= self.warmup

    @property
    def automatic(self) -> bool:
        """Whether the shape multiplies the automatic rate of each feature."""
        return isinstance(self.rate0, str)

    def rate(self, epoch: int, max_iter: int) -> float:
        """Return the learning rate of an epoch.

        Parameters
        ----------
        epoch : int
            Epoch of the run, counted from 0.
        max_iter : int
            Epochs of the run.

        Returns
        -------
        float
            Positive; with ``rate0="auto"`` the factor on the automatic rate.
        """
        warmup = int(self.warmup)
        after = max(int(max_iter) - warmup, 1)
        share = float(self.shape(max(int(epoch) - warmup, 0), after))
        if epoch < warmup:
            share *= (epoch + 1.0) / (warmup + 1.0)
        return max(share, LEAST_SHARE) * (1.0 if self.automatic else float(self.rate0))

    def rates(self, max_iter: int) -> np.ndarray:
        """Return the learning rates of a run.

        Parameters
        ----------
        max_iter : int
            Epochs of the run.

        Returns
        -------
        ndarray of shape (max_iter,)
        """
        return np.array([self.rate(epoch, max_iter) for epoch in range(max_iter)])

    def check(self, max_iter: int) -> None:
        """Refuse parameters outside their range.

        Parameters
        ----------
        max_iter : int
            Epochs of the run, which the warm-up must leave some of.

        Raises
        ------
        InvalidParameterError
            Naming the parameter, its value and what is allowed.
        """
        if not (isinstance(self.rate0, str) and self.rate0 == "auto"):
            self._check_number("rate0", "a positive number, or 'auto'", least=0.0, open_below=True)
        self._check_number("warmup", "a whole number of epochs, zero or more", least=0.0, whole=True)
        self.hyper_values()
        for parameter in self.whole:
            self._check_number(parameter, "a whole number", least=-np.inf, whole=True)
        if self.warmup >= max_iter:
            raise InvalidParameterError(
                f"{type(self).__name__}(warmup={self.warmup!r}): warmup must be shorter than "
                f"max_iter={max_iter} epochs; lower warmup, or raise max_iter."
            )

    def _check_number(
        self, parameter: str, allowed: str, least: float, *, whole: bool = False, open_below: bool = False
    ) -> None:
        value = getattr(self, parameter)
        fits = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        fits = fits and np.isfinite(value) and (value > least if open_below else value >= least)
        if not fits or (whole and value != int(value)):
            raise InvalidParameterError(
                f"{type(self).__name__}({parameter}={value!r}): {parameter} must be {allowed}."
            )
