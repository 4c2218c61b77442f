"""What a whole fit by a solver takes beside the rows and their targets."""

import tracemalloc

import numpy as np
import pytest

from sgdkit import HingeClassifier, LinearRegressor, LogisticClassifier
from sgdkit.solvers.rows import CHUNK

RANDOM = np.random.default_rng(0)
N, D = 200_000, 20
# Whatever the number of rows: a chunk in float64, the same by its curvatures, and what a loss forms there.
FIXED = 8 * CHUNK * (2 * D + 12)
ROWS = RANDOM.normal(size=(N, D))
RAW = ROWS @ RANDOM.normal(size=D) / 4 + RANDOM.normal(size=N)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("estimator", "y", "most"),
    [
        (LogisticClassifier(), (RAW > 0).astype(np.int64), 33),
        (HingeClassifier("squared_hinge"), (RAW > 0).astype(np.int64), 33),
        (LinearRegressor(), RAW, 24),
        (LogisticClassifier(optimizer="lbfgs"), (RAW > 0).astype(np.int64), 40),
    ],
    ids=["log_loss", "squared_hinge", "squared_error", "lbfgs"],
)
def test_a_fit_takes_few_numbers_a_row(estimator, y, most, dtype):
    X = ROWS.astype(dtype)
    estimator.fit(X[:1000], y[:1000])  # imports and caches come first
    tracemalloc.start()
    estimator.fit(X, y)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert estimator.optimizer_ in ("newton", "lbfgs") and estimator.converged_
    assert (peak - FIXED) / N <= most


def test_softmax_takes_four_numbers_a_row_and_output():
    k = 8
    y = np.digitize(RAW, np.linspace(-1.5, 1.5, k - 1))
    estimator = LogisticClassifier(tol=1e-2).fit(ROWS[:5000], y[:5000])
    tracemalloc.start()
    estimator.fit(ROWS, y)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert estimator.optimizer_ == "newton"
    assert peak / N <= 8 * (5 * k + 1) + 8
