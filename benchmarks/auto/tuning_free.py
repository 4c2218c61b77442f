"""Nothing tuned: how near defaults come to the optimum, over sets, penalties and units of the columns.

The optimum is the bound that a long run of a solver proves; objectives are computed from the coefficients, in
float64. ``python -m benchmarks auto adult wine`` takes some of the sets.
"""

import time
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, SGDClassifier, SGDRegressor
from sklearn.preprocessing import LabelEncoder, StandardScaler

from benchmarks.datasets import CLASSIFICATION, REGRESSION, available
from sgdkit import HingeClassifier, LinearRegressor, LogisticClassifier
from sgdkit.losses import Hinge, Logistic, Softmax, SquaredError
from sgdkit.solvers.terms import terms_of

ALPHAS = (1e-2, 1e-4, 1e-6)


class Cell(NamedTuple):
    """One fit."""

    seconds: float
    gap: float
    converged: bool
    warned: bool


def synthetic() -> dict[str, tuple[Any, np.ndarray]]:
    """Return problems that are hard in one way each."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((3_000, 20))
    signal = X @ rng.standard_normal(20)
    sparse = sp.random(4_000, 3_000, density=0.005, format="csr", random_state=0)
    noise = 2.0 * rng.standard_normal(3_000)
    return {
        "separable": (X, (signal > 0).astype(int)),
        "rare class": (X, (signal + noise > np.quantile(signal + noise, 0.995)).astype(int)),
        "heavy tails": (rng.standard_t(1.5, (3_000, 20)), (signal + noise > 0).astype(int)),
        "more columns than rows": (rng.standard_normal((200, 2_000)), rng.integers(0, 2, 200)),
        "duplicated columns": (np.hstack([X, X, 1000.0 * X]), (signal + noise > 0).astype(int)),
        "sparse, 3,000 columns": (sparse, (sparse @ rng.standard_normal(3_000) > 0).astype(int)),
    }


def problems(names: list[str]) -> Iterator[tuple[str, Any, np.ndarray, bool]]:
    """Yield a name, rows, targets and whether it is a regression; raw, and with scaled columns."""
    sets: dict[str, Any] = {
        "breast_cancer": lambda: load_breast_cancer(return_X_y=True),
        "wine": lambda: load_wine(return_X_y=True),
        "diabetes": lambda: load_diabetes(return_X_y=True, scaled=False),
    }
    sets |= {name: lambda pair=pair: pair for name, pair in synthetic().items()}
    for name, load in (CLASSIFICATION | REGRESSION).items():
        if available(name):
            sets[name] = lambda load=load: (load().X_train, load().y_train)
    rng = np.random.default_rng(1)
    for name, load in sets.items():
        if names and name not in names:
            continue
        X, y = load()
        X = sp.csr_matrix(X, dtype=np.float64) if sp.issparse(X) else np.asarray(X, np.float64)
        regression = name in REGRESSION or name == "diabetes"
        y = y.astype(float) / y.std() if regression else LabelEncoder().fit_transform(y)
        scaler = StandardScaler(with_mean=not sp.issparse(X))
        yield f"{name}, scaled", scaler.fit_transform(X), y, regression
        units = 10.0 ** rng.uniform(-3, 3, X.shape[1])
        yield f"{name}, raw", X @ sp.diags(units) if sp.issparse(X) else X * units + units, y, regression


def fit(model: Any, X: Any, y: np.ndarray) -> tuple[float, bool]:
    """Return the seconds of a fit, and whether it warned."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        started = time.perf_counter()
        model.fit(X, y)
        return time.perf_counter() - started, any(issubclass(w.category, ConvergenceWarning) for w in caught)


def objective(model: Any, X: Any, y: np.ndarray, loss: Any, alpha: float) -> float:
    """Return the objective of fitted coefficients."""
    coef = np.atleast_2d(model.coef_).astype(float)
    terms = terms_of(loss, y.astype(float), np.full(len(y), 1.0 / len(y)), len(coef))
    with np.errstate(over="ignore", invalid="ignore"):
        return terms.mean(np.asarray(X @ coef.T) + model.intercept_) + 0.5 * alpha * float((coef**2).sum())


def models(y: np.ndarray, regression: bool, alpha: float) -> Iterator[tuple[str, Any, Any, Any]]:
    """Yield a label, a loss, our estimator, and scikit-learn's, for one kind of problem."""
    C = 1.0 / (alpha * len(y))
    if regression:
        yield "squared_error", SquaredError(), LinearRegressor(alpha=alpha), [SGDRegressor(alpha=alpha)]
        return
    several = len(np.unique(y)) > 2
    theirs = [LogisticRegression(C=C)]
    if not several:
        theirs.append(SGDClassifier("log_loss", alpha=alpha))
    yield "log_loss", Softmax() if several else Logistic(), LogisticClassifier(alpha=alpha), theirs
    if not several:
        yield "hinge", Hinge(), HingeClassifier(alpha=alpha), [SGDClassifier("hinge", alpha=alpha)]


def main(names: list[str] | None = None) -> None:
    """Print one line a fit, then the table."""
    table: dict[str, list[Cell]] = {}
    for name, X, y, regression in problems(names or []):
        for alpha in ALPHAS:
            for label, loss, ours, theirs in models(y, regression, alpha):
                exact = type(ours)(alpha=alpha, tol=1e-9)
                fit(exact, X, y)
                best = objective(exact, X, y, loss, alpha) - exact.optimality_gap_
                for model in (ours, *theirs):
                    model.random_state = 0
                    seconds, warned = fit(model, X, y)
                    value = objective(model, X, y, loss, alpha)
                    gap = (value - best) / max(abs(best), 1e-300) if np.isfinite(value) else np.inf
                    cell = Cell(seconds, max(gap, 0.0), getattr(model, "converged_", not warned), warned)
                    kind = "sgdkit" if model is ours else type(model).__name__
                    table.setdefault(f"{kind}, {label}", []).append(cell)
                    print(
                        f"{name:32s} {alpha:7g} {kind:18s} {label:13s} gap {gap:8.1e}  {seconds:7.2f} s  "
                        f"{'converged' if cell.converged else 'not converged'}"
                        f"{f'  {model.optimizer_}, {model.n_iter_}' if model is ours else ''}",
                        flush=True,
                    )
    print("\n| estimator, loss | fits | gap <= 1e-2 | <= 1e-4 | converged | silently beyond 1e-2 | seconds |")
    print("|---|---|---|---|---|---|---|")
    for kind, cells in table.items():
        gaps, seconds = np.array([c.gap for c in cells]), np.array([c.seconds for c in cells])
        silent = sum(c.gap > 1e-2 and not c.warned for c in cells)
        print(
            f"| {kind} | {len(cells)} | {(gaps <= 1e-2).sum()} | {(gaps <= 1e-4).sum()} | "
            f"{sum(c.converged for c in cells)} | {silent} | "
            f"{np.median(seconds):.2f}, at most {seconds.max():.1f} |"
        )


if __name__ == "__main__":
    main()
