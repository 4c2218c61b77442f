"""What an audit is given, brought into one form and checked."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance.tabular import is_frame, on_host

__all__ = ("flat_target", "paired_labels", "sensitive_columns")


def paired_labels(
    name: str, pair: Any, lengths: tuple[int | None, int]
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]] | None:
    """Labels of the training and of the test rows."""
    if pair is None:
        return None
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise InvalidParameterError(
            f"{name} must be a pair: the labels of the training rows and those of the test rows."
        )
    train, test = (np.asarray(on_host(labels)) for labels in pair)
    for labels, length, rows in ((train, lengths[0], "training"), (test, lengths[1], "test")):
        if labels.ndim != 1 or (length is not None and len(labels) != length):
            raise InvalidParameterError(
                f"{name} has the shape {labels.shape} for the {rows} rows; give one label for each of the "
                f"{length if length is not None else ''} rows, in the same order."
            )
    return train, test


def flat_target(y: Any) -> npt.NDArray[Any]:
    """Target as an array; a single column loses its second axis, which would broadcast in comparisons."""
    values = np.asarray(on_host(y))
    return values.ravel() if values.ndim == 2 and values.shape[1] == 1 else values


def sensitive_columns(sensitive_features: Any, n_rows: int) -> dict[str, npt.NDArray[Any]]:
    """Sensitive attributes as named columns of labels."""
    if sensitive_features is None:
        return {}
    if is_frame(sensitive_features):
        named = {str(name): np.asarray(sensitive_features[name]) for name in sensitive_features.columns}
    elif isinstance(sensitive_features, Mapping):
        named = {str(name): np.asarray(column) for name, column in sensitive_features.items()}
    else:
        values = np.asarray(sensitive_features)
        name = str(getattr(sensitive_features, "name", None) or "sensitive_feature")
        if values.ndim == 1:
            named = {name: values}
        else:
            named = {f"{name}_{j}": column for j, column in enumerate(values.T)}
    for name, column in named.items():
        if column.ndim != 1 or len(column) != n_rows:
            raise InvalidParameterError(
                f"sensitive_features has shape {column.shape} for {name!r}, the test set has {n_rows} rows; "
                "give one label for each test row, in the same order."
            )
    return {name: _labels(column) for name, column in named.items()}


def _labels(column: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Labels as text, whatever type they had; whole numbers kept as floats lose their ``.0``."""
    if column.dtype.kind == "f" and np.all(column == np.trunc(column)):
        column = column.astype(np.int64)
    return column.astype(str)
