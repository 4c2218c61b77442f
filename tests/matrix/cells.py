"""Every combination of parts as a cell: fitted and compared with the reference, or refused."""

import functools
import itertools
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from sgdkit import HingeClassifier, LinearRanker, LinearRegressor, LogisticClassifier
from sgdkit.exceptions import ConvergenceWarning, InvalidParameterError
from sgdkit.optimizers import UpdateRule
from sgdkit.penalties import PENALTIES, resolve_penalty
from sgdkit.plugin.registry import Registry
from sgdkit.testing.claims import largest_difference

LOSSES = Registry().table("loss", plugins=False)
OPTIMIZERS = Registry().table("optimizer", plugins=False)
LAYOUTS = ("dense", "CSR int32", "CSR int64")
DTYPES = ("float32", "float64")
BACKENDS = ("auto", "reference")
TASKS = ("regression", "classification", "ranking")

# Largest relative difference of the weights from those of the reference after three epochs.
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}
# What a solver is asked to prove of its objective, and so the largest difference between two layouts.
PROOF = 1e-4
RATE = {"linear": 0.03, "normalized": 0.05, "relative": 0.05, "free": 1.0}
N = 72


class Cell(NamedTuple):
    """One choice of each part."""

    loss: str
    optimizer: str
    penalty: str | None
    layout: str
    dtype: str
    backend: str

    @property
    def is_rule(self) -> bool:
        """Whether the optimizer is an update rule, not a solver."""
        return issubclass(OPTIMIZERS[self.optimizer], UpdateRule)


class Outcome(NamedTuple):
    """How far a cell is from its reference, or the sentence that refuses it."""

    gap: float | None
    refusal: str | None


FACTORS: tuple[tuple[Any, ...], ...] = (
    tuple(LOSSES),
    tuple(OPTIMIZERS),
    PENALTIES,
    LAYOUTS,
    DTYPES,
    BACKENDS,
)


def cells_of(loss: str, optimizer: str) -> Iterator[Cell]:
    """Return the cells of a loss and an optimizer."""
    return (Cell(loss, optimizer, *rest) for rest in itertools.product(*FACTORS[2:]))


def covering_cells() -> list[Cell]:
    """Return few cells in which any two values of different factors meet at least once.

    For each loss and optimizer, the one cell that brings the most new pairs.
    """
    seen: set[tuple[Any, ...]] = set()
    chosen = []
    for loss, optimizer in itertools.product(LOSSES, OPTIMIZERS):
        best = max(cells_of(loss, optimizer), key=lambda cell: len(pairs_of(cell) - seen))
        seen |= pairs_of(best)
        chosen.append(best)
    return chosen


def pairs_of(cell: Cell) -> set[tuple[Any, ...]]:
    """Return the pairs of values that meet in a cell."""
    return set(itertools.combinations(enumerate(cell), 2))


def task_of(loss: str) -> str:
    """Return the task of a loss."""
    (task,) = LOSSES[loss].tasks
    return task


@functools.cache
def _rows() -> tuple[np.ndarray, np.ndarray]:
    """Return X, with zeros, an empty and a full column, and a noisy signal that no plane separates."""
    random = np.random.default_rng(0)
    X = random.normal(size=(N, 6)) * (random.random((N, 6)) < 0.5)
    X[:, 2] = 0.0
    X[:, 3] = 1.0 + random.random(N)
    return X, X @ np.array([1.0, -1.0, 0.0, 0.5, 0.0, 0.7]) - 0.75 + 1.5 * random.normal(size=N)


def _targets(loss: str) -> np.ndarray:
    _, signal = _rows()
    if task_of(loss) == "ranking":
        return np.digitize(signal, [-1.0, 0.0, 1.5]).astype(float)
    if task_of(loss) == "classification":
        return np.digitize(signal, [-0.7, 0.7]) if LOSSES[loss].multi_output else (signal > 0.0).astype(int)
    if LOSSES[loss].target_interval.low == 0.0:  # counts and amounts
        amount = np.exp(0.5 * signal)
        return np.floor(amount) if LOSSES[loss].target_interval.holds(0.0) else amount
    return signal


def _laid_out(layout: str, dtype: str) -> Any:
    X = _rows()[0].astype(dtype)
    if layout == "dense":
        return X
    matrix, index = sp.csr_matrix(X), np.dtype(layout.split()[1])
    matrix.indices, matrix.indptr = matrix.indices.astype(index), matrix.indptr.astype(index)
    return matrix


def _fitted(cell: Cell) -> Any:
    if cell.is_rule:
        rate = RATE[OPTIMIZERS[cell.optimizer].step]
        settings = {"learning_rate": rate, "batch_size": 7, "max_iter": 3, "tol": None, "shuffle": False}
    else:
        settings = {"max_iter": 20_000, "tol": PROOF}
    task = task_of(cell.loss)
    estimator: Any = {"regression": LinearRegressor, "ranking": LinearRanker}.get(task, HingeClassifier)
    if cell.loss in ("log_loss", "softmax"):
        estimator = LogisticClassifier
    model = estimator(
        loss=cell.loss, optimizer=cell.optimizer, penalty=cell.penalty, alpha=0.02, l1_ratio=0.5,
        backend=cell.backend, random_state=0, **settings,
    )  # fmt: skip
    queries = {"qid": np.repeat(np.arange(N // 6), 6)} if task == "ranking" else {}
    return model.fit(_laid_out(cell.layout, cell.dtype), _targets(cell.loss), **queries)


def _weights(model: Any) -> np.ndarray:
    return np.concatenate([np.ravel(model.coef_), np.ravel(model.intercept_)])


def _objective(model: Any, loss: str) -> float:
    """Return the objective that was minimised, of the fitted weights, in float64."""
    coef = np.atleast_2d(np.asarray(model.coef_, np.float64))
    raw = _rows()[0] @ coef.T + np.asarray(model.intercept_, np.float64)
    queries = np.arange(0, N + 1, 6) if "ranking" in model.loss_.tasks else np.zeros(1, np.int64)
    total, _ = model.loss_.evaluate_batch(np, raw, _targets(loss).astype(float), np.full(N, 1.0 / N), queries)
    return float(total) + resolve_penalty(model.penalty, model.alpha, model.l1_ratio).value(coef)


@functools.lru_cache(maxsize=8)
def _reference(cell: Cell) -> np.ndarray | float:
    model = _fitted(cell)
    return _weights(model) if cell.is_rule else _objective(model, cell.loss)


def try_cell(cell: Cell) -> Outcome:
    """Fit a cell and compare it: a rule with the NumPy reference, a solver with itself on dense float64 rows.

    Any warning is an error, and so is any error but a refusal. Only that three epochs of a rule at a fixed
    rate may show an objective on the rise is of no interest here.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if cell.is_rule:
            warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            model = _fitted(cell)
        except InvalidParameterError as refusal:
            return Outcome(None, str(refusal))
        if cell.is_rule:
            expected = _reference(cell._replace(layout="dense", backend="reference"))
            assert model.coef_.dtype == cell.dtype
            return Outcome(largest_difference(_weights(model), expected), None)
        expected = _reference(cell._replace(layout="dense", dtype="float64"))
        return Outcome(abs(_objective(model, cell.loss) - expected) / abs(expected), None)


def allowed_gap(cell: Cell) -> float:
    """Return how far a cell may be from its reference."""
    if not cell.is_rule:
        return PROOF
    # A rule with reductions feeds the rounding of a sum back into every coordinate.
    return TOLERANCE[cell.dtype] * (10.0 if OPTIMIZERS[cell.optimizer].reductions else 1.0)
