"""Which task a target asks for, and the target in the form that the task trains on."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sgdkit.exceptions import InvalidParameterError
from sgdkit.runs.config import Task
from sgdkit.runs.spelling import listed

__all__ = ("CLASSES_AT_MOST", "Target", "settle_task")

CLASSES_AT_MOST = 20
"""A target of whole numbers with more different values than this is a quantity, not a class."""


@dataclass(frozen=True)
class Target:
    """A target and its task.

    Attributes
    ----------
    y : ndarray of shape (n_rows,)
        Floats for a regression or ranking; integers or texts for classes.
    task : {"regression", "binary", "multiclass", "ranking"}
        What it asks for.
    why : str
        The reason, in words.
    """

    y: np.ndarray
    task: Task
    why: str


def settle_task(values: Any, name: str, task: Task | None, *, has_queries: bool) -> Target:
    """Return the target with its task.

    Parameters
    ----------
    values : array-like of shape (n_rows,)
        Floats, or objects that are texts; NaN where missing.
    name : str
        Name of the target, for messages.
    task : str or None
        What was asked for; None infers it.
    has_queries : bool
        Whether the rows come in queries.

    Raises
    ------
    InvalidParameterError
        For missing values, a target that does not fit the task, or a single class.

    Examples
    --------
    >>> import numpy as np
    >>> from sgdkit.runs.task import settle_task
    >>> settle_task(np.array([1.0, 2.0, 1.0]), "grade", None, has_queries=False).task
    'binary'
    """
    values = np.asarray(values)
    missing = np.isnan(values) if values.dtype.kind == "f" else values != values
    if n_missing := int(missing.sum()):
        row = int(np.flatnonzero(missing)[0]) + 1
        raise InvalidParameterError(
            f"The target {name!r} is missing in {n_missing} of {len(values)} rows, first in row {row}; leave "
            "those rows out."
        )
    numeric = values.dtype.kind == "f"
    if numeric and not np.isfinite(values).all():
        raise InvalidParameterError(f"The target {name!r} holds infinite values; leave those rows out.")
    distinct = np.unique(values if numeric else values.astype(str))
    whole = numeric and bool(np.all(distinct == np.trunc(distinct)))
    shown = distinct.astype(np.int64) if whole else distinct
    why = f"as --task {task} says"
    if task is None:
        task, why = _infer(name, shown, whole, numeric, has_queries)
    if task in ("regression", "ranking"):
        if not numeric:
            row = next(i for i, value in enumerate(values) if not _is_number(value))
            raise InvalidParameterError(
                f"A {task} needs numbers, but the target {name!r} is {str(values[row])!r} in row {row + 1}."
            )
        if task == "ranking" and distinct[0] < 0.0:
            raise InvalidParameterError(
                f"Grades of a ranking must be zero or positive, but {name!r} goes down to {distinct[0]:g}."
            )
        return Target(values, task, why)
    if len(distinct) == 1:
        raise InvalidParameterError(
            f"Every row has the same target {name!r}, {shown[0]}: there is nothing to learn."
        )
    if task == "binary" and len(distinct) > 2:
        raise InvalidParameterError(
            f"A binary task needs two classes, but the target {name!r} has {len(distinct)} different values: "
            f"{listed(shown)}. Use --task multiclass or regression."
        )
    if numeric and not whole:
        raise InvalidParameterError(
            f"The target {name!r} holds fractions, which are no classes; use --task regression."
        )
    return Target(values.astype(np.int64) if numeric else values.astype(str), task, why)


def _infer(
    name: str, distinct: np.ndarray, whole: bool, numeric: bool, has_queries: bool
) -> tuple[Task, str]:
    if has_queries:
        return "ranking", "because the rows come in queries"
    if len(distinct) == 2 and (whole or not numeric):
        return "binary", f"because {name!r} has two values, {distinct[0]} and {distinct[1]}"
    if not numeric:
        return "multiclass", f"because {name!r} is text with {len(distinct)} different values"
    if whole and len(distinct) <= CLASSES_AT_MOST:
        return "multiclass", f"because {name!r} has only {len(distinct)} different values, all whole numbers"
    return "regression", f"because {name!r} is a number with {len(distinct):,} different values"


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
