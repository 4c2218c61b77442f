"""A batch size that grows from epoch to epoch."""

import math
from typing import Any

from sgdkit.exceptions import InvalidParameterError
from sgdkit.parameter_object import ParameterObject

__all__ = ("GrowingBatch",)


class GrowingBatch(ParameterObject):
    r"""Batches that grow: :math:`b_e = b_0\, f^{\lfloor e / k \rfloor}` rows in epoch `e` = 0, 1, …

    Larger batches have less noise, so growing them does for training what lowering the learning rate
    does, in fewer and cheaper steps. Give it to an estimator as `batch_size`.

    Parameters
    ----------
    start : int, default=64
        Rows in a batch of the first epoch, at least 1.
    factor : float, default=2.0
        Growth, at least 1.
    every : int, default=5
        Epochs `k` between two growths, at least 1.
    largest : int or None, default=None
        Rows at which growth ends; None is the number of rows there are.

    Notes
    -----
    Epochs are counted like those of a learning-rate schedule: every ``fit`` begins anew, and
    ``partial_fit`` goes on.

    References
    ----------
    Smith, Kindermans, Ying and Le, "Don't decay the learning rate, increase the batch size",
    ICLR 2018.

    Examples
    --------
    >>> from sgdkit.schedules import GrowingBatch
    >>> batches = GrowingBatch(64, factor=2, every=2, largest=300)
    >>> [batches.size(epoch) for epoch in range(8)]
    [64, 64, 128, 128, 256, 256, 300, 300]
    """

    name = "growing_batch"

    def __init__(self, start: int = 64, factor: float = 2.0, every: int = 5, largest: int | None = None):
        self.start = start
        self.factor = factor
        self.every = every
        self.largest = largest

    def size(self, epoch: int) -> int:
        """Return the rows in a batch of an epoch, counted from 0."""
        most = math.inf if self.largest is None else max(self.largest, self.start)
        growth = (epoch // self.every) * math.log(self.factor)
        # Far beyond any number of rows; an exponential would overflow at last.
        return int(min(most, round(self.start * math.exp(min(growth, 40.0)))))

    def check(self) -> None:
        """Refuse parameters outside their range.

        Raises
        ------
        InvalidParameterError
            Naming the parameter, its value and what is allowed.
        """
        whole = (int,)
        self._check("start", whole, 1, "a whole number of rows, at least 1")
        self._check("factor", (int, float), 1, "a finite number, at least 1")
        self._check("every", whole, 1, "a whole number of epochs, at least 1")
        if self.largest is not None:
            self._check("largest", whole, self.start, f"None or a whole number, at least start={self.start}")

    def _check(self, parameter: str, kinds: tuple[Any, ...], least: float, allowed: str) -> None:
        value = getattr(self, parameter)
        plain = value.item() if hasattr(value, "item") and not hasattr(value, "__len__") else value
        if not isinstance(plain, kinds) or isinstance(plain, bool) or not least <= plain < math.inf:
            raise InvalidParameterError(
                f"{type(self).__name__}({parameter}={value!r}): {parameter} must be {allowed}."
            )
