"""What a schedule is: the learning rate of each epoch, as a factor or a number."""

from abc import abstractmethod

from sgdkit.exceptions import InvalidParameterError
from sgdkit.parameter_object import ParameterObject

__all__ = ("Schedule",)


class Schedule(ParameterObject):
    """The learning rate as a function of the epoch.

    The rate is constant within an epoch, so that skipped coordinates of sparse data can be caught
    up exactly.
    """

    @abstractmethod
    def rate(self, epoch: int) -> float:
        """Return the learning rate of an epoch, counted from 0."""

    def check(self) -> None:
        """Refuse hyperparameters outside their range.

        Raises
        ------
        InvalidParameterError
            Naming the parameter, its value and what is allowed.
        """
        for parameter, value in zip(self.hyper, self.hyper_values(), strict=True):
            if value < 0.0 or (parameter == "rate0" and value == 0.0):
                raise InvalidParameterError(
                    f"{type(self).__name__}({parameter}={value!r}): {parameter} must be "
                    f"{'positive' if parameter == 'rate0' else 'zero or positive'}."
                )
