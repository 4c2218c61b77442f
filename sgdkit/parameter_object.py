"""What every pluggable part shares: parameters only, a registry name, and plain functions."""

from types import FunctionType
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator

from sgdkit.exceptions import InvalidParameterError

__all__ = ("ParameterObject",)


class ParameterObject(BaseEstimator):
    """A named part of a model that is described by its parameters alone.

    Attributes
    ----------
    name : str
        Registry name, snake case.
    hyper : tuple of str, default=()
        Constructor parameters handed to the part's functions, in this order.
    ranges : dict of str to (low, high), default={}
        Half-open interval ``low <= value < high`` of those parameters that have one.
    """

    name: ClassVar[str]
    hyper: ClassVar[tuple[str, ...]] = ()
    ranges: ClassVar[dict[str, tuple[float, float]]] = {}

    def hyper_values(self) -> tuple[float, ...]:
        """Return the hyperparameters in declared order.

        Raises
        ------
        InvalidParameterError
            If one of them is not a finite number, or outside its range.
        """
        return tuple(self._number(parameter) for parameter in self.hyper)

    def _number(self, parameter: str, interval: tuple[float, float] = (-np.inf, np.inf)) -> float:
        """Return one parameter, a finite number in its range or else in `interval`."""
        value = getattr(self, parameter)
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float | np.number)
            or not np.isfinite(value)
        ):
            raise InvalidParameterError(
                f"{type(self).__name__}({parameter}={value!r}): {parameter} must be a finite number."
            )
        low, high = self.ranges.get(parameter, interval)
        if not low <= value < high:
            raise InvalidParameterError(
                f"{type(self).__name__}({parameter}={value!r}): {parameter} must be in [{low}, {high})."
            )
        return float(value)

    @classmethod
    def function(cls, role: str) -> FunctionType | None:
        """Return the plain function that plays `role` (``"update"``, ``"evaluate"``, …), or None.

        The nearest class that defines the role decides: None or an ordinary method there hides the
        static method of a base class.
        """
        for owner in cls.__mro__:
            if role in vars(owner):
                member = vars(owner)[role]
                return member.__func__ if isinstance(member, staticmethod) else None  # type: ignore[return-value]
        return None
