"""A preprocessed column as a function of one input value."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sgdkit.exceptions import UnsupportedCombinationError

__all__ = ("Column", "plain")


def plain(value: Any) -> Any:
    """Return the value as JSON knows it: text, number, truth value, or None for what is missing.

    Raises
    ------
    UnsupportedCombinationError
        For any other kind of value.
    """
    value = value.item() if isinstance(value, np.generic) else value
    if value is None or type(value).__name__ == "NAType" or (isinstance(value, float) and value != value):
        return None
    if not isinstance(value, str | int | float):
        raise UnsupportedCombinationError(
            f"{value!r} is a {type(value).__name__}, which JSON has not; use text, numbers or truth values."
        )
    return value


@dataclass(frozen=True)
class Column:
    """What one column of the model's X is, in terms of one input.

    Attributes
    ----------
    source : int
        Position of the input.
    missing : object
        What takes the place of a missing value; None where nothing does.
    center, scale : float
        A number x becomes ``(x - center) / scale``.
    table : dict or None
        In place of that, the value of each category.
    unknown : float or None
        Value of a category outside the table; None where such a category is an error.
    """

    source: int
    missing: Any = None
    center: float = 0.0
    scale: float = 1.0
    table: dict[Any, float] | None = None
    unknown: float | None = None

    def is_raw(self) -> bool:
        """Tell whether values still are those of the input, but for missing ones."""
        return self.table is None and (self.center, self.scale) == (0.0, 1.0)

    def rescaled(self, center: float, scale: float) -> "Column":
        """Return the column after ``(value - center) / scale``."""
        if self.table is None:
            return replace(self, center=self.center + self.scale * center, scale=self.scale * scale)
        table = {category: (value - center) / scale for category, value in self.table.items()}
        unknown = None if self.unknown is None else (self.unknown - center) / scale
        return replace(self, table=table, unknown=unknown)

    def imputed(self, value: Any) -> "Column":
        """Return the column after missing values became `value`, in its present units."""
        if self.table is not None:
            known = {name: value if v != v else v for name, v in self.table.items()}
            return replace(self, table=known, unknown=value if self.unknown != self.unknown else self.unknown)
        if self.missing is not None:
            return self
        return replace(self, missing=value if self.is_raw() else self.center + self.scale * value)
