"""From `batch_size`, `shuffle` and `sampling` to runs, batches and what an epoch visits."""

from typing import Any

import numpy as np
import scipy.sparse as sp

from sgdkit.backends.select import is_cupy
from sgdkit.data.order import RUN_LENGTH, SHUFFLE_ROWS_BELOW, looks_ordered, run_edges
from sgdkit.data.sampling import ByClass, ByImportance, Sampler, WithReplacement
from sgdkit.engine.rates import row_norms
from sgdkit.estimators._params import check_choice
from sgdkit.estimators._rows import TrainingRows
from sgdkit.exceptions import UnsupportedCombinationError
from sgdkit.schedules.growing_batch import GrowingBatch

__all__ = ("batch_rows", "check_sampling", "corrected", "runs_of", "sampler_of")

AUTO_BATCH = 64
SAMPLINGS = ("auto", "replacement", "stratified", "balanced", "importance")
NEEDS_CLASSES = ("stratified", "balanced")


def check_sampling(model: Any) -> None:
    """Refuse a `sampling` that is not known, or that this task or `shuffle` leaves no meaning.

    Raises
    ------
    InvalidParameterError
        In a sentence with the remedy.
    """
    check_choice(model, "sampling", SAMPLINGS)
    given = f"{type(model).__name__}(sampling={model.sampling!r})"
    if model._task == "ranking" and model.sampling not in ("auto", "replacement"):
        raise UnsupportedCombinationError(
            f"{given}: a ranking compares the rows of a query, so whole queries are visited, which have "
            "neither class nor norm. Use 'auto' or 'replacement'."
        )
    if model._task != "classification" and model.sampling in NEEDS_CLASSES:
        raise UnsupportedCombinationError(
            f"{given} needs classes, and a number has none. Use 'auto', 'replacement' or 'importance'."
        )
    if model.sampling != "auto" and not model.shuffle:
        raise UnsupportedCombinationError(
            f"{given} draws rows at random, but shuffle=False keeps them in order. Leave sampling='auto', or "
            "shuffle=True."
        )


def batch_rows(model: Any, rows: TrainingRows) -> int:
    """Return the rows in a batch of the first epoch."""
    if isinstance(model.batch_size, GrowingBatch):
        return model.batch_size.size(0)
    if model.batch_size != "auto":
        return int(model.batch_size)
    # With many classes and features, moving the touched weights costs more than the gradient:
    # a larger batch touches them less often.
    most = 4 * AUTO_BATCH if sp.issparse(rows.X) and rows.n_outputs > 1 else AUTO_BATCH
    # Spread evenly: a last batch of one or two rows would make a full step on their noise.
    n = rows.X.shape[0]
    return -(-n // -(-n // most))


def runs_of(model: Any, rows: TrainingRows, batch_size: int) -> np.ndarray:
    """Return the borders of the runs of rows that are visited together."""
    n = rows.X.shape[0]
    if rows.edges is not None:
        return rows.edges
    # Steps between the point and its average are made batch by batch, so an epoch is cut anywhere.
    every_batch = isinstance(model.average, str) and model.average == "schedule_free"
    if not model.shuffle:
        return run_edges(n, 1 if every_batch else n)
    drawn = model.sampling != "auto" or every_batch
    if drawn or n < SHUFFLE_ROWS_BELOW or batch_size >= n or looks_ordered(rows.X, rows.y):
        return run_edges(n, 1)
    return run_edges(n, RUN_LENGTH)


def sampler_of(
    model: Any, rows: TrainingRows, fit_intercept: bool, center: np.ndarray | None
) -> Sampler | None:
    """Return what says which runs an epoch visits; None visits each once."""
    if model.sampling == "replacement":
        return WithReplacement(rows.X.shape[0] if rows.edges is None else len(rows.edges) - 1)
    if model.sampling in NEEDS_CLASSES:
        return ByClass(rows.y, equal=model.sampling == "balanced")
    if model.sampling == "importance":
        host_X = rows.X.get() if is_cupy(rows.X) else rows.X
        bound = row_norms(host_X, rows.weight, fit_intercept, center)
        return ByImportance(bound if rows.weight is None else rows.weight * bound)
    return None


def corrected(weight: np.ndarray | None, sampler: Sampler | None) -> np.ndarray | None:
    """Return the row weights with the sampler's correction; None where all are 1."""
    if sampler is None or sampler.correction is None:
        return weight
    return sampler.correction if weight is None else weight * sampler.correction
