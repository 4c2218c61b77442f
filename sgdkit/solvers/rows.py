"""Rows some thousand at a time: what belongs to them is formed while they are in cache, and then forgotten.

Sums over chunks are taken in the order of the rows, so results do not depend on the machine's load.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

__all__ = ("ALL", "CHUNK", "Along", "RowWeights", "SomeRows", "by_chunks", "chunks")

CHUNK = 4096
ALL = slice(None)


def chunks(n: int) -> Iterator[slice]:
    """Yield the slices of `n` rows, in order."""
    for start in range(0, n, CHUNK):
        yield slice(start, min(start + CHUNK, n))


def by_chunks(n: int, form: Callable[[slice], np.ndarray]) -> np.ndarray:
    """Return what `form` gives for the slices of `n` rows as one array."""
    if n <= CHUNK:
        return form(slice(0, n))
    out: np.ndarray | None = None
    for rows in chunks(n):
        part = form(rows)
        out = np.empty((n, *part.shape[1:])) if out is None else out
        out[rows] = part
    assert out is not None
    return out


class RowWeights:
    """Row weights that are read by slices; equal ones take no memory over the rows.

    Parameters
    ----------
    given : ndarray of shape (n,) or None
        Weights; None where all are 1.
    n : int
        Number of rows.
    factor : float
        What each is multiplied by.
    """

    def __init__(self, given: np.ndarray | None, n: int, factor: float):
        self._given, self._n, self._factor = given, n, factor
        self._same = np.full(min(n, CHUNK), factor) if given is None else None

    def __getitem__(self, rows: slice) -> np.ndarray:
        if self._given is not None:
            return np.multiply(self._given[rows], self._factor, dtype=np.float64)
        assert self._same is not None
        start, stop, _ = rows.indices(self._n)
        short = stop - start <= len(self._same)
        return self._same[: stop - start] if short else np.full(stop - start, self._factor)

    @property
    def total(self) -> float:
        """Their sum."""
        own = float(self._n) if self._given is None else float(self._given.sum(dtype=np.float64))
        return own * self._factor

    def of_sum_one(self) -> "RowWeights":
        """Return weights in the same proportions whose sum is 1."""
        return RowWeights(self._given, self._n, self._factor / self.total)


class Along:
    """Raw predictions ``z + length * moved`` on a line, formed for the rows that are asked for."""

    def __init__(self, z: np.ndarray, moved: np.ndarray, length: float):
        self._z, self.moved, self._length = z, moved, length

    def __len__(self) -> int:
        return len(self._z)

    def __getitem__(self, rows: slice) -> np.ndarray:
        return self._z[rows] + self._length * self.moved[rows]


class SomeRows:
    """Some rows of an array, copied chunk by chunk when they are asked for.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        All rows.
    chosen : ndarray of int
        Which ones.
    """

    def __init__(self, X: np.ndarray, chosen: np.ndarray):
        self._X, self._chosen = X, chosen
        self.shape, self.dtype = (len(chosen), X.shape[1]), X.dtype

    def __getitem__(self, rows: Any) -> np.ndarray:
        return self._X[self._chosen[rows]]
