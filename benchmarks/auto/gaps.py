"""Reported against true distances to the optimum: never below, and for smooth losses not far above.

The truth is the objective of the coefficients, in float64 on the rows as they were given, less the bound that
a run to ``tol=1e-10`` in float64 on the same rows proves. What is below rounding (eps of the precision times
the objective without features) does not count.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.auto.kept import Kept, seconds_of
from benchmarks.auto.raw_sets import SHARED, Rows
from benchmarks.auto.rules import TUNING
from benchmarks.auto.synthetic import SYNTHETIC
from benchmarks.auto.tuning_free import ALPHAS, fit, scaled
from benchmarks.datasets import available
from sgdkit import HingeClassifier, LinearRegressor, LogisticClassifier
from sgdkit.losses import Hinge, Logistic, Softmax, SquaredError, SquaredHinge
from sgdkit.solvers.terms import terms_of

SETS = (
    "breast_cancer", "diabetes", "wine", "ill-scaled", "ill-scaled, regression", "heavy tails",
    "heavy tails, regression", "rare class", "rare class of three", "separable", "n << p", "sparse",
    "german-credit", "compas", "agaricus", "california-housing", "bike-sharing", "electricity",
    "arcene", "adult", "a9a", "sms-spam", "covtype-20k", "w8a", "letter",
)  # fmt: skip
TOL = 1e-4
# Seconds of the processor for each of the two fits; where one takes longer nothing is known.
LIMIT = 20.0


def _cases(rows: Rows) -> dict[str, tuple[Callable[..., Any], Any]]:
    if rows.task == "regression":
        return {"squared_error": (LinearRegressor, SquaredError())}
    several = len(np.unique(rows.y)) > 2
    return {
        "log_loss": (LogisticClassifier, Softmax() if several else Logistic()),
        "squared_hinge": (lambda **given: HingeClassifier("squared_hinge", **given), SquaredHinge()),
        "hinge": (HingeClassifier, Hinge()),
    }


def compare(rows: Rows, estimator: Callable[..., Any], loss: Any, alpha: float) -> dict[str, Any]:
    """Return the true and the reported gap, the objective, and the objective without features."""
    n, y = len(rows.y), rows.y.astype(float)
    X = rows.X.astype(np.float64)

    def objective(model: Any) -> float:
        coef = np.atleast_2d(model.coef_).astype(float)
        raw = np.asarray(X @ coef.T) + np.asarray(model.intercept_, float)
        value = terms_of(loss, y, np.full(n, 1.0 / n), len(coef)).mean(raw)
        return float(value + 0.5 * alpha * (coef**2).sum())

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model, exact = estimator(alpha=alpha, tol=TOL), estimator(alpha=alpha, tol=1e-10)
        for each, given in ((model, rows), (exact, rows._replace(X=X))):
            if not fit(each, given, LIMIT)["in_time"]:
                return {"unknown": True}
    value = objective(model)
    return {
        "true": value - (objective(exact) - exact.optimality_gap_),
        "slack": float(exact.optimality_gap_),
        "said": float(model.optimality_gap_),
        "objective": value,
        "null": float(model.history_["objective"][0]),
        "converged": bool(model.converged_),
    }


def main(arguments: list[str]) -> None:
    """Go on with the table, and print it."""
    kept = Kept("gaps", seconds_of(arguments))
    loads = SHARED | SYNTHETIC | TUNING
    for name in SETS:
        if "--report" in arguments or (name in SHARED and not available(name)):
            continue
        raw = loads[name]()
        for units, rows in (("raw", raw), ("scaled", scaled(raw))):
            for dtype in ("float64", "float32"):
                given = rows._replace(X=rows.X.astype(dtype))
                for label, (estimator, loss) in _cases(rows).items():
                    for alpha in ALPHAS:
                        kept.get(
                            f"{name}|{units}|{dtype}|{label}|{alpha:g}",
                            lambda r=given, e=estimator, o=loss, a=alpha: compare(r, e, o, a),
                        )
    print("| loss | precision | fits | converged | reported below the truth | median reported / truth | "
          "at most 10 x |")  # fmt: skip
    print("|---|---|---|---|---|---|---|")
    groups: dict[tuple[str, str], list[Any]] = {}
    for key, value in kept.items():
        if "unknown" in value:
            print("not in time:", key)
            continue
        groups.setdefault((key.split("|")[3], key.split("|")[2]), []).append(value)
    for (label, dtype), values in sorted(groups.items()):
        eps = float(np.finfo(dtype).eps)
        below = sum(v["said"] < v["true"] - v["slack"] - eps * max(v["null"], v["objective"]) for v in values)
        done = [v for v in values if v["converged"]]
        ratios = np.array([v["said"] / max(v["true"], TOL / 100 * v["objective"]) for v in done])
        print(
            f"| {label} | {dtype} | {len(values)} | {len(done)} | {below} | {np.median(ratios):.2f} | "
            f"{np.mean(ratios <= 10):.0%} |"
        )


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
