"""Seconds an epoch, everything inside ``fit`` included, against a bare sum and SGDClassifier.

An epoch is a sixth of the difference between a fit of seven epochs and one of one. All figures of
a block come from interleaved runs.
"""

import warnings
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import SGDClassifier

from benchmarks.timing import interleaved_medians
from sgdkit import LogisticClassifier

EXTRA = 6


def dense_problem(dtype: type) -> tuple[np.ndarray, np.ndarray]:
    """Return 500,000 x 50 normal numbers and the side of a plane."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((500_000, 50), dtype=np.float32).astype(dtype)
    return X, (X @ rng.standard_normal(50) > 0).astype(np.int64)


def sparse_problem(dtype: type) -> tuple[Any, np.ndarray]:
    """Return CSR 200,000 x 50,000 with about 60 non-zeros a row, Zipf-distributed columns."""
    rng = np.random.default_rng(0)
    n, d, draws = 200_000, 50_000, 75
    share = 1.0 / np.arange(1, d + 1)
    columns = rng.choice(d, size=n * draws, p=share / share.sum())
    columns = rng.permutation(d)[columns]
    values = np.abs(rng.standard_normal(n * draws)) + 0.1
    X = sp.csr_matrix((values, columns, np.arange(0, n * draws + 1, draws)), shape=(n, d))
    X.sum_duplicates()
    X = X.astype(dtype)
    return X, (X @ rng.standard_normal(d) > 0).astype(np.int64)


def _ours(X: Any, y: np.ndarray, **settings: Any) -> Any:
    def fit(epochs: int) -> object:
        return LogisticClassifier(max_iter=epochs, tol=None, random_state=0, **settings).fit(X, y)

    return fit


def _theirs(X: Any, y: np.ndarray, **settings: Any) -> Any:
    def fit(epochs: int) -> object:
        model = SGDClassifier(
            loss="log_loss",
            max_iter=epochs,
            tol=None,
            random_state=0,
            learning_rate="constant",
            eta0=0.01,
            **settings,
        )
        return model.fit(X, y)

    return fit


def _measure(fits: dict[str, Any], others: dict[str, Any], repeats: int) -> dict[str, float]:
    tasks = dict(others)
    for name, fit in fits.items():
        tasks[f"{name}|one"] = lambda fit=fit: fit(1)
        tasks[f"{name}|more"] = lambda fit=fit: fit(1 + EXTRA)
    medians = interleaved_medians(tasks, repeats)
    epochs = {name: (medians[f"{name}|more"] - medians[f"{name}|one"]) / EXTRA for name in fits}
    return epochs | {name: medians[name] for name in others}


def main(repeats: int = 7) -> None:
    """Print the tables."""
    warnings.simplefilter("ignore")
    print("Dense 500,000 x 50, batches of 256, logistic loss, Adagrad: one epoch")
    for dtype in (np.float32, np.float64):
        X, y = dense_problem(dtype)
        figures = _measure(
            {"sgdkit": _ours(X, y, batch_size=256, alpha=1e-4), "SGDClassifier": _theirs(X, y, alpha=1e-4)},
            {"X.sum()": X.sum},
            repeats,
        )
        ours, total, theirs = figures["sgdkit"], figures["X.sum()"], figures["SGDClassifier"]
        print(
            f"  {np.dtype(dtype).name}: sgdkit {1e3 * ours:.1f} ms, X.sum() {1e3 * total:.1f} ms "
            f"(ratio {ours / total:.2f}), "
            f"SGDClassifier {1e3 * theirs:.1f} ms ({theirs / ours:.1f} times sgdkit's)"
        )
    print("CSR 200,000 x 50,000, Zipf columns: one epoch, nanoseconds a non-zero")
    for dtype in (np.float32, np.float64):
        X, y = sparse_problem(dtype)
        fits = {
            "SGDClassifier l2": _theirs(X, y, alpha=1e-4),
            "SGDClassifier no penalty": _theirs(X, y, penalty=None),
            "sgd, batch 1, l2": _ours(X, y, optimizer="sgd", batch_size=1, learning_rate=0.01, alpha=1e-4),
            "sgd, batch 1, no penalty": _ours(
                X, y, optimizer="sgd", batch_size=1, learning_rate=0.01, penalty=None
            ),
            "adagrad, batch 64, l2": _ours(X, y, batch_size=64, learning_rate=0.01, alpha=1e-4),
            "adagrad, batch 64, no penalty": _ours(X, y, batch_size=64, learning_rate=0.01, penalty=None),
        }
        figures = _measure(fits, {}, max(3, repeats // 2))
        for name, seconds in figures.items():
            peer = figures["SGDClassifier l2" if "l2" in name else "SGDClassifier no penalty"]
            print(
                f"  {np.dtype(dtype).name} {name}: {1e9 * seconds / X.nnz:.1f} ns "
                f"({peer / seconds:.2f} times as fast as SGDClassifier), "
                f"{X.nnz / X.shape[0]:.0f} non-zeros a row"
            )


if __name__ == "__main__":
    main()
