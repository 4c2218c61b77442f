"""The rows that trained a recorded model, from a file, as `fit` was given them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sgdkit.exceptions import InvalidParameterError
from sgdkit.extras import import_extra

__all__ = ("read_training",)


def read_training(
    path: str | Path,
    record: Mapping[str, Any],
    *,
    target: str | None = None,
    fit: Mapping[str, str] | None = None,
) -> tuple[Any, Any, dict[str, Any]]:
    """Return table, target and what else ``fit`` was given.

    Parameters
    ----------
    path : str or Path
        ``.csv``, ``.tsv`` or ``.parquet`` with the recorded columns, the target and maybe others; or ``.npz``
        with arrays ``X``, ``y`` and one for each further name. The rows that trained, in their order.
    record : mapping
        The record, as plain types; its columns say which are features, and of which type.
    target : str or None, default=None
        Column of the target; where one column alone is left, that one when None.
    fit : mapping of str to str, default=None
        Column for each name that ``fit`` was given beside X and y.

    Returns
    -------
    X, y : object
        In the recorded container and types.
    fit_params : dict
        By name.

    Raises
    ------
    InvalidParameterError
        For a file that is missing, cannot be read or lacks a column.
    ImportError
        Without pandas, for anything but ``.npz``.
    """
    path, fit = Path(path), dict(fit or {})
    if not path.is_file():
        raise InvalidParameterError(f"There is no file {str(path)!r}; give the rows that trained the model.")
    if path.suffix == ".npz":
        return _from_arrays(path)
    frame = _frame(path)
    place = record["recipe"]["data"]
    recorded: Mapping[str, Any] = {} if place is None else record["data"][place]
    columns = recorded.get("columns", ())
    named = recorded.get("container") == "DataFrame" and bool(columns)
    features = [column["name"] for column in columns] if named else None
    _need(path, frame, (*fit.values(), *([] if target is None else [target]), *(features or ())))
    others = [name for name in frame.columns if name not in (*fit.values(), *(features or ()), target)]
    if target is None and recorded.get("target", {}) is not None:
        if features is None or len(others) != 1:
            raise InvalidParameterError(f"{path} does not tell which column is the target; give --target.")
        target = others[0]
    X = frame[others if features is None else features]
    if columns and len(columns) == X.shape[1]:
        X = _typed(X, [column["dtype"] for column in columns], path)
    X = X if recorded.get("container", "DataFrame") == "DataFrame" else X.to_numpy()
    y = None if target is None else frame[target].to_numpy()
    return X, y, {name: frame[column].to_numpy() for name, column in fit.items()}


def _need(path: Path, frame: Any, names: Iterable[str]) -> None:
    for name in names:
        if name not in frame.columns:
            known = ", ".join(map(str, list(frame.columns)[:20]))
            raise InvalidParameterError(f"{path} has no column {name!r}; it has {known}.")


def _from_arrays(path: Path) -> tuple[Any, Any, dict[str, Any]]:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
    except (ValueError, OSError) as error:
        raise InvalidParameterError(f"{path} cannot be read as arrays: {error}.") from error
    if "X" not in arrays:
        raise InvalidParameterError(
            f"{path} holds {', '.join(sorted(arrays)) or 'nothing'}; it needs X, and y."
        )
    return arrays.pop("X"), arrays.pop("y", None), arrays


def _frame(path: Path) -> Any:
    pandas = import_extra("pandas", "inspect", "Reading tables")
    readers = {".csv": pandas.read_csv, ".parquet": pandas.read_parquet}
    readers[".tsv"] = lambda file: pandas.read_csv(file, sep="\t")
    if path.suffix not in readers:
        raise InvalidParameterError(f"{path} is of no known format; give .csv, .tsv, .parquet or .npz.")
    try:
        return readers[path.suffix](path)
    except (ValueError, OSError) as error:
        cause = str(error).partition("\n")[0].rstrip(".")
        raise InvalidParameterError(f"{path} cannot be read: {cause}.") from error


def _typed(X: Any, dtypes: list[str], path: Path) -> Any:
    """The table with the recorded types, where values allow; a file does not keep them."""
    try:
        return X.astype(dict(zip(X.columns, dtypes, strict=True)))
    except (ValueError, TypeError) as error:
        raise InvalidParameterError(
            f"{path} holds values that are not of the recorded types: {str(error).partition(chr(10))[0]}."
        ) from error
