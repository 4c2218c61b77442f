"""The user's function with its gradient, whatever form they come in, and how often they were called."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import approx_fprime

from sgdkit.exceptions import InvalidParameterError
from sgdkit.minimization.box import Box

__all__ = ("CountedFunction",)

DIFFERENCES = ("2-point", "3-point")


class CountedFunction:
    """Value and gradient of a function, counting calls.

    Parameters
    ----------
    fun : callable
        The function, called as ``fun(x, *args)``; with ``jac=True`` it returns value and gradient.
    jac : None, True, callable or {"2-point", "3-point"}
        Where the gradient comes from; None means ``"2-point"``.
    args : tuple
        Further arguments of both.
    box : Box
        Differences are taken inside it.

    Attributes
    ----------
    n_values, n_gradients : int
        Calls of the function, those for differences included, and gradients made.
    """

    def __init__(self, fun: Callable[..., Any], jac: Any, args: tuple, box: Box):
        jac = "2-point" if jac is None or jac is False else jac
        if not callable(fun):
            raise InvalidParameterError(f"fun={fun!r} must be a function of an array.")
        if not (jac is True or callable(jac) or (isinstance(jac, str) and jac in DIFFERENCES)):
            raise InvalidParameterError(
                f"jac={jac!r} must be a function, True (fun returns value and gradient), '2-point', "
                "'3-point' or None."
            )
        self.fun, self.jac, self.args, self.box = fun, jac, args, box
        self.n_values = self.n_gradients = 0

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Return value and gradient at `x`, an array of shape (n,); either may hold NaN."""
        self.n_gradients += 1
        if self.jac is True:
            self.n_values += 1
            value, gradient = self._call(self.fun, x)
            return self._number(value), self._vector(gradient, x)
        value = self.value(x)
        if callable(self.jac):
            return value, self._vector(self._call(self.jac, x), x)
        if not np.isfinite(value):
            return value, np.full(x.shape, np.nan)
        return value, self._forward(x) if self.jac == "2-point" else self._central(x)

    def value(self, x: np.ndarray) -> float:
        """Return the value at `x`."""
        self.n_values += 1
        result = self._call(self.fun, x)
        return self._number(result[0] if self.jac is True else result)

    def _call(self, function: Callable[..., Any], x: np.ndarray) -> Any:
        with np.errstate(all="ignore"):  # what overflows is seen in the value, and said in one message
            return function(x.copy(), *self.args)

    def _forward(self, x: np.ndarray) -> np.ndarray:
        step = 1.5e-8 * np.maximum(1.0, np.abs(x))
        step = np.where(x + step > self.box.high, -step, step)  # away from a bound
        return np.asarray(approx_fprime(x, self.value, step))

    def _central(self, x: np.ndarray) -> np.ndarray:
        gradient = np.empty_like(x)
        for j in range(x.size):
            step = 6e-6 * max(1.0, abs(x[j]))
            ends = [min(x[j] + step, self.box.high[j]), max(x[j] - step, self.box.low[j])]
            above, below = (self.value(np.where(np.arange(x.size) == j, end, x)) for end in ends)
            gradient[j] = (above - below) / (ends[0] - ends[1]) if ends[0] > ends[1] else 0.0
        return gradient

    @staticmethod
    def _number(value: Any) -> float:
        array = np.asarray(value)
        if array.size != 1:
            raise InvalidParameterError(
                f"fun returned an array of shape {array.shape}; it must return one number."
            )
        return float(array.reshape(()))

    @staticmethod
    def _vector(gradient: Any, x: np.ndarray) -> np.ndarray:
        array = np.array(gradient, dtype=np.float64)
        if array.shape != x.shape:
            raise InvalidParameterError(
                f"the gradient has shape {array.shape}, but x has {x.shape}; jac must return one derivative "
                "a variable."
            )
        return array
