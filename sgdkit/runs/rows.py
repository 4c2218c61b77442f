"""A file taken apart: features, target, queries, weights and groups."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sgdkit.exceptions import InvalidParameterError
from sgdkit.runs.config import RunConfig, flag_of
from sgdkit.runs.files import format_of, read_frame, read_svmlight
from sgdkit.runs.spelling import did_you_mean, listed
from sgdkit.runs.task import Target, settle_task

__all__ = ("Rows", "check_numbers", "read_rows")


# A sensitive number with more different values is a quantity, such as an age.
_GROUPS_AT_MOST = 10


@dataclass(frozen=True)
class Rows:
    """Rows with everything that belongs to each.

    Attributes
    ----------
    X : DataFrame or CSR array of shape (n_rows, n_features)
        Features.
    target : Target
        Target and task.
    queries, weights : ndarray of shape (n_rows,) or None
        Query and weight of each row.
    groups : DataFrame or None
        Sensitive columns as texts; a quantity is in quarters of the rows, for one group a value would
        leave groups too small to compare.
    zero_based : bool or None
        For svmlight, whether the file counts features from 0.
    notes : tuple of str
        What a reader should know about the columns.
    """

    X: Any
    target: Target
    queries: np.ndarray | None
    weights: np.ndarray | None
    groups: Any
    zero_based: bool | None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.target.y)

    def take(self, rows: np.ndarray) -> "Rows":
        """Return some of the rows, in that order."""

        def pick(values: Any) -> Any:
            return None if values is None else values.iloc[rows] if hasattr(values, "iloc") else values[rows]

        return replace(
            self,
            X=pick(self.X),
            target=replace(self.target, y=self.target.y[rows]),
            queries=pick(self.queries),
            weights=pick(self.weights),
            groups=pick(self.groups),
        )


def read_rows(config: RunConfig) -> Rows:
    """Return the rows of a run's file.

    Raises
    ------
    InvalidParameterError
        For anything about the file that cannot be trained on.
    """
    if format_of(config.data, config.format) == "svmlight":
        return _sparse_rows(config)
    if config.target is None:
        raise InvalidParameterError("--target is missing: the column to predict.")
    frame = read_frame(config.data, config, text=config.categorical)
    for key in ("target", "query", "weight", "drop", "categorical", "sensitive"):
        wanted = getattr(config, key)
        for name in (wanted,) if isinstance(wanted, str) else wanted or ():
            _need_column(frame, name, key, config)
    features = [
        name
        for name in frame.columns
        if name not in (config.target, config.query, config.weight) and name not in config.drop
    ]
    for key in ("sensitive", "categorical"):
        if config.target in getattr(config, key):
            raise InvalidParameterError(f"{flag_of(key)} names {config.target!r}, which is the target.")
    empty = [name for name in features if not frame[name].notna().any()]
    features = [name for name in features if name not in empty]
    if not features:
        raise InvalidParameterError(f"{config.data} has no column left to predict {config.target!r} from.")
    X = frame[features].copy()
    check_numbers(X)
    notes = [f"{name!r} is empty and left out." for name in empty]
    notes += [
        f"{name!r} has {frame[name].nunique()} values; its groups are quarters of the rows."
        for name in config.sensitive
        if _is_quantity(frame[name])
    ]
    notes += [note for name in features for note in _note(name, X[name], config)]
    queries = None if config.query is None else _complete(frame, config.query, "query")
    target = settle_task(
        frame[config.target].to_numpy(), config.target, config.task, has_queries=queries is not None
    )
    if target.task == "ranking" and queries is None:
        raise InvalidParameterError("A ranking needs --query: the column that says which rows compete.")
    return Rows(
        X,
        target,
        None if queries is None else np.unique(queries.astype(str), return_inverse=True)[1],
        _weights(frame, config),
        frame[list(config.sensitive)].apply(_bands) if config.sensitive else None,
        None,
        tuple(notes),
    )


def check_numbers(X: Any) -> None:
    """Refuse infinite numbers, naming the column."""
    for name in X.columns:
        if X[name].dtype.kind == "f" and np.isinf(X[name]).any():
            raise InvalidParameterError(
                f"The column {name!r} holds {int(np.isinf(X[name]).sum())} infinite value(s); put a finite "
                "number or nothing there."
            )


def _sparse_rows(config: RunConfig) -> Rows:
    for key in ("target", "query", "weight", "drop", "categorical", "sensitive", "columns"):
        if getattr(config, key):
            raise InvalidParameterError(
                f"{flag_of(key)} names columns, which an svmlight file does not have; its target and queries "
                "are part of each row."
            )
    X, y, queries, zero_based = read_svmlight(config.data, config)
    target = settle_task(y, "label", config.task, has_queries=queries is not None)
    if target.task == "ranking" and queries is None:
        raise InvalidParameterError(f"A ranking needs queries, but {config.data} has no qid: in its rows.")
    return Rows(X, target, queries, None, None, zero_based)


def _need_column(frame: Any, name: str, key: str, config: RunConfig) -> None:
    if name not in frame.columns:
        hint = did_you_mean(name, frame.columns)
        if not hint and not config.columns:
            hint = " A file without a header needs --columns."
        raise InvalidParameterError(
            f"{flag_of(key)} names {name!r}, which is no column of {config.data}.{hint} "
            f"The columns are {listed(map(repr, frame.columns), 30)}."
        )


def _complete(frame: Any, name: str, key: str) -> np.ndarray:
    values = frame[name]
    if n_missing := int(values.isna().sum()):
        raise InvalidParameterError(
            f"{flag_of(key)} {name!r} is missing in {n_missing} of {len(values)} rows; leave those rows out."
        )
    return np.asarray(values)


def _weights(frame: Any, config: RunConfig) -> np.ndarray | None:
    if config.weight is None:
        return None
    weights = _complete(frame, config.weight, "weight")
    if weights.dtype.kind != "f":
        raise InvalidParameterError(f"--weight {config.weight!r} is text; weights must be numbers.")
    if not np.isfinite(weights).all() or (weights < 0.0).any() or not weights.any():
        raise InvalidParameterError(
            f"--weight {config.weight!r} must hold finite numbers, zero or positive, and not only zeros; its "
            f"values go from {weights.min():g} to {weights.max():g}."
        )
    return weights


def _is_quantity(values: Any) -> bool:
    return bool(values.dtype.kind == "f" and values.nunique() > _GROUPS_AT_MOST)


def _bands(values: Any) -> Any:
    """Return the group of each row as text."""
    there = values.notna()
    groups = values.astype(object).where(there, "missing")
    if not _is_quantity(values):
        return groups
    edges = np.unique(np.quantile(values[there], [0.25, 0.5, 0.75]))
    bands = np.searchsorted(edges, values[there])
    width = len(f"{values.max():g}")
    for band in np.unique(bands):
        inside = values[there][bands == band]
        groups[inside.index] = f"{inside.min():{width}g} to {inside.max():g}"
    return groups


def _note(name: str, values: Any, config: RunConfig) -> list[str]:
    """Say what looks like a mistake about a feature."""
    there = values[values.notna()]
    n_distinct = there.nunique()
    if values.dtype.kind == "f":
        steps = np.diff(there.to_numpy())
        if len(there) > 20 and n_distinct == len(there) and (np.all(steps == 1.0) or np.all(steps == -1.0)):
            return [f"{name!r} counts the rows; leave it out with --drop {name} unless their order matters."]
        return []
    if name not in config.categorical:
        import pandas

        numbers = pandas.to_numeric(there, errors="coerce")
        if 0.5 < numbers.notna().mean() < 1.0:
            odd = there[numbers.isna()].iloc[0]
            return [f"{name!r} is text because of values such as {odd!r}; --missing takes them for gaps."]
    if len(there) > 20 and n_distinct > 0.5 * len(there):
        return [f"{name!r} has {n_distinct:,} different texts and says little; --drop {name} leaves it out."]
    return []
