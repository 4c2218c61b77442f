"""What a report draws from the test rows: bins, groups and curves, each with its interval and count."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy import stats
from sklearn.utils import shuffle

from sgdkit.blas_threads import one_blas_thread
from sgdkit.governance.context import AuditContext
from sgdkit.governance.perturb import with_columns_fixed, with_noise

__all__ = ("Bin", "Curve", "Exhibits", "GroupFigure", "measure_exhibits")

_BINS = 10
_MIN_GROUP = 10
_MAX_GROUPS = 20
_MAX_ROWS = 2000
_DRAWS = 3
_NOISE = (0.05, 0.1, 0.2, 0.4, 0.8)
_LOST = (0.1, 0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True)
class Bin:
    """A bin of predictions: mean predicted probability, and how often it came true (95 % interval)."""

    predicted: float
    observed: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class GroupFigure:
    """A metric of one group of test rows (95 % interval); no value for fewer than ten rows."""

    attribute: str
    group: str
    metric: str
    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Curve:
    """Quality along growing disturbance: its mean, and the standard deviation over draws."""

    name: str
    unit: str
    amounts: tuple[float, ...]
    quality: tuple[float, ...]
    spread: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Exhibits:
    """Figures of a report that need the model and the test rows, so the record keeps them.

    Attributes
    ----------
    reliability : tuple of Bin
        Bins of equal size of the predicted probability.
    event : str
        What the probability is of.
    groups : tuple of GroupFigure
        By attribute, metric and group.
    curves : tuple of Curve
        Robustness.
    quality : str
        What the curves show.
    n_curve_rows : int
        Test rows behind the curves.
    notes : tuple of str
        Which figures are missing, and why.
    """

    reliability: tuple[Bin, ...] = ()
    event: str = ""
    groups: tuple[GroupFigure, ...] = ()
    curves: tuple[Curve, ...] = ()
    quality: str = ""
    n_curve_rows: int = 0
    notes: tuple[str, ...] = field(default=())


def measure_exhibits(context: AuditContext) -> Exhibits:
    """Measure what a report draws, from predictions alone.

    Parameters
    ----------
    context : AuditContext
        The audit.

    Returns
    -------
    Exhibits
        Parts that cannot be measured are empty, with the reason in ``notes``.
    """
    notes: list[str] = []

    def attempt(what: str, measure: Callable[[AuditContext], Any], empty: Any) -> Any:
        try:
            return measure(context)
        except _NotMeasurableError as reason:
            notes.append(f"{what}: {reason}")
        except Exception as error:  # as for checks: the audit goes on, and the message may quote a row
            notes.append(f"{what}: it could not be measured here ({type(error).__name__}).")
        return empty

    with one_blas_thread():  # as for free checks
        bins, event = attempt("Reliability diagram", _reliability, ((), ""))
        groups = attempt("Group metrics", _groups, ())
        curves, n_rows = attempt("Robustness curves", _curves, ((), 0))
    quality = "accuracy" if context.is_classifier else "R²"
    return Exhibits(bins, event, groups, curves, quality if curves else "", n_rows, tuple(notes))


class _NotMeasurableError(Exception):
    """Why there is nothing to draw."""


def _reliability(context: AuditContext) -> tuple[tuple[Bin, ...], str]:
    if not context.is_classifier:
        raise _NotMeasurableError("only classifiers predict probabilities.")
    probabilities = context.probabilities
    if probabilities is None:
        raise _NotMeasurableError("the classifier gives no probabilities.")
    classes = np.asarray(context.model.classes_)
    if classes.size == 2:
        predicted, came_true = probabilities[:, 1], context.y_test == classes[1]
        event = f"class {classes[1]}"
    else:
        top = probabilities.argmax(axis=1)
        predicted, came_true = probabilities[np.arange(len(top)), top], classes[top] == context.y_test
        event = "the predicted class"
    order = np.argsort(predicted, kind="stable")
    bins = []
    for rows in np.array_split(order, min(_BINS, max(1, len(order) // _MIN_GROUP))):
        low, high = _share_interval(int(came_true[rows].sum()), len(rows))
        observed = float(np.mean(came_true[rows]))
        bins.append(Bin(float(np.mean(predicted[rows])), observed, low, high, len(rows)))
    return tuple(bins), event


def _groups(context: AuditContext) -> tuple[GroupFigure, ...]:
    if not context.sensitive_features:
        raise _NotMeasurableError("no sensitive attribute was supplied.")
    metrics = _row_metrics(context)
    figures = []
    for attribute, labels in context.sensitive_features.items():
        names, counts = np.unique(labels, return_counts=True)
        for name in sorted(names[np.argsort(-counts, kind="stable")][:_MAX_GROUPS].tolist()):
            for metric, (values, among) in metrics.items():
                figures.append(_group_figure(attribute, name, metric, values[(labels == name) & among]))
    return tuple(figures)


def _row_metrics(context: AuditContext) -> dict[str, tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]]:
    """Per metric the value of each row, and the rows that count; a group's figure is their mean."""
    truth, predicted = context.y_test, context.predictions
    every = np.ones(len(truth), dtype=np.bool_)
    if context.is_classifier:
        metrics = {"accuracy": (predicted == truth, every)}
        classes = np.asarray(context.model.classes_)
        if classes.size == 2:
            chosen = predicted == classes[1]
            metrics["selection rate"] = (chosen, every)
            metrics["true positive rate"] = (chosen, truth == classes[1])
            metrics["false positive rate"] = (chosen, truth == classes[0])
        return metrics
    if not context.is_regressor or np.ndim(truth) != 1:
        raise _NotMeasurableError("no metric of a single row is known for this kind of model.")
    error = np.asarray(predicted, dtype=np.float64) - np.asarray(truth, dtype=np.float64)
    return {
        "mean prediction": (np.asarray(predicted, dtype=np.float64), every),
        "mean absolute error": (np.abs(error), every),
        "mean error": (error, every),
    }


def _group_figure(attribute: str, group: str, metric: str, values: npt.NDArray[Any]) -> GroupFigure:
    n = len(values)
    if n < _MIN_GROUP:
        return GroupFigure(attribute, group, metric, None, None, None, n)
    if values.dtype.kind == "b":
        low, high = _share_interval(int(values.sum()), n)
    else:
        error = float(np.std(values, ddof=1) / np.sqrt(n))
        reach = float(stats.t.ppf(0.975, n - 1)) * error
        low, high = float(np.mean(values)) - reach, float(np.mean(values)) + reach
    return GroupFigure(attribute, group, metric, float(np.mean(values)), low, high, n)


def _share_interval(count: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share; it stays within [0, 1] and is sound for small counts."""
    interval = stats.binomtest(count, n).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def _curves(context: AuditContext) -> tuple[tuple[Curve, ...], int]:
    if context.task == "other":
        raise _NotMeasurableError("no common scale is known for this kind of model.")
    n_rows = min(_MAX_ROWS, len(context.y_test))
    X, y = shuffle(context.X_test, context.y_test, n_samples=n_rows, random_state=context.random_state)
    generator = context.generator("exhibits.curves")
    n_columns = X.shape[1]
    varying = None if sp.issparse(X) else context.continuous_columns

    def blur(scale: float) -> Any:
        return with_noise(X, scale, generator, varying)

    def lose(share: float) -> Any:
        lost = generator.choice(n_columns, max(1, round(share * n_columns)), replace=False)
        return with_columns_fixed(X, sorted(lost.tolist()))

    base = context.quality(y, context.predict(X))
    found = []
    disturbances: tuple[tuple[str, str, tuple[float, ...], Callable[[float], Any]], ...] = (
        ("Noise in the features", "standard deviations", _NOISE, blur),
        ("Features lost", "share of the features", _LOST if n_columns > 1 else (), lose),
    )
    for name, unit, amounts, disturb in disturbances:
        means, spreads = [base], [0.0]
        for amount in amounts:
            drawn = [disturb(amount) for _ in range(_DRAWS)]
            if any(X_disturbed is None for X_disturbed in drawn):
                break  # nothing continuous to disturb
            qualities = [context.quality(y, context.predict(X_disturbed)) for X_disturbed in drawn]
            means.append(float(np.mean(qualities)))
            spreads.append(float(np.std(qualities)))
        if len(means) == len(amounts) + 1 > 1:
            found.append(Curve(name, unit, (0.0, *amounts), tuple(means), tuple(spreads)))
    if not found:
        raise _NotMeasurableError("no feature can be disturbed.")
    return tuple(found), n_rows
