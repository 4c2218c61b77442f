"""Everything that decides a run: read from flags and a TOML file, checked, and written back."""

import tomllib
import types
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from sgdkit.exceptions import InvalidParameterError
from sgdkit.plugin.registry import default_registry
from sgdkit.runs.spelling import did_you_mean
from sgdkit.runs.toml import to_toml

__all__ = ("RunConfig", "flag_of", "make_config", "read_config")

Task = Literal["regression", "binary", "multiclass", "ranking"]
Format = Literal["csv", "parquet", "svmlight"]


@dataclass(frozen=True)
class RunConfig:
    """What a run was told, with every default filled in that is known before the data are read.

    Parameters
    ----------
    data, out : str
        File of rows, and folder for what comes of them.
    format : {"csv", "parquet", "svmlight"} or None, default=None
        None follows the name of the file.
    columns : tuple of str, default=()
        Names of the columns, for a CSV file without a header.
    separator : str or None, default=None
        Between the values of a CSV file; None is a comma, or a tab in ``.tsv``.
    missing : tuple of str, default=()
        Further marks for a missing value; an empty cell, NA, NaN, null and None are always some.
    zero_based : bool or None, default=None
        Whether the features of an svmlight file are counted from 0; None looks.
    target : str or None, default=None
        Column to predict; svmlight files have theirs in front.
    task : {"regression", "binary", "multiclass", "ranking"} or None, default=None
        None infers it from the target.
    drop, categorical, sensitive : tuple of str, default=()
        Columns that are no features; columns of numbers that are codes; columns whose groups the
        audit compares. A column that is dropped and sensitive is compared and no feature.
    query, weight : str or None, default=None
        Columns with the query of each row of a ranking, and with its weight; neither is a feature.
    loss, optimizer, learning_rate, penalty, alpha
        As for the estimators; None keeps their default, ``penalty="none"`` is no penalty.
    set : dict, default={}
        Any other parameter of the estimator, nested ones too.
    min_frequency : int, default=10
        Rows that a category needs for a column of its own.
    test_size : float, default=0.25
        Share of the rows, or of the queries, held out; in (0, 1).
    cv : int, default=0
        Folds of a cross-validation on the training rows; 0 is none.
    seed : int, default=0
        Seed of the split, of training and of the audit.
    name : str or None, default=None
        Name of the run in the report; None makes one from file and target.
    statements : dict, default={}
        What people state, by governance dimension; see `sgdkit.governance.GovernanceReport`.
    """

    data: str
    out: str
    format: Format | None = None
    columns: tuple[str, ...] = ()
    separator: str | None = None
    missing: tuple[str, ...] = ()
    zero_based: bool | None = None
    target: str | None = None
    task: Task | None = None
    drop: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    query: str | None = None
    weight: str | None = None
    loss: str | None = None
    penalty: str | None = None
    alpha: float | None = None
    optimizer: str | None = None
    learning_rate: float | str | None = None
    min_frequency: int = 10
    test_size: float = 0.25
    cv: int = 0
    seed: int = 0
    name: str | None = None
    set: dict[str, Any] = field(default_factory=dict)
    statements: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._check(0.0 < self.test_size < 1.0, "test_size", "a share of the rows between 0 and 1")
        self._check(self.cv == 0 or self.cv >= 2, "cv", "a number of folds from 2 on, or 0 for none")
        self._check(self.min_frequency >= 1, "min_frequency", "a number of rows from 1 on")
        self._check(0 <= self.seed < 2**32, "seed", "a whole number from 0 to 2**32 - 1")
        self._check(self.separator is None or len(self.separator) == 1, "separator", "one character")
        registry = default_registry()
        for kind in ("loss", "optimizer", "learning_rate"):
            name = getattr(self, kind)
            if isinstance(name, str) and not (name == "auto" and kind != "loss"):
                registry.get(kind, name)

    def _check(self, fits: bool, key: str, allowed: str) -> None:
        if not fits:
            raise InvalidParameterError(f"{flag_of(key)} is {getattr(self, key)!r}; give {allowed}.")

    def to_toml(self) -> str:
        """Return the text of a file that repeats this run, from whichever folder holds it."""
        settings = {name.name.replace("_", "-"): getattr(self, name.name) for name in fields(self)}
        # Paths in a file are relative to it, and this one goes into the folder of the run.
        settings |= {"data": str(Path(self.data).resolve()), "out": "."}
        head = "# Written by sgdkit train, which repeats the run: sgdkit train --config config.toml\n"
        return head + to_toml({key: value for key, value in settings.items() if value not in ((), {})})

    def resolved(self, **settings: Any) -> "RunConfig":
        """Return a copy with what the data decided filled in."""
        return replace(self, **settings)


def flag_of(key: str) -> str:
    """Return the flag that sets a key."""
    return "DATA" if key == "data" else "--" + key.replace("_", "-")


def read_config(path: str | Path) -> dict[str, Any]:
    """Return the settings in a TOML file, checked for names and types.

    Parameters
    ----------
    path : str or Path
        File whose keys are named like the flags. Paths in it are relative to it.

    Returns
    -------
    dict
        Arguments for `RunConfig`.

    Raises
    ------
    InvalidParameterError
        For a file that is no TOML, an unknown key or a value of the wrong type.
    OSError
        If the file cannot be read.
    """
    path = Path(path)
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidParameterError(f"There is no configuration file {str(path)!r}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidParameterError(f"{path} is no TOML file: {error}.") from error
    hints = get_type_hints(RunConfig)
    settings: dict[str, Any] = {}
    for written, value in found.items():
        key = written.replace("-", "_")
        if key not in hints:
            known = [name.replace("_", "-") for name in hints]
            raise InvalidParameterError(
                f"{path} sets {written!r}, which is no setting.{did_you_mean(written, known)} "
                f"The settings are {', '.join(known)}."
            )
        if not _fits(value, hints[key]):
            raise InvalidParameterError(f"{path} sets {written} = {value!r}; give {_words(hints[key])}.")
        settings[key] = tuple(value) if isinstance(value, list) else value
    for key in ("data", "out"):
        if key in settings:
            settings[key] = str(path.parent / settings[key])
    return settings


def make_config(flags: Mapping[str, Any], path: str | Path | None = None) -> RunConfig:
    """Return the configuration of flags over a file.

    Parameters
    ----------
    flags : mapping
        What was given on the command line; None and empty lists mean not given.
    path : str, Path or None, default=None
        File with settings, which flags override.

    Raises
    ------
    InvalidParameterError
        For unusable settings, or without data and out.
    """
    settings = {} if path is None else read_config(path)
    given = {key: value for key, value in flags.items() if value not in (None, [], (), {})}
    nested = {**settings.get("set", {}), **given.pop("set", {})}
    settings |= {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}
    for key, what in (("data", "the file with the rows"), ("out", "the folder for the results")):
        if key not in settings:
            raise InvalidParameterError(f"{flag_of(key)} is missing: {what}.")
    return RunConfig(**{**settings, "set": nested})


def _fits(value: Any, hint: Any) -> bool:
    origin, options = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return any(_fits(value, option) for option in options)
    if origin is Literal:
        return value in options
    if origin is tuple:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if origin is dict:
        return isinstance(value, dict)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, hint) and (hint is bool or not isinstance(value, bool))


def _words(hint: Any) -> str:
    origin, options = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return " or ".join(_words(option) for option in options if option is not type(None))
    if origin is Literal:
        return f"one of {', '.join(map(repr, options))}"
    if origin is tuple:
        return 'a list of texts, such as ["a", "b"]'
    if origin is dict:
        return "a table"
    return {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}[hint]
