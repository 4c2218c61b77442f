"""Which learning rates a model can take: a run in which the rate grows from batch to batch."""

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.class_weight import compute_class_weight

from sgdkit.exceptions import ConvergenceWarning, InvalidParameterError, UnsupportedCombinationError
from sgdkit.inspection.fitted import on_host
from sgdkit.inspection.smoothing import smooth
from sgdkit.optimizers.base import UpdateRule
from sgdkit.plugin.registry import default_registry
from sgdkit.solvers.base import Solver

__all__ = ("RangeTest", "lr_range_test")

ROWS = 64
BANDWIDTH = 3.0
RISE = 4.0


@dataclass(frozen=True, eq=False)
class RangeTest:
    """What a range test saw; `sgdkit.inspection.lr_range_test` makes it.

    Attributes
    ----------
    rates : ndarray of shape (n_steps,)
        Learning rates, growing geometrically; fewer than asked for if training diverged.
    objective : ndarray of shape (n_steps,)
        Objective on the rows of each step, before it.
    smoothed : ndarray of shape (n_steps,)
        The same with the noise of the batches taken out.
    suggestion : float or None
        Rate to try; None where the objective never fell.
    best : float
        Rate at which the smoothed objective is least: about the highest that can be used.
    diverged : float or None
        Rate at which training was given up; None if it held out to the end.
    """

    rates: np.ndarray
    objective: np.ndarray
    smoothed: np.ndarray
    suggestion: float | None
    best: float
    diverged: float | None


def lr_range_test(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    qid: Any = None,
    low: float = 1e-6,
    high: float = 10.0,
    steps: int = 100,
    random_state: Any = None,
) -> RangeTest:
    r"""Train a clone with a rate that grows from `low` to `high`, and see where the objective falls.

    Parameters
    ----------
    estimator : LinearRegressor, LogisticClassifier, HingeClassifier or LinearRanker
        Fitted or not; it is not touched. Its `learning_rate` is what is varied.
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Training rows; scale them as for the fit.
    y : array-like of shape (n_samples,)
        Their targets.
    qid : array-like of shape (n_samples,), default=None
        Queries, for a ranker.
    low, high : float, default=1e-6, 10.0
        Rates of the first and the last step, ``0 < low < high``.
    steps : int, default=100
        Steps, at least 10. Each takes one batch of the estimator's `batch_size` rows (64 for ``"auto"``,
        the first size where it grows, for a ranker whole queries), in random order; where the rows run
        out they start again.
    random_state : int, RandomState or None, default=None
        Draws the order. None takes the estimator's.

    Returns
    -------
    RangeTest
        The curve, and a suggestion: the rate at which the smoothed objective falls most steeply over the
        logarithm of the rate, before it is least.

    Raises
    ------
    InvalidParameterError
        For rates or steps outside what is allowed, an estimator that is not one of the four, or a solver,
        which has no learning rate.

    Notes
    -----
    The objective is smoothed by a Gaussian with a standard deviation of 3 steps, which moves nothing along
    the axis of the rate. Training is given up once it is four times the least, above that and the start.
    The suggestion is a rate to start a search with, not a tuned one; ``learning_rate="auto"`` needs none.

    References
    ----------
    Smith, "Cyclical learning rates for training neural networks", WACV 2017, section 3.3.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sgdkit import LogisticClassifier
    >>> from sgdkit.inspection import lr_range_test
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X = StandardScaler().fit_transform(X)
    >>> result = lr_range_test(LogisticClassifier(optimizer="sgd", random_state=0), X, y)
    >>> 1e-3 < result.suggestion < 1.0
    True
    """
    if not hasattr(estimator, "partial_fit") or "learning_rate" not in estimator.get_params(deep=False):
        raise InvalidParameterError(
            f"{type(estimator).__name__} has no learning rate to vary; pass the model itself, from a "
            "pipeline its last step with the rows that reach it."
        )
    if estimator.optimizer != "auto":
        optimizer = default_registry().resolve("optimizer", estimator.optimizer, UpdateRule, Solver)
        if isinstance(optimizer, Solver):
            raise UnsupportedCombinationError(
                f"optimizer={optimizer.name!r} is a solver, which has no learning rate to vary; range tests "
                "are for update rules, such as optimizer='adagrad'."
            )
    if not (0.0 < low < high < math.inf):
        raise InvalidParameterError(f"low={low!r}, high={high!r}: must be finite with 0 < low < high.")
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 10:
        raise InvalidParameterError(f"steps={steps!r}: must be a whole number, at least 10.")
    model = clone(estimator)
    if "checkpoint" in model.get_params(deep=False):  # that of the run itself, which this is not
        model.set_params(checkpoint=None, resume_from=None)
    y = np.asarray(on_host(y))
    first: dict[str, Any] = {}
    if hasattr(model, "class_weight"):
        classes = np.unique(y)
        first["classes"] = classes
        if model.class_weight == "balanced":
            factors = compute_class_weight("balanced", classes=classes, y=y)
            model.set_params(class_weight=dict(zip(classes.tolist(), factors.tolist(), strict=True)))
    random = check_random_state(model.random_state if random_state is None else random_state)
    model.set_params(random_state=int(random.randint(2**31 - 1)))
    size = getattr(model.batch_size, "start", model.batch_size)  # where it grows, it is what it starts at
    size = ROWS if isinstance(size, str) and size == "auto" else size
    if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1:
        raise InvalidParameterError(f"batch_size={size!r}: must be a whole number of rows, at least 1.")
    chunks = _chunks(len(y), int(size), None if qid is None else np.asarray(on_host(qid)), random)
    X = X.tocsr() if hasattr(X, "tocsr") else X
    rates = np.geomspace(low, high, steps)
    objective: list[float] = []
    for rate in rates.tolist():
        rows = next(chunks)
        part = X.iloc[rows] if hasattr(X, "iloc") else (X if hasattr(X, "shape") else np.asarray(X))[rows]
        extra = dict(first) if qid is None else first | {"qid": np.asarray(on_host(qid))[rows]}
        model.set_params(learning_rate=rate)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.partial_fit(part, y[rows], **extra)
        first.pop("classes", None)
        seen = model.history_["objective"]
        objective.append(float(seen[-1]) if len(seen) else math.inf)
        if not math.isfinite(objective[-1]):
            break
        top = RISE * max(float(np.median(objective[:10])), min(objective))
        if len(objective) >= 10 and min(objective[-3:]) > top > 0.0:
            break
    return _read(rates, np.array(objective))


def _chunks(n: int, size: int, qid: np.ndarray | None, random: np.random.RandomState) -> Iterator[np.ndarray]:
    """Yield row numbers of one batch after the other, for ever; queries stay whole."""
    groups = None if qid is None else [np.flatnonzero(qid == query) for query in np.unique(qid)]
    while True:
        if groups is None:
            order = random.permutation(n)
            for start in range(0, max(n - size, 0) + 1, size):
                yield order[start : start + size]
            continue
        taken: list[np.ndarray] = []
        for place in random.permutation(len(groups)):
            taken.append(groups[place])
            if sum(map(len, taken)) >= size:
                yield np.concatenate(taken)
                taken = []
        if taken:
            yield np.concatenate(taken)


def _read(rates: np.ndarray, objective: np.ndarray) -> RangeTest:
    """Smooth the curve and find the rates that stand out."""
    reached = len(objective)
    diverged = float(rates[reached - 1]) if reached < len(rates) or not np.isfinite(objective[-1]) else None
    finite = objective[np.isfinite(objective)]
    rates = rates[: len(finite)]
    if not len(finite):
        return RangeTest(rates, finite, finite, None, float("nan"), diverged)
    smoothed = smooth(finite, BANDWIDTH)
    least = int(smoothed.argmin())
    suggestion = None
    if least >= 2:
        slope = np.gradient(smoothed[: least + 1], np.log(rates[: least + 1]))
        steepest = int(slope.argmin())
        suggestion = float(rates[steepest]) if slope[steepest] < 0.0 else None
    return RangeTest(rates, finite, smoothed, suggestion, float(rates[least]), diverged)
