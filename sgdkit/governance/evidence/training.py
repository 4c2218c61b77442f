"""The training trace of a fitted estimator, read from its public attributes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ("TrainingTrace", "grows_by_iteration", "trace_training")

# Wall time differs from run to run, so it would give equal runs different hashes.
_NOT_EVIDENCE = frozenset({"seconds"})
MAX_POINTS = 400


@dataclass(frozen=True, slots=True)
class TrainingTrace:
    """What an estimator says about its own training.

    Attributes
    ----------
    source : str
        Attribute the trace was read from; empty when there is none.
    n_iter, max_iter : int or None
        Iterations run (the most, where there are several) and allowed.
    converged : bool or None
        The estimator's own flag, or ``n_iter < max_iter`` where it has none; None when unknown, and for
        trees that were to be as many as they are.
    stop_reason : str
        The estimator's words; empty when it has none.
    columns : mapping of str to tuple of float
        Equal-length columns, one value per recorded epoch; at most 400 evenly spaced epochs.
    n_epochs : int
        Epochs before thinning.
    diagnosis : tuple of dict of str to str
        What the estimator says the run shows: ``name, severity, evidence, advice``.
    """

    source: str = ""
    n_iter: int | None = None
    max_iter: int | None = None
    converged: bool | None = None
    stop_reason: str = ""
    columns: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    n_epochs: int = 0
    diagnosis: tuple[Mapping[str, str], ...] = ()

    @property
    def loss(self) -> tuple[float, ...]:
        """The objective per recorded epoch; empty when it was not recorded."""
        return self.columns.get("objective", ())


def trace_training(estimator: Any) -> TrainingTrace:
    """Read the training trace of a fitted estimator.

    Parameters
    ----------
    estimator : object
        Any fitted estimator. Read are ``history_`` (a mapping of columns) or ``loss_curve_`` or
        ``train_score_``, and ``n_iter_``, ``max_iter``, ``converged_``, ``stop_reason_``, ``diagnosis_``.

    Returns
    -------
    TrainingTrace
        Empty where the estimator says nothing.
    """
    source, columns = _columns(estimator)
    n_iter = _largest_int(getattr(estimator, "n_iter_", None))
    max_iter = _largest_int(getattr(estimator, "max_iter", None))
    converged = getattr(estimator, "converged_", None)
    grows = grows_by_iteration(estimator)
    if grows and not getattr(estimator, "do_early_stopping_", False):
        converged = None  # it was told how many to make, and made them
    elif converged is None and n_iter is not None and max_iter is not None and max_iter > 0:
        converged = n_iter < max_iter
    length = len(next(iter(columns.values()), ()))
    keep = np.unique(np.linspace(0, max(0, length - 1), min(length, MAX_POINTS)).astype(np.intp))
    return TrainingTrace(
        source=source,
        n_iter=n_iter,
        max_iter=max_iter,
        converged=None if converged is None else bool(converged),
        stop_reason=str(getattr(estimator, "stop_reason_", "") or ""),
        columns={name: tuple(values[keep].tolist()) for name, values in columns.items()},
        n_epochs=length,
        diagnosis=_diagnosis(estimator),
    )


def grows_by_iteration(estimator: Any) -> bool:
    """Whether each iteration adds a tree, so that their number is the model's size and no budget."""
    return hasattr(estimator, "max_iter") and hasattr(estimator, "max_leaf_nodes")


def _diagnosis(estimator: Any) -> tuple[dict[str, str], ...]:
    """The findings of an estimator that makes some: objects with a name, a severity and two sentences."""
    fields = ("name", "severity", "evidence", "advice")
    found = getattr(estimator, "diagnosis_", None)
    if not isinstance(found, (list, tuple)):
        return ()
    return tuple(
        {field: str(getattr(each, field)) for field in fields}
        for each in found
        if all(hasattr(each, field) for field in fields)
    )


def _columns(estimator: Any) -> tuple[str, dict[str, np.ndarray]]:
    history = getattr(estimator, "history_", None)
    if isinstance(history, Mapping) and "objective" in history:
        columns = {
            str(name): np.asarray(values, dtype=np.float64)
            for name, values in history.items()
            if name not in _NOT_EVIDENCE
        }
        return "history_", columns
    for source in ("loss_curve_", "train_score_"):
        values = getattr(estimator, source, None)
        if values is not None and np.ndim(values) == 1:
            objective = np.asarray(values, dtype=np.float64)
            epochs = np.arange(1.0, objective.size + 1.0)
            return source, {"epoch": epochs, "objective": objective}
    return "", {}


def _largest_int(value: Any) -> int | None:
    if value is None or isinstance(value, str) or not np.size(value):
        return None
    try:
        return int(np.max(value))
    except (TypeError, ValueError):
        return None
