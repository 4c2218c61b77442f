"""Rows from CSV, Parquet and svmlight files, with every fault of a file said in one sentence."""

import gzip
import hashlib
import warnings
import zlib
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from sgdkit.exceptions import InvalidParameterError
from sgdkit.extras import import_extra
from sgdkit.runs.config import Format, RunConfig
from sgdkit.runs.spelling import did_you_mean

__all__ = ("file_digest", "format_by_name", "format_of", "read_frame", "read_svmlight", "stem_of")

SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".svm": "svmlight",
    ".svmlight": "svmlight",
    ".libsvm": "svmlight",
    ".txt": "svmlight",
}


# What object columns of Parquet may hold; truth values are categories.
_NUMBERS = (int, float, Decimal)


def format_of(path: str | Path, given: Format | None = None) -> Format:
    """Return the format of a file, by its name unless it is given.

    Raises
    ------
    InvalidParameterError
        For a missing or empty file, a folder, or a name that does not tell.
    """
    path = Path(path)
    if not path.exists():
        beside = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
        raise InvalidParameterError(f"There is no file {str(path)!r}.{did_you_mean(path.name, beside)}")
    if path.is_dir():
        raise InvalidParameterError(f"{str(path)!r} is a folder; give the file with the rows.")
    if path.stat().st_size == 0:
        raise InvalidParameterError(f"{path} is empty.")
    found = given or format_by_name(path)
    if found is None:
        raise InvalidParameterError(
            f"The name of {path} does not tell its format (known are {', '.join(SUFFIXES)}, and .gz behind "
            "them); give --format csv, parquet or svmlight."
        )
    return found


def format_by_name(path: str | Path) -> Format | None:
    """Return the format that the name of a file tells, or None."""
    return SUFFIXES.get(Path(Path(path).name.removesuffix(".gz")).suffix.lower())


def stem_of(path: str | Path) -> str:
    """Return the name of a file without its endings."""
    name = Path(path).name.removesuffix(".gz")
    return Path(name).stem if Path(name).suffix in SUFFIXES else name


def file_digest(path: str | Path) -> str:
    """Return the SHA-256 of the bytes of a file."""
    with open(path, "rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


def read_frame(path: str | Path, config: RunConfig, text: Iterable[str] = ()) -> Any:
    """Return the columns of a CSV or Parquet file, each of float64 or of text.

    Parameters
    ----------
    path : str or Path
        The file; CSV may be compressed (``.gz``).
    config : RunConfig
        How to read it.
    text : iterable of str, default=()
        Columns that are text whatever they look like, where the file has them.

    Returns
    -------
    DataFrame of shape (n_rows, n_columns)
        Numbers as float64 with NaN for missing values; anything else as objects, texts with NaN.

    Raises
    ------
    InvalidParameterError
        For a file that cannot be read, or holds no row.
    ImportError
        Naming what to install, without pandas, or pyarrow for Parquet.
    """
    pandas = import_extra("pandas", "cli", "Reading tables")
    kind = format_of(path, config.format)
    try:
        if kind == "parquet":
            import_extra("pyarrow", "cli", "Reading Parquet")
            frame = pandas.read_parquet(path)
            frame.columns = [str(name) for name in frame.columns]
        else:
            frame = _read_csv(pandas, Path(path), config, frozenset(text))
    except (ValueError, OSError, EOFError, zlib.error) as error:  # parsers raise subclasses of these
        if isinstance(error, InvalidParameterError):
            raise
        cause = (
            str(error).removeprefix("Error tokenizing data. C error: ").strip().partition("\n")[0].rstrip(".")
        )
        named = {"csv": "CSV", "parquet": "Parquet"}[kind]
        raise InvalidParameterError(f"{path} cannot be read as {named}: {cause}.") from error
    if not len(frame):
        raise InvalidParameterError(f"{path} has a header but no row.")
    wanted = frozenset(text)
    return pandas.DataFrame({name: _column(frame[name], name in wanted) for name in frame.columns})


def read_svmlight(path: str | Path, config: RunConfig, n_features: int | None = None) -> tuple[Any, ...]:
    """Return rows, target and queries of an svmlight file, and whether it counts features from 0.

    Parameters
    ----------
    path : str or Path
        The file, which may be compressed (``.gz``).
    config : RunConfig
        How to read it.
    n_features : int or None, default=None
        Columns to make; None makes as many as the file names.

    Returns
    -------
    X : CSR array of shape (n_rows, n_features)
    y : ndarray of shape (n_rows,)
    queries : ndarray of shape (n_rows,) or None
    zero_based : bool

    Raises
    ------
    InvalidParameterError
        For a file that cannot be read, holds no row, or names more features than `n_features`.
    """
    from sklearn.datasets import load_svmlight_file

    format_of(path, config.format)
    try:
        with (gzip.open if str(path).endswith(".gz") else open)(path, "rb") as file:
            queries = b"qid:" in file.readline()
            file.seek(0)
            loaded = load_svmlight_file(file, zero_based=True, query_id=queries)
    except (ValueError, OSError, EOFError, zlib.error) as error:
        cause = str(error).strip().partition("\n")[0].rstrip(".")
        raise InvalidParameterError(f"{path} cannot be read as svmlight: {cause}.") from error
    X, y = sp.csr_array(loaded[0]), loaded[1]
    if not len(y):
        raise InvalidParameterError(f"{path} holds no row.")
    zero_based = config.zero_based
    if zero_based is None:
        zero_based = bool((X.indices == 0).any())
    if not zero_based:
        X = X[:, 1:]
    if n_features is not None:
        if X.shape[1] > n_features:
            raise InvalidParameterError(
                f"{path} names feature {X.shape[1] - (1 if zero_based else 0)}, but the model was trained on "
                f"{n_features} features."
            )
        X = sp.csr_array((X.data, X.indices, X.indptr), shape=(X.shape[0], n_features))
    return X, y, loaded[2] if queries else None, zero_based


def _read_csv(pandas: Any, path: Path, config: RunConfig, text: frozenset[str]) -> Any:
    tabs = path.name.removesuffix(".gz").endswith(".tsv")
    options = {
        "sep": config.separator or ("\t" if tabs else ","),
        "na_values": list(config.missing),
        "skipinitialspace": True,
        "low_memory": False,
    }
    header = pandas.read_csv(path, nrows=0 if not config.columns else 1, dtype=str, **options)
    names = list(header.columns)
    if config.columns:
        options |= {"header": None, "names": list(config.columns)}
        if len(names) != len(config.columns):
            raise InvalidParameterError(
                f"--columns names {len(config.columns)} columns, but {path} has {len(names)}."
            )
        names = list(config.columns)
    dtypes = {name: str for name in text if name in names}
    with warnings.catch_warnings():
        # A row longer than the header would lose values.
        warnings.simplefilter("error", pandas.errors.ParserWarning)
        try:
            frame = pandas.read_csv(path, dtype=dtypes, index_col=False, **options)
        except pandas.errors.ParserWarning as warning:
            raise ValueError("it has rows with more values than columns") from warning
    # Truth values keep the spelling of the file, so that another file's "TRUE" or gap stays comparable.
    truths = [name for name in names if frame[name].dtype == bool]
    if truths:
        again = pandas.read_csv(path, usecols=truths, dtype=str, index_col=False, **options)
        frame[truths] = again[truths]
    return frame


def _column(values: Any, as_text: bool) -> Any:
    """Return a column as float64, or as objects that are texts or NaN."""
    there = values.notna().to_numpy(dtype=bool)
    if getattr(values.dtype, "kind", "O") in "iuf" or (
        values.dtype == object and there.any() and all(type(v) in _NUMBERS for v in values[there])
    ):
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        if not as_text:
            return numbers
        # Codes: 3.0 beside a gap is the code 3.
        whole = bool(np.all(numbers[there] == np.trunc(numbers[there])))
        texts = [str(int(number)) if whole else str(number) for number in numbers[there]]
    elif getattr(values.dtype, "kind", "O") == "M":  # a date is written as in CSV, without a midnight
        times = values[there].dt
        texts = list(times.strftime("%Y-%m-%d" if (times.normalize() == values[there]).all() else "%F %T"))
    else:
        texts = [str(value) for value in values[there]]
    column = np.full(len(values), np.nan, dtype=object)
    column[there] = texts
    return column
