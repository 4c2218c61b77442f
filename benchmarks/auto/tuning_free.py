"""Nothing tuned: how near defaults come to the optimum, over sets, losses, penalties and units of the
columns.

Only `alpha` and the penalty are set. The optimum is the bound that a long run of a solver proves (for
rankings of the logistic regression on all pairs); objectives are computed from the coefficients, in float64.
Seconds are those of the processor.
Results are kept in ``out/auto``: ``python -m benchmarks auto tuning-free [--peers] [SET ...]`` goes on where
it was.
"""

import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise, product
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, SGDClassifier, SGDRegressor
from sklearn.preprocessing import StandardScaler

from benchmarks.auto.kept import Kept, seconds_of
from benchmarks.auto.raw_sets import SHARED, Rows
from benchmarks.auto.synthetic import SYNTHETIC
from benchmarks.datasets import available
from sgdkit import HingeClassifier, LinearRanker, LinearRegressor, LogisticClassifier
from sgdkit.losses import Hinge, Logistic, PairwiseLogistic, Softmax, SquaredError
from sgdkit.solvers.terms import terms_of

ALPHAS = (1e-2, 1e-4, 1e-6)
PENALTIES = ("l2", "l1")
OURS_LIMIT, OTHERS_LIMIT = 60.0, 90.0
ESTIMATORS = {
    "log_loss": LogisticClassifier,
    "hinge": HingeClassifier,
    "squared_error": LinearRegressor,
    "pairwise_logistic": LinearRanker,
}


class _TooSlowError(Exception):
    pass


@contextmanager
def _limit(seconds: float) -> Iterator[None]:
    def stop(number: int, frame: Any) -> None:
        raise _TooSlowError

    # Of the processor: solvers keep to one core, and what else runs on the machine does not count.
    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)


def sets(names: list[str]) -> Iterator[tuple[str, Callable[[], Rows]]]:
    """Yield the sets that are at hand, or those of them that are named."""
    for name, load in (SYNTHETIC | SHARED).items():
        if (name in SYNTHETIC or available(name)) and (not names or name in names):
            yield name, load


def scaled(rows: Rows) -> Rows:
    """Return the rows with columns of unit variance; dense ones are centred too."""
    return rows._replace(X=StandardScaler(with_mean=not sp.issparse(rows.X)).fit_transform(rows.X))


def fit(model: Any, rows: Rows, limit: float) -> dict[str, Any]:
    """Fit in time and return seconds of the processor, and what the model says about itself."""
    extra = {"qid": rows.qid} if rows.qid is not None else {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        started = time.process_time()
        try:
            with _limit(limit):
                model.fit(rows.X, rows.y, **extra)
        except _TooSlowError:
            return {"seconds": limit, "in_time": False, "converged": False, "warned": True}
        seconds = time.process_time() - started
    warned = any(issubclass(w.category, ConvergenceWarning) for w in caught)
    return {
        "seconds": round(seconds, 4),
        "in_time": True,
        "converged": bool(getattr(model, "converged_", not warned)),
        "warned": warned,
    }


def loss_of(label: str, y: np.ndarray) -> Any:
    """Return the loss that an estimator's default is for these targets."""
    if label == "log_loss":
        return Softmax() if len(np.unique(y)) > 2 else Logistic()
    return {"hinge": Hinge, "squared_error": SquaredError, "pairwise_logistic": PairwiseLogistic}[label]()


def objective(model: Any, rows: Rows, label: str, penalty: str, alpha: float) -> float:
    """Return the objective of fitted coefficients, in float64."""
    coef = np.atleast_2d(model.coef_).astype(float)
    n, y = len(rows.y), rows.y.astype(float)
    with np.errstate(over="ignore", invalid="ignore"):
        raw = np.asarray(rows.X @ coef.T) + np.asarray(model.intercept_, float)
        if rows.qid is not None:
            edges = np.r_[0, np.flatnonzero(np.diff(rows.qid)) + 1, n]
            value = float(PairwiseLogistic().evaluate_batch(np, raw, y, np.full(n, 1.0 / n), edges)[0])
        else:
            value = terms_of(loss_of(label, rows.y), y, np.full(n, 1.0 / n), len(coef)).mean(raw)
        strength = 0.5 * float((coef**2).sum()) if penalty == "l2" else float(abs(coef).sum())
    return value + alpha * strength


def _pairs(rows: Rows) -> tuple[Any, np.ndarray]:
    """Return the differences of all pairs of unequal grade, and the weight of each in the objective."""
    assert rows.qid is not None
    edges = np.r_[0, np.flatnonzero(np.diff(rows.qid)) + 1, len(rows.y)]
    X = rows.X.toarray() if sp.issparse(rows.X) else rows.X
    parts, weights = [], []
    for start, stop in pairwise(edges):
        y = rows.y[start:stop]
        i, j = np.nonzero(y[:, None] > y[None, :])
        if len(i):
            parts.append(X[start + i] - X[start + j])
            weights.append(np.full(len(i), (stop - start) / len(rows.y) / len(i)))
    return np.vstack(parts), np.concatenate(weights)


def bound(rows: Rows, label: str, penalty: str, alpha: float) -> dict[str, float]:
    """Return a lower bound of the optimum, and the relative gap of the run that proved it."""
    if rows.qid is not None:
        D, weight = _pairs(rows)
        share = float(weight.sum())
        sign = np.where(np.arange(len(D)) % 2, 1.0, -1.0)
        pairs = Rows("classification", D * sign[:, None], (sign > 0).astype(int))
        model: Any = LogisticClassifier(alpha=alpha / share, penalty=penalty, fit_intercept=False, tol=1e-9)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(pairs.X, pairs.y, sample_weight=weight)
        gap = share * model.optimality_gap_
        value = share * model.history_["objective"].min()
    else:
        for tol in (1e-9, 1e-5):  # what is not proved so far in time may be a little less far
            model = ESTIMATORS[label](alpha=alpha, penalty=penalty, tol=tol)
            if fit(model, rows, OTHERS_LIMIT)["in_time"]:
                break
        else:
            return {"bound": float("nan"), "proved": float("nan")}
        value, gap = objective(model, rows, label, penalty, alpha), model.optimality_gap_
    return {"bound": value - gap, "proved": gap / value}


def peers(label: str, penalty: str, alpha: float, y: np.ndarray) -> Iterator[tuple[str, Any]]:
    """Yield the models of others with the same objective, and Adam at the rate its paper names."""
    adam = {"optimizer": "adam", "learning_rate": 1e-3, "random_state": 0}
    yield "sgdkit, Adam at 1e-3", ESTIMATORS[label](alpha=alpha, penalty=penalty, **adam)
    several = len(np.unique(y)) > 2
    if label == "squared_error":
        yield "SGDRegressor", SGDRegressor(alpha=alpha, penalty=penalty, random_state=0)
    elif label == "hinge" or (label == "log_loss" and not several):
        yield "SGDClassifier", SGDClassifier(label, alpha=alpha, penalty=penalty, random_state=0)
    if label == "log_loss" and penalty == "l2":
        yield "LogisticRegression", LogisticRegression(C=1.0 / (alpha * len(y)))


def _judged(
    model: Any, rows: Rows, cell: tuple[str, str, float], limit: float, best: float
) -> dict[str, Any]:
    found = fit(model, rows, limit)
    gap = float("inf")
    if found["in_time"]:
        value = objective(model, rows, *cell)
        gap = max((value - best) / max(abs(best), 1e-300), 0.0) if np.isfinite(value) else gap
        found |= {"optimizer": getattr(model, "optimizer_", ""), "n_iter": int(np.max(model.n_iter_))}
    return found | {"gap": gap}


def run(names: list[str], with_peers: bool, seconds: float) -> None:
    """Make what is missing of the table."""
    bounds, cells = Kept("bounds", seconds), Kept("tuning-free", seconds)
    for name, load in sets(names):
        raw = load()
        labels = {
            "classification": ("log_loss", "hinge"),
            "regression": ("squared_error",),
            "ranking": ("pairwise_logistic",),
        }[raw.task]
        for units, (label, penalty, alpha) in product(("raw", "scaled"), product(labels, PENALTIES, ALPHAS)):
            cell, key = (label, penalty, alpha), f"{name}|{units}|{label}|{penalty}|{alpha:g}"
            models = [("sgdkit", ESTIMATORS[label](alpha=alpha, penalty=penalty, random_state=0))]
            if with_peers:
                models += peers(*cell, raw.y)
            missing = [(who, model) for who, model in models if f"{key}|{who}" not in cells]
            rows = scaled(raw) if missing and units == "scaled" else raw
            for who, model in missing:
                best = bounds.get(key, partial(bound, rows, *cell))["bound"]
                limit = OURS_LIMIT if who == "sgdkit" else OTHERS_LIMIT
                cells.get(f"{key}|{who}", partial(_judged, model, rows, cell, limit, best))


def report() -> None:
    """Print the table, and every cell of sgdkit's that is not within 1e-3."""
    bounds, groups, missed = Kept("bounds"), dict[tuple[str, str], list[Any]](), []
    for key, value in Kept("tuning-free").items():
        *cell, who = key.split("|")
        _, _, label, penalty, _ = cell
        proof = bounds.get("|".join(cell), dict)
        groups.setdefault((who, f"{label}, {penalty}"), []).append((value, proof))
        if who == "sgdkit":
            groups.setdefault((who, "all"), []).append((value, proof))
            if not value["gap"] <= 1e-3:
                missed.append((key, value, proof))
    print("| estimator | loss, penalty | cells | <= 1e-3 | <= 1e-2 | converged | beyond tol though converged "
          "| silently beyond 1e-2 | seconds |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|")
    for (who, kind), pairs in sorted(groups.items(), key=lambda item: item[0][0] != "sgdkit"):
        values = [value for value, _ in pairs]
        gaps, seconds = np.array([v["gap"] for v in values]), np.array([v["seconds"] for v in values])
        # What is proved of the optimum itself is not exact: allow for it.
        false = sum(v["converged"] and v["gap"] > 1e-4 + max(p["proved"], 0.0) for v, p in pairs)
        silent = sum(v["gap"] > 1e-2 and not v["warned"] for v in values)
        print(
            f"| {who} | {kind} | {len(values)} | {(gaps <= 1e-3).sum()} | {(gaps <= 1e-2).sum()} | "
            f"{sum(v['converged'] for v in values)} | {false} | {silent} | "
            f"{np.median(seconds):.2f}, at most {seconds.max():.1f} |"
        )
    for key, value, proof in missed:
        print(
            f"missed: {key}: gap {value['gap']:.1e}, {value['seconds']} s, {value.get('optimizer')}, "
            f"converged {value['converged']}, warned {value['warned']}, bound proved to {proof['proved']:.0e}"
        )


def main(arguments: list[str]) -> None:
    """Go on with the table, and print it."""
    names = [each for each in arguments if not each.startswith("--")]
    if "--report" not in arguments:
        run(names, "--peers" in arguments, seconds_of(arguments))
    report()


if __name__ == "__main__":
    main(sys.argv[1:])
