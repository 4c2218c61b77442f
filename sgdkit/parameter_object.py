"""What every pluggable part shares: parameters only, a registry name, and plain functions."""

import functools
from types import FunctionType
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator

from sgdkit.exceptions import InvalidParameterError
from sgdkit.interval import Interval

__all__ = ("ParameterObject",)


class ParameterObject(BaseEstimator):
    """A named part of a model that is described by its parameters alone.

    Attributes
    ----------
    name : str
        Registry name, snake case.
    hyper : tuple of str, default=()
        Constructor parameters handed to the part's functions, in this order.
    ranges : dict of str to (low, high) or Interval, default={}
        Interval of those parameters that have one; a pair means ``low <= value < high``.
    """

    name: ClassVar[str]
    hyper: ClassVar[tuple[str, ...]] = ()
    ranges: ClassVar[dict[str, tuple[float, float] | Interval]] = {}

    @classmethod
    @functools.cache
    def _get_param_names(cls) -> list[str]:
        # scikit-learn inspects the constructor in every call of get_params, and a fit has several.
        return super()._get_param_names()

    def hyper_values(self) -> tuple[float, ...]:
        """Return the hyperparameters in declared order.

        Raises
        ------
        InvalidParameterError
            If one of them is not a finite number, or outside its range.
        """
        return tuple(self.checked(parameter, getattr(self, parameter)) for parameter in self.hyper)

    def checked(self, parameter: str, value: Any, default: tuple = ()) -> float:
        """Return the value of a hyperparameter as a float, in its range or else in `default`.

        Raises
        ------
        InvalidParameterError
            If it is not a finite number, or outside its range.
        """
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float | np.number)
            or not np.isfinite(value)
        ):
            raise InvalidParameterError(
                f"{type(self).__name__}({parameter}={value!r}): {parameter} must be a finite number."
            )
        interval = Interval(*self.ranges.get(parameter, default))
        if not interval.holds(value):
            raise InvalidParameterError(
                f"{type(self).__name__}({parameter}={value!r}): {parameter} must be in {interval}."
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
