"""Estimator parameters: parts by name or object, and numbers checked before anything runs."""

import math
import numbers
import sys
from typing import Any

import numpy as np

from sgdkit.exceptions import InvalidParameterError
from sgdkit.plugin.registry import default_registry

__all__ = ("PARTS", "ComponentParams", "check_choice", "check_number")

PARTS = ("loss", "optimizer", "learning_rate")


class ComponentParams:
    """Lets ``set_params(optimizer="adam", optimizer__beta1=0.8)`` work in one call.

    A name is turned into its object before the parameters nested below it are set. Names without
    nested parameters stay names.
    """

    def set_params(self, **params: Any) -> "ComponentParams":
        """Set parameters, nested ones too.

        Parameters
        ----------
        **params : dict
            Parameters; ``optimizer__beta1`` reaches the optimizer, also one given by name in the
            same call or before.

        Returns
        -------
        self
        """
        for key in list(params):
            part, _, nested = key.partition("__")
            current = params.get(part, getattr(self, part, None)) if nested else None
            if part in PARTS and isinstance(current, str):
                if current == "auto":
                    raise InvalidParameterError(
                        f"{key} was given, but {part} is 'auto', which has no parameters; set {part} as well."
                    )
                params[part] = default_registry().get(part, current)()
        return super().set_params(**params)  # type: ignore[misc]


def check_number(
    owner: object,
    parameter: str,
    low: float,
    high: float = math.inf,
    *,
    integer: bool = False,
    low_open: bool = False,
    high_open: bool = False,
    optional: bool = False,
) -> None:
    """Refuse a parameter that is no number of the allowed range.

    Raises
    ------
    InvalidParameterError
        Saying what was given and what is allowed.
    """
    value = getattr(owner, parameter)
    if optional and value is None:
        return
    kind = numbers.Integral if integer else numbers.Real
    fits = isinstance(value, kind) and not isinstance(value, bool)
    if fits:
        above = value > low if low_open else value >= low
        below = value < high if high_open or high == math.inf else value <= high
        fits = above and below and abs(value) <= sys.float_info.max
    if not fits:
        word = "an integer" if integer else "a finite number"
        left, right = "(" if low_open else "[", ")" if high_open or high == math.inf else "]"
        none = " or None" if optional else ""
        raise InvalidParameterError(
            f"{type(owner).__name__}({parameter}={value!r}): {parameter} must be {word} in "
            f"{left}{low}, {high}{right}{none}."
        )


def check_choice(owner: object, parameter: str, choices: tuple[Any, ...]) -> None:
    """Refuse a parameter that is none of the choices.

    Raises
    ------
    InvalidParameterError
        Listing the choices.
    """
    given = getattr(owner, parameter)
    value = given.item() if isinstance(given, np.generic) else given  # a grid of np.array([True, False])
    if not any(value is choice or (type(value) is type(choice) and value == choice) for choice in choices):
        raise InvalidParameterError(
            f"{type(owner).__name__}({parameter}={given!r}): {parameter} must be one of "
            f"{', '.join(map(repr, choices))}."
        )
