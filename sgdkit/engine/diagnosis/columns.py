"""The data: columns of very different size, or that nearly follow from each other."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from sgdkit.engine.diagnosis.finding import Finding
from sgdkit.engine.diagnosis.run import Run

__all__ = ("Columns", "badly_scaled_columns", "ill_conditioned", "look_at_columns")

MOST_ROWS, MOST_COLUMNS = 1024, 64
SCALE_RATIO = 1e3
CONDITION = 1e4


@dataclass(frozen=True)
class Columns:
    """Facts about evenly spaced columns on evenly spaced rows.

    Attributes
    ----------
    smallest, largest : (int, float)
        Index and standard deviation of the columns that vary least and most, constant ones aside.
    correlation : ndarray of shape (n_columns, n_columns)
        Correlations of those that vary.
    """

    smallest: tuple[int, float]
    largest: tuple[int, float]
    correlation: np.ndarray


def look_at_columns(X: Any) -> Columns | None:
    """Return the facts for at most 1,024 rows and 64 columns of an array or CSR matrix in main memory.

    None where fewer than two columns vary, or there are fewer than three rows a column.
    """
    n, d = X.shape
    rows = np.linspace(0, n - 1, min(n, MOST_ROWS)).astype(np.intp)
    places = np.linspace(0, d - 1, min(d, MOST_COLUMNS)).astype(np.intp)
    if n <= MOST_ROWS and d <= MOST_COLUMNS:
        sample = X
    else:
        sample = X[rows][:, places]
    sample = np.asarray(sample.toarray() if sp.issparse(sample) else sample, dtype=np.float64)
    centred = sample - sample.mean(axis=0)
    spread = np.sqrt(np.einsum("ij,ij->j", centred, centred) / len(sample))
    varies = spread > 1e-12 * np.abs(sample).max(axis=0)
    if varies.sum() < 2 or len(sample) < 3 * varies.sum():
        return None
    scaled = centred[:, varies] / spread[varies]
    places, spread = places[varies], spread[varies]
    low, high = int(spread.argmin()), int(spread.argmax())
    return Columns(
        (int(places[low]), float(spread[low])),
        (int(places[high]), float(spread[high])),
        scaled.T @ scaled / len(sample),
    )


def badly_scaled_columns(run: Run) -> Finding | None:
    """Columns of very different size, which one rate for all cannot serve."""
    if run.columns is None:
        return None
    (small, low), (large, high) = run.columns.smallest, run.columns.largest
    if high < SCALE_RATIO * low:
        return None
    return Finding(
        "badly_scaled_columns",
        "info" if run.automatic else "warning",
        f"Column {large} has a standard deviation of {high:.3g}, column {small} one of {low:.3g}, "
        f"{high / low:.2g} times less.",
        "The automatic rate makes up for it; the penalty still weighs small columns more."
        if run.automatic
        else "Put a StandardScaler before the model, or use learning_rate='auto'.",
    )


def ill_conditioned(run: Run) -> Finding | None:
    """Columns that nearly follow from each other, even when scaled."""
    if run.columns is None:
        return None
    spectrum = np.linalg.eigvalsh(run.columns.correlation)
    condition = float(spectrum[-1] / max(spectrum[0], 1e-16 * spectrum[-1]))
    if condition < CONDITION:
        return None
    return Finding(
        "ill_conditioned",
        "info" if run.automatic and run.converged else "warning",
        f"The correlation matrix of {len(spectrum)} scaled columns has condition {condition:.2g}: gradient "
        "descent needs about as many steps for what the columns share.",
        "Drop or combine columns that follow from others, raise alpha, or use a whole-problem solver where "
        "the coefficients themselves matter.",
    )
