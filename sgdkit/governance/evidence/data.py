"""Lineage of a table: what it held, without holding it."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from sgdkit.governance.evidence.conditioning import Conditioning, measure_conditioning
from sgdkit.governance.evidence.fingerprint import canonical_csr, column_fingerprints, fingerprint
from sgdkit.governance.evidence.rows import RowHasher
from sgdkit.governance.evidence.target import TargetSummary, class_codes, summarize_target
from sgdkit.governance.tabular import blocks, columns, is_frame, is_missing, memory_order, on_host

__all__ = ("Column", "Lineage", "trace_lineage")

MAX_LISTED_COLUMNS = 256


@dataclass(frozen=True, slots=True)
class Column:
    """Schema of one column, and a fingerprint of its values."""

    name: str
    dtype: str
    n_missing: int
    constant: bool
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Lineage:
    """What one table held when a model was trained on it; no row of it.

    Attributes
    ----------
    name : str
        Where it was recorded.
    container : str
        Type of the object, such as ``"ndarray"`` or ``"DataFrame"``.
    fingerprint : str
        Content hash; see `sgdkit.governance.evidence.fingerprint.fingerprint`.
    n_rows, n_columns : int
        Shape.
    columns : tuple of Column
        Schema and fingerprints; empty beyond 256 columns.
    n_missing, n_constant_columns : int
        Missing cells and columns with a single value.
    worst_missing_share : float
        Largest share of missing cells in one column.
    n_duplicate_rows : int
        Rows beyond the first of each set of identical rows.
    n_rows_with_twin : int
        Rows that occur at least twice.
    n_conflicting_rows : int or None
        Rows whose identical twin carries another label; None without a classification target.
    conditioning : Conditioning
        Condition number, rank and ratio of scales.
    target : TargetSummary or None
        Summary of ``y``, where it was given.
    memory_order : str
        ``"C"`` for a table that lies in memory row by row, ``"F"`` for column by column, empty for others.
        Equal values give sums that differ in the last bits, so a replay needs it.
    """

    name: str
    container: str
    fingerprint: str
    n_rows: int
    n_columns: int
    columns: tuple[Column, ...]
    n_missing: int
    n_constant_columns: int
    worst_missing_share: float
    n_duplicate_rows: int
    n_rows_with_twin: int
    n_conflicting_rows: int | None
    conditioning: Conditioning
    target: TargetSummary | None
    memory_order: str = ""


def trace_lineage(
    X: Any, y: Any = None, *, hasher: RowHasher, name: str = "data"
) -> tuple[Lineage, npt.NDArray[np.uint64]]:
    """Trace the lineage of a table and its target.

    Parameters
    ----------
    X : array, sparse matrix or data frame of shape (n_samples, n_features)
        Any types of column, missing values allowed.
    y : array-like of shape (n_samples,) or None, default=None
        Target.
    hasher : RowHasher
        Digests rows.
    name : str, default="data"
        Name in the record.

    Returns
    -------
    lineage : Lineage
        Plain facts.
    digests : ndarray of shape (n_samples,), uint64
        Salted digests of the rows, for finding duplicates later. Not part of the record.
    """
    container = type(X).__name__
    X = on_host(X)
    schema = _schema(X)
    digests = hasher.digests(X)
    _, group, counts = np.unique(digests, return_inverse=True, return_counts=True)
    labels = None if y is None else class_codes(y)
    height = X.shape[0]
    lineage = Lineage(
        name=name,
        container=container,
        fingerprint=fingerprint(X),
        n_rows=int(height),
        n_columns=int(X.shape[1]),
        columns=_with_fingerprints(X, schema) if len(schema) <= MAX_LISTED_COLUMNS else (),
        n_missing=sum(column.n_missing for column in schema),
        n_constant_columns=sum(column.constant for column in schema),
        worst_missing_share=max((column.n_missing for column in schema), default=0) / max(1, height),
        n_duplicate_rows=int(height - counts.size),
        n_rows_with_twin=int(counts[counts > 1].sum()),
        n_conflicting_rows=None if labels is None else _conflicting(group, counts, labels),
        conditioning=measure_conditioning(X),
        target=None if y is None else summarize_target(y),
        memory_order=memory_order(X),
    )
    return lineage, digests


def _with_fingerprints(X: Any, schema: tuple[Column, ...]) -> tuple[Column, ...]:
    """The schema with a fingerprint for each column, so that a change can be placed."""
    found = column_fingerprints(X)
    return tuple(replace(column, fingerprint=one) for column, one in zip(schema, found, strict=True))


def _conflicting(group: npt.NDArray[Any], counts: npt.NDArray[Any], labels: npt.NDArray[Any]) -> int:
    """Rows in groups of identical rows that carry more than one label."""
    lowest = np.full(counts.size, np.iinfo(np.int64).max)
    highest = np.full(counts.size, -1)
    np.minimum.at(lowest, group, labels)
    np.maximum.at(highest, group, labels)
    return int(counts[lowest != highest].sum())


def _schema(X: Any) -> tuple[Column, ...]:
    if sp.issparse(X):
        return _sparse_schema(X)
    if is_frame(X) or X.dtype.kind not in "biuf":
        return tuple(
            Column(name, dtype, int(is_missing(values).sum()), _constant(values))
            for name, dtype, values in columns(X)
        )
    missing = np.zeros(X.shape[1], dtype=np.int64)
    varies = np.zeros(X.shape[1], dtype=np.bool_)
    for block in blocks(X):
        if X.dtype.kind == "f":
            missing += np.isnan(block).sum(axis=0)
        varies |= (block != X[0]).any(axis=0)
    # NaN differs from itself, so a column of nothing but NaN looks as if it varied.
    varies &= missing < X.shape[0]
    dtype = str(X.dtype)
    return tuple(Column(f"x{j}", dtype, int(missing[j]), not bool(varies[j])) for j in range(X.shape[1]))


def _sparse_schema(X: Any) -> tuple[Column, ...]:
    csc = sp.csc_array(canonical_csr(X))
    dtype = str(csc.dtype)
    n_stored = np.diff(csc.indptr)
    starts = csc.indptr[:-1]
    schema = []
    bad = np.isnan(csc.data) if csc.data.dtype.kind == "f" else np.zeros(csc.data.size, dtype=np.bool_)
    any_bad = bool(bad.any())
    full = np.flatnonzero(n_stored == csc.shape[0])
    constant = n_stored == 0
    for j in full.tolist():
        values = csc.data[starts[j] : starts[j] + n_stored[j]]
        constant[j] = bool(np.all(values == values[0]))
    for j in range(csc.shape[1]):
        n_missing = int(bad[starts[j] : starts[j] + n_stored[j]].sum()) if any_bad else 0
        schema.append(Column(f"x{j}", dtype, n_missing, bool(constant[j])))
    return tuple(schema)


def _constant(values: npt.NDArray[Any]) -> bool:
    missing = is_missing(values)
    if missing.any():
        return bool(missing.all())
    return values.size == 0 or bool(np.all(values == values[0]))
