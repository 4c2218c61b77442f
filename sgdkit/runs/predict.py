"""Predictions of a run's model for the rows of a file."""

from pathlib import Path
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from sgdkit.exceptions import InvalidParameterError
from sgdkit.runs.config import RunConfig, read_config
from sgdkit.runs.files import format_by_name, format_of, read_frame, read_svmlight
from sgdkit.runs.model_file import load_model
from sgdkit.runs.pipeline import feature_columns
from sgdkit.runs.rows import check_numbers
from sgdkit.runs.spelling import did_you_mean
from sgdkit.runs.staging import staged_file

__all__ = ("as_features", "config_beside", "predict_file")


def predict_file(
    model: str | Path,
    data: str | Path,
    out: str | Path,
    *,
    proba: bool = False,
    keep: tuple[str, ...] = (),
    **reading: Any,
) -> int:
    """Write the predictions of a model for the rows of a file, in their order.

    Parameters
    ----------
    model : str or Path
        Folder of a run, or its model file.
    data : str or Path
        Rows with at least the model's features; further columns are passed over.
    out : str or Path
        CSV file to write: ``prediction`` (the ``score`` of a ranking), and what was asked for beside it.
    proba : bool, default=False
        Add ``probability_<class>`` for each class.
    keep : tuple of str, default=()
        Columns of `data` to copy in front.
    **reading : dict
        ``format``, ``columns``, ``separator`` and ``missing``, where they differ from the run's.

    Returns
    -------
    int
        Number of rows.

    Raises
    ------
    InvalidParameterError
        For a file that does not fit the model, or probabilities that it does not have.
    """
    pipeline = load_model(model)
    config = config_beside(model, data, **reading)
    if proba and not hasattr(pipeline, "predict_proba"):
        raise InvalidParameterError(
            f"--proba needs a model with probabilities, and {type(pipeline['model']).__name__} has none; a "
            "LogisticClassifier does."
        )
    sparse = format_of(data, config.format) == "svmlight"
    if sparse:
        if keep:
            raise InvalidParameterError("--keep names columns, which an svmlight file does not have.")
        X, kept = read_svmlight(data, config, n_features=_n_features(pipeline, data))[0], {}
    else:
        frame = read_frame(data, config, text=feature_columns(pipeline).get("categories", ()))
        for name in keep:
            if name not in frame.columns:
                raise InvalidParameterError(
                    f"--keep names {name!r}, which is no column of {data}.{did_you_mean(name, frame.columns)}"
                )
        # What is copied keeps its spelling; the model reads the same column as numbers.
        kept = dict(read_frame(data, config, text=keep)[list(keep)]) if keep else {}
        X = as_features(pipeline, frame, data)
    import pandas

    table = dict(kept)
    ranking = not hasattr(pipeline, "classes_") and hasattr(pipeline["model"], "ndcg_k")
    table["score" if ranking else "prediction"] = np.asarray(pipeline.predict(X))
    if proba:
        for label, column in zip(pipeline.classes_, pipeline.predict_proba(X).T, strict=True):
            table[f"probability_{label}"] = column
    with staged_file(out) as path:
        pandas.DataFrame(table).to_csv(path, index=False)
    return int(X.shape[0])


def config_beside(model: str | Path, data: str | Path, **reading: Any) -> RunConfig:
    """Return the configuration of a model's run for reading `data`, as far as it lies beside the model."""
    folder = Path(model) if Path(model).is_dir() else Path(model).parent
    path = folder / "config.toml"
    settings: dict[str, Any] = read_config(path) if path.exists() else {"out": str(folder)}
    settings["format"] = format_by_name(data) or settings.get("format")
    given = {key: value for key, value in reading.items() if value not in (None, (), [])}
    return RunConfig(**{**settings, **given, "data": str(data)})


def as_features(pipeline: Pipeline, frame: Any, data: str | Path) -> Any:
    """Return the columns of a frame that a pipeline takes, in its order and of its types.

    Raises
    ------
    InvalidParameterError
        For a missing column, text where the model takes a number, or an infinite number.
    """
    columns = feature_columns(pipeline)
    if not columns:
        raise InvalidParameterError(
            f"The model was trained on svmlight rows, but {data} is a table; give it in that format too."
        )
    wanted = list(pipeline["report"].feature_names_in_)
    for name in wanted:
        if name not in frame.columns:
            raise InvalidParameterError(
                f"{data} lacks the column {name!r}, which the model takes.{did_you_mean(name, frame.columns)}"
            )
    X = frame[wanted].copy()
    for name in columns.get("numbers", ()):
        if X[name].dtype.kind != "f":
            there = X[name].notna().to_numpy()
            if there.any():
                row = int(np.flatnonzero(there & ~_numeric(X[name]))[0])
                raise InvalidParameterError(
                    f"The model takes numbers from {name!r}, but row {row + 1} of {data} has "
                    f"{X[name].iloc[row]!r} there; --missing takes such a mark for a gap."
                )
            X[name] = np.nan  # a column of gaps alone reads as text
    check_numbers(X)
    return X


def _numeric(values: Any) -> np.ndarray:
    import pandas

    return np.asarray(pandas.to_numeric(values, errors="coerce").notna())


def _n_features(pipeline: Pipeline, data: str | Path) -> int:
    if feature_columns(pipeline):
        raise InvalidParameterError(
            f"The model was trained on a table with named columns, but {data} is svmlight; give a table."
        )
    return int(pipeline["report"].n_features_in_)
