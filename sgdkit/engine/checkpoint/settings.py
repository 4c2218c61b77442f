"""Where training is kept, and how often."""

import math
import numbers
import os
from pathlib import Path
from typing import Any

from sgdkit.exceptions import InvalidParameterError
from sgdkit.parameter_object import ParameterObject

__all__ = ("Checkpoint",)


class Checkpoint(ParameterObject):
    """A file that training is kept in while it runs.

    Give it to an estimator as `checkpoint`; a path alone is a checkpoint after every epoch. Give the path to
    an equal estimator as `resume_from`, with the same data, and training goes on.

    Parameters
    ----------
    path : str or os.PathLike
        The file. Its folder must exist; an older checkpoint of that name is replaced.
    every_epochs : int, default=1
        Epochs (of a solver: iterations) between two writes at least, at least 1.
    every_seconds : float or None, default=None
        Seconds between two writes at least, zero or positive; None is no such limit.

    Notes
    -----
    The file is written beside and renamed, after it has reached the disk: whenever the process is killed, the
    last whole checkpoint is there. It is written after the last epoch in any case. How often it is written
    changes nothing in the result.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn.datasets import load_diabetes
    >>> from sgdkit import Checkpoint, LinearRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "run.checkpoint")
    ...     kept = Checkpoint(path, every_epochs=10)
    ...     model = LinearRegressor(optimizer="adam", checkpoint=kept, random_state=0).fit(X, y)
    ...     again = LinearRegressor(optimizer="adam", resume_from=path, random_state=0).fit(X, y)
    >>> bool((again.coef_ == model.coef_).all())
    True
    """

    name = "checkpoint"

    def __init__(self, path: Any, every_epochs: int = 1, every_seconds: float | None = None):
        self.path = path
        self.every_epochs = every_epochs
        self.every_seconds = every_seconds

    def check(self) -> None:
        """Refuse parameters outside their range, and a path that cannot be written.

        Raises
        ------
        InvalidParameterError
            Naming the parameter, its value and what is allowed.
        """
        path, epochs, seconds = self.path, self.every_epochs, self.every_seconds
        if not isinstance(path, str | os.PathLike) or not os.fspath(path):
            self._refuse("path", "must be the path of a file")
        if Path(path).is_dir():
            self._refuse("path", "is a folder; give a file")
        if not os.access(Path(path).parent, os.W_OK):
            self._refuse("path", "is in a folder that does not exist or cannot be written to")
        if isinstance(epochs, bool) or not isinstance(epochs, numbers.Integral) or epochs < 1:
            self._refuse("every_epochs", "must be a whole number of epochs, at least 1")
        number = isinstance(seconds, numbers.Real) and not isinstance(seconds, bool)
        if seconds is not None and not (number and 0.0 <= seconds < math.inf):
            self._refuse("every_seconds", "must be None or a number of seconds, zero or positive")

    def _refuse(self, parameter: str, allowed: str) -> None:
        raise InvalidParameterError(
            f"{type(self).__name__}({parameter}={getattr(self, parameter)!r}): {parameter} {allowed}."
        )
