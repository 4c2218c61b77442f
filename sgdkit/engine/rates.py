"""A learning rate from the data: one factor for each feature, from column scales, row norms and steepness.

Adagrad and its relatives move every coordinate by about the rate, whatever the gradient's size,
so the rate of a coordinate has to be in the units of its weight: the target's scale over the
column's. With many active features in a row the moves add up in the prediction, so the rate
falls with the norm of a (scaled) row.
"""

from typing import Any

import numpy as np
import scipy.sparse as sp

from sgdkit.engine.steepness import column_spreads, column_square_sums, steepness
from sgdkit.losses.base import Loss
from sgdkit.optimizers.base import UpdateRule

__all__ = (
    "automatic_rates",
    "batches_root",
    "column_centers",
    "column_scales",
    "constant_loss",
    "mean_square_slope",
    "row_norms",
    "sampled_rows",
    "typical_curvature",
)

SAMPLE_ROWS = 16_384
# Free rules start far below their unit: it is so many times the step of a normalised rule.
FREE_UNIT = 100.0


def sampled_rows(n: int) -> np.ndarray:
    """Return at most `SAMPLE_ROWS` of n rows, in evenly spaced stretches."""
    if n <= SAMPLE_ROWS:
        return np.arange(n)
    stretch = 256
    starts = np.linspace(0, n - stretch, SAMPLE_ROWS // stretch, dtype=np.int64)
    return (starts[:, None] + np.arange(stretch)).ravel()


def _sample(X: Any, weight: np.ndarray | None) -> tuple[Any, np.ndarray]:
    """Return at most `SAMPLE_ROWS` rows, in evenly spaced stretches, and their weights."""
    n = X.shape[0]
    if n <= SAMPLE_ROWS:
        return X, np.ones(n) if weight is None else weight
    rows = sampled_rows(n)
    return X[rows], np.ones(len(rows)) if weight is None else weight[rows]


def _column_scale(X: Any, weight: np.ndarray, center: np.ndarray | None) -> np.ndarray:
    """Return the root mean square of each (centred) column over its non-zeros; 1 for an empty column.

    Over the non-zeros, because a rare feature is as large as a common one when it is there. Of a sparse
    column that is centred, zeros count too.
    """
    if sp.issparse(X):
        square = column_square_sums(X, weight, center)
        present = np.bincount(X.indices, np.repeat(weight, np.diff(X.indptr)) * (X.data != 0), X.shape[1])
        if center is not None:
            present = np.where(center != 0.0, weight.sum(), present)
    else:
        here = X != 0.0
        present = weight @ here
        deviation = X - (0.0 if center is None else center)
        deviation *= here
        square = weight @ np.square(deviation, out=deviation)
    filled = square > 0.0
    scale = np.sqrt(square / np.where(filled, present, 1.0))
    if not filled.all():
        scale[~filled] = np.median(scale[filled]) if filled.any() else 1.0
    return scale


def _row_square_norms(X: Any, scale: np.ndarray, center: np.ndarray | None) -> np.ndarray:
    if sp.issparse(X):
        scaled = X.data / scale[X.indices]
        away = np.zeros(X.shape[1]) if center is None else center / scale
        # (x - a)² - a² of what is there; every row has the a² of all columns.
        sums = np.concatenate([[0.0], np.cumsum(scaled * (scaled - 2.0 * away[X.indices]))])
        return sums[X.indptr[1:]] - sums[X.indptr[:-1]] + away @ away
    scaled = np.array(X, dtype=np.float64) if center is None else X - center
    scaled /= scale
    return np.square(scaled, out=scaled).sum(axis=1)


def column_scales(X: Any, weight: np.ndarray | None, center: np.ndarray | None) -> np.ndarray:
    """Return the root mean square of each column over its non-zeros, from the sampled rows.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_rows, n_features)
        Rows on the host.
    weight : ndarray of shape (n_rows,) or None
        Row weights.
    center : ndarray of shape (n_features,) or None
        What is subtracted from the rows.

    Returns
    -------
    ndarray of shape (n_features,)
        Positive.
    """
    rows, row_weight = _sample(X, weight)
    rows = rows if sp.issparse(rows) else np.asarray(rows, dtype=np.float64)
    return _column_scale(rows, row_weight, center)


def row_norms(
    X: Any, weight: np.ndarray | None, fit_intercept: bool, center: np.ndarray | None
) -> np.ndarray:
    """Return the norm of each row, in units of the columns' scales, the intercept's 1 included.

    Arguments are those of `column_scales`; all rows are measured, some thousand at a time.

    Returns
    -------
    ndarray of shape (n_rows,)
    """
    scale, n = column_scales(X, weight, center), X.shape[0]
    starts = range(0, n, SAMPLE_ROWS)
    squares = [_row_square_norms(X[start : start + SAMPLE_ROWS], scale, center) for start in starts]
    return np.sqrt(float(fit_intercept) + np.concatenate(squares))


def column_centers(X: Any, weight: np.ndarray | None) -> np.ndarray | None:
    """Return what to subtract from each column, from the sampled rows; None where that is nothing.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_rows, n_features)
        Rows on the host.
    weight : ndarray of shape (n_rows,) or None
        Row weights.

    Returns
    -------
    ndarray of shape (n_features,) or None
        The weighted mean of a dense column. Of a sparse one, the mean if it is larger than the spread around
        it, otherwise 0.

    Notes
    -----
    In a column that is non-zero in a share `p` of the rows, the squared mean is at most ``p / (1 - p)``
    times the variance (Cauchy-Schwarz). So the sparse columns that are centred are non-zero in more than
    half of the rows, and centring them costs at most twice their non-zeros.
    """
    rows, row_weight = _sample(X, weight)
    if sp.issparse(rows):
        total = row_weight.sum()
        mean = np.asarray(row_weight @ rows.astype(np.float64)).ravel() / total
        variance = column_square_sums(rows, row_weight, mean) / total
        center = np.where(mean * mean > variance, mean, 0.0)
        return center if center.any() else None
    rows = np.asarray(rows, dtype=np.float64)  # not two copies at once
    return row_weight @ rows / row_weight.sum()


def batches_root(n: int, batch_size: int) -> float:
    """Return the root of the batches in an epoch, at least 1."""
    return float(max(1.0, n / batch_size) ** 0.5)


def automatic_rates(
    X: Any,
    weight: np.ndarray | None,
    loss: Loss,
    rule: UpdateRule,
    target_scale: float | np.ndarray,
    fit_intercept: bool,
    center: np.ndarray | None = None,
    curvature: np.ndarray | None = None,
    l2: float = 0.0,
    batch_size: int = 1,
) -> np.ndarray:
    """Return the learning rate of each feature and of the intercept.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_rows, n_features)
        Training rows on the host; at most 16,384 of them are looked at.
    weight : ndarray of shape (n_rows,) or None
        Row weights.
    loss, rule : Loss, UpdateRule
        Parts of the model.
    target_scale : float or ndarray of shape (n_outputs,)
        Size of a typical raw prediction, in the units of the target.
    fit_intercept : bool
        Whether the intercept counts in a row's norm.
    center : ndarray of shape (n_features,) or None, default=None
        What is subtracted from the rows in training.
    curvature : ndarray of shape (n_outputs,) or None, default=None
        Second derivative that stands in where the loss has no bound on it; None means 1.
    l2 : float, default=0.0
        Strength of the l2 penalty, which linear rules look at.
    batch_size : int, default=1
        Rows in a batch, likewise.

    Returns
    -------
    ndarray of shape (n_features + 1,) or (n_features + 1, n_outputs)
        Positive rates; the second where a curvature or scale of each output counts.

    Notes
    -----
    With column scale s_j (root mean square over non-zeros) and N_i = 1 + sum_j (x_ij / s_j)² for
    row i, both of centred values, normalised rules get
    ``auto_rate * target_scale / (s_j sqrt(mean N_i))``. Free rules get a hundred times that: `auto_rate` in
    units that many times as large, so that they start at a small share. Relative rules get
    ``auto_rate / s_j``. Linear rules get ``auto_rate / (s_j² L)`` divided by the rule's own gain on a
    constant gradient, with s_j² the column's mean square as batches meet it (see `column_spreads`) plus the
    penalty's share, and L the largest second derivative of the objective in the variables ``w_j s_j`` (see
    `steepness`), plus the mean squared norm of a row there over the batch size, since few rows are steeper
    than all.
    """
    rows, row_weight = _sample(X, weight)
    rows = rows if sp.issparse(rows) else np.asarray(rows, dtype=np.float64)
    if rule.step == "linear":
        free = float(fit_intercept)
        rates = _linear_rates(rows, row_weight, loss, rule, free, center, curvature, l2, batch_size)
        # Such a rule's steps shrink like 1 / sqrt(t): by half in an epoch from where they start.
        return rates * batches_root(X.shape[0], batch_size) if rule.stiffness else rates
    scale = _column_scale(rows, row_weight, center)
    norms = float(fit_intercept) + _row_square_norms(rows, scale, center)
    scale = np.append(scale, 1.0)
    if rule.step == "relative":
        return rule.auto_rate / scale
    typical = max(float(row_weight @ norms / row_weight.sum()), 1e-12)
    unit = FREE_UNIT if rule.step == "free" else 1.0
    return np.multiply.outer(unit * rule.auto_rate / (scale * np.sqrt(typical)), target_scale)


def _linear_rates(
    rows: Any,
    weight: np.ndarray,
    loss: Loss,
    rule: UpdateRule,
    free: float,
    center: np.ndarray | None,
    curvature: np.ndarray | None,
    l2: float,
    batch_size: int,
) -> np.ndarray:
    weight = weight / weight.sum()
    bend: Any = loss.curvature
    if not np.isfinite(bend):
        bend = 1.0 if curvature is None else curvature
    spread = column_spreads(rows, weight, center, batch_size)
    typical = float(np.mean(bend))
    scale = np.sqrt(spread**2 + l2 / typical)
    scale = np.where(scale > 0.0, scale, np.median(scale[scale > 0.0]) if scale.any() else 1.0)
    steepest = steepness(rows, weight, center, scale, free, l2 / typical)
    # A batch is a sample: along its own rows it is steeper than all rows are.
    steepest += float(weight @ (_row_square_norms(rows, scale, center) + free)) / batch_size
    step_size = rule.function("step_size")
    gain = 1.0
    if step_size is not None:
        gain = float(step_size((0.0,) * len(rule.slots), rule.hyper_values(), 1.0, 1.0))
    rates = rule.auto_rate / (np.append(scale, 1.0) ** 2 * steepest * gain)
    return rates / bend if np.ndim(bend) == 0 else np.multiply.outer(rates, 1.0 / bend)


def _at_constant(loss: Loss, raw: Any, y: np.ndarray, weight: np.ndarray) -> tuple[Any, Any]:
    """Return the sum of weight times loss of a constant raw prediction, and its derivative for each row."""
    same = np.repeat(np.asarray(raw, dtype=np.float64)[None, :], len(y), axis=0)
    return loss.evaluate_batch(np, same, y, weight, np.zeros(1, np.int64))


def typical_curvature(
    loss: Loss, start: np.ndarray, target_scale: Any, y: np.ndarray, weight: np.ndarray | None
) -> np.ndarray:
    """Return a second derivative that serves for a loss without a bound on it.

    Parameters
    ----------
    loss : Loss
        A loss without groups.
    start : ndarray of shape (n_outputs,)
        Its best constant.
    target_scale : float or ndarray of shape (n_outputs,)
        Size of a typical raw prediction.
    y : ndarray of shape (n_rows,) or (n_rows, n_targets)
        Encoded targets, of which at most 16,384 are looked at.
    weight : ndarray of shape (n_rows,) or None
        Row weights.

    Returns
    -------
    ndarray of shape (n_outputs,)
        Change of the mean derivative between one scale below and one above the constant, over one
        scale: a corner counts as if it were that wide.
    """
    rows, row_weight = _sample(y, weight)
    ends = []
    for raw in (start - target_scale, start + target_scale):
        _, slope = _at_constant(loss, raw, rows, row_weight / len(rows))
        ends.append(slope.sum(axis=0))
    change = (ends[1] - ends[0]) / target_scale
    return np.where(change > 0.0, change, 1.0)


def mean_square_slope(loss: Loss, start: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """Return the mean squared derivative of the loss at a constant raw prediction.

    Parameters
    ----------
    loss : Loss
        A loss without groups.
    start : ndarray of shape (n_outputs,)
        The raw prediction.
    y : ndarray of shape (n_rows,)
        Encoded targets, of which at most 16,384 are looked at.
    weight : ndarray of shape (n_rows,) or None
        Row weights.

    Returns
    -------
    ndarray of shape (n_outputs,)
    """
    rows, row_weight = _sample(y, weight)
    _, slope = _at_constant(loss, start, rows, np.ones(len(rows)))
    return row_weight @ np.square(slope) / row_weight.sum()


def constant_loss(loss: Loss, start: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> float:
    """Return the mean of weight times loss of a constant raw prediction; arguments as above."""
    rows, row_weight = _sample(y, weight)
    total, _ = _at_constant(loss, start, rows, row_weight / len(rows))
    return float(total)
