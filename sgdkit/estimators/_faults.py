"""What is wrong with rows or targets that cannot be trained on, said in one sentence."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import scipy.sparse as sp

from sgdkit.exceptions import InvalidParameterError

__all__ = ("check_kind", "fault_of", "said_plainly")


def check_kind(X: Any) -> None:
    """Refuse what NumPy would turn into numbers that nobody meant: text, dates, masked entries.

    Raises
    ------
    InvalidParameterError
        Saying what stands where, and what to do.
    """
    dtypes = X.dtypes if hasattr(X, "dtypes") and hasattr(X, "columns") else [getattr(X, "dtype", None)]
    kinds = {getattr(dtype, "kind", "") for dtype in dtypes}
    if kinds & set("OUST") and (sentence := _text("X", X)):
        raise InvalidParameterError(sentence)
    if kinds & set("Mm"):
        raise InvalidParameterError(
            "X holds dates or durations, which are no numbers yet; turn them into some, as days since a date."
        )
    if isinstance(X, np.ma.MaskedArray) and np.ma.is_masked(X):
        raise InvalidParameterError(
            f"X has {int(np.ma.getmaskarray(X).sum()):,} masked value(s), and what the mask hides would be "
            "trained on; fill them with NaN and impute, or drop those rows."
        )


@contextmanager
def said_plainly(X: Any, y: Any = None, *, numeric: bool = False) -> Iterator[None]:
    """Put one sentence in place of scikit-learn's words where what is wrong with X or y is known.

    Parameters
    ----------
    X : array-like
        Rows as the caller gave them.
    y : array-like, default=None
        Targets as the caller gave them.
    numeric : bool, default=False
        Whether targets must be numbers.
    """
    try:
        yield
    except (TypeError, ValueError) as error:
        own = None if y is None else fault_of("y", y, numeric=numeric) or _lengths(X, y)
        sentence = fault_of("X", X) or own
        if sentence is None:
            raise
        raise InvalidParameterError(sentence) from error


def fault_of(name: str, values: Any, numeric: bool = True) -> str | None:
    """Say what is wrong with numbers, or with labels; None where it is nothing that is known here."""
    try:
        array = values.data if sp.issparse(values) else np.asarray(values)
    except ValueError:  # rows of different lengths
        return None
    kind = array.dtype.kind
    if kind == "c":
        return (
            f"Complex data not supported: {name} is {array.dtype}; give real and imaginary parts as columns."
        )
    if name == "X" and array.ndim == 1 and kind in "biuf" and not sp.issparse(values):
        return (
            f"X has shape {array.shape}, but must have rows and columns. Reshape your data: X.reshape(-1, 1) "
            "for one feature, X.reshape(1, -1) for one row."
        )
    return (_text(name, values) if numeric else None) or _missing(name, values)


def _missing(name: str, values: Any) -> str | None:
    impute = "impute (sklearn.impute.SimpleImputer), or " if name == "X" else ""
    if found := _first(values, _is_missing, np.isnan):
        return f"{name} contains NaN or a missing value in {found[1]}; {impute}drop such rows first."
    if found := _first(values, _is_infinite, np.isinf):
        return f"{name} contains infinity in {found[1]}; correct it, or drop such rows first."
    return None


def _is_missing(value: Any) -> bool:
    # The missing value of pandas answers no comparison; its type gives it away.
    return value is None or type(value).__name__ in ("NAType", "NaTType") or bool(value != value)


def _is_infinite(value: Any) -> bool:
    return isinstance(value, float | np.floating) and bool(np.isinf(value))


def _is_text(value: Any) -> bool:
    return isinstance(value, str | bytes)


def _text(name: str, values: Any) -> str | None:
    found = _first(values, _is_text)
    if found is None:
        return None
    encode = "encode categories (sklearn.preprocessing.OneHotEncoder), or " if name == "X" else ""
    return f"{name} holds text, {str(found[0])[:40]!r} in {found[1]}; {encode}turn it into numbers first."


def _first(
    values: Any, wrong: Callable[[Any], bool], of_floats: Callable[[Any], np.ndarray] | None = None
) -> tuple[Any, str] | None:
    """Return the first value that is wrong, and where it stands; floats are looked at all at once."""
    places = None
    found: Iterator[int]
    if sp.issparse(values):
        entries = values.tocoo()
        array, places = entries.data, np.column_stack([entries.row, entries.col])
    else:
        array = np.asarray(values)
    if array.dtype.kind in "OUST":
        found = (number for number, value in enumerate(array.flat) if wrong(value))
    elif array.dtype.kind == "f" and of_floats is not None:
        found = iter(np.flatnonzero(of_floats(array)).tolist())
    else:
        return None
    if (number := next(found, None)) is None:
        return None
    at = np.unravel_index(number, array.shape) if places is None else places[number]
    where = f"row {int(at[0])}" if len(at) else "the only entry"
    if len(at) > 1:
        columns = getattr(values, "columns", None)
        where += f", column {int(at[1]) if columns is None else columns[at[1]]!r}"
    return array.flat[number], where


def _lengths(X: Any, y: Any) -> str | None:
    n, m = (values.shape[0] if getattr(values, "ndim", 0) else None for values in (X, y))
    if n is None or m is None or n == m:
        return None
    return f"X has {n:,} rows but y has {m:,}; give one target for each row."
