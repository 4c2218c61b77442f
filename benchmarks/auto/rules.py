"""Every update rule with the automatic rate against the same rule at its best constant rate.

Epochs to a relative gap of 1e-2, at most 30, on at most 6,000 rows of the shared sets, raw and scaled, with
``alpha=1e-4``. Both sides move in the same implicitly centred and scaled variables, keep the average beside
the iterate, and the better of the two counts. The grid is 13 constant multiples of the automatic rate, a
factor of sqrt(10) apart. The constants of the automatic rate were chosen on `TUNING`, which shares no set
with the table.
"""

import sys
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine

from benchmarks.auto.kept import Kept, seconds_of
from benchmarks.auto.one_hot import ONE_HOT
from benchmarks.auto.raw_sets import SHARED, Rows
from benchmarks.auto.synthetic import SYNTHETIC
from benchmarks.auto.tuning_free import objective, scaled
from benchmarks.datasets import available
from sgdkit import LinearRegressor, LogisticClassifier
from sgdkit.engine.averaging import averaged_state
from sgdkit.optimizers import UpdateRule
from sgdkit.plugin.registry import Registry
from sgdkit.schedules import Schedule

ALPHA, GOAL, EPOCHS, ROWS = 1e-4, 1e-2, 30, 6_000
FACTORS = 10.0 ** np.linspace(-3, 3, 13)
TABLE = (
    "adult", "a9a", "w8a", "german-credit", "compas", "electricity", "agaricus", "sms-spam",
    "covtype-20k", "california-housing", "bike-sharing",
)  # fmt: skip


def _two_classes(rows: Rows) -> Rows:
    """Return the largest class against the rest."""
    if rows.task != "classification" or rows.y.max() == 1:
        return rows
    return rows._replace(y=(rows.y == np.bincount(rows.y).argmax()).astype(int))


def _of_scikit_learn(load: Callable[..., Any], regression: bool = False) -> Callable[[], Rows]:
    def rows() -> Rows:
        X, y = load(return_X_y=True)
        return Rows("regression" if regression else "classification", X, y / y.std() if regression else y)

    return rows


TUNING: dict[str, Callable[[], Rows]] = {
    "breast_cancer": _of_scikit_learn(load_breast_cancer),
    "diabetes": _of_scikit_learn(load_diabetes, True),
    "digits": _of_scikit_learn(load_digits),
    "wine": _of_scikit_learn(load_wine),
} | {
    name: SYNTHETIC[name]
    for name in (
        "ill-scaled", "ill-scaled, regression", "heavy tails", "rare class", "duplicated columns",
        "sparse, Zipf",
    )
} | ONE_HOT  # fmt: skip


class Times(Schedule):
    """A constant multiple of the automatic rate, which nothing lowers."""

    name = "times"

    def __init__(self, factor: float = 1.0):
        self.factor = factor

    def shape(self, epoch: int, max_iter: int) -> float:
        return self.factor


class _Watch:
    """Notes when the last weights and their average reach the goal."""

    def __init__(self, rows: Rows, label: str, target: float):
        self._rows, self._label, self.target = rows, label, target
        self.reached = float("inf")
        self.values: list[tuple[float, float]] = []

    def __call__(
        self, model: Any, attributes: Callable[[Any], dict[str, Any]], state: Any, epoch: int
    ) -> bool:
        values = []
        for each in (state, averaged_state(state)):
            model.__dict__.update(attributes(each))
            values.append(objective(model, self._rows, self._label, "l2", ALPHA))
        self.values.append((values[0], values[1]))
        if min(values) <= self.target:
            self.reached = epoch + 1  # those that were taken back count
        return min(values) <= self.target


class _WatchedClassifier(LogisticClassifier):
    def _observer(self, rows: Any, attributes: Any, context: Any) -> Any:
        return lambda state, epoch: self._watch(self, attributes, state, epoch)


class _WatchedRegressor(LinearRegressor):
    def _observer(self, rows: Any, attributes: Any, context: Any) -> Any:
        return lambda state, epoch: self._watch(self, attributes, state, epoch)


@cache
def problem(name: str, units: str) -> tuple[Rows, str, float]:
    """Return the rows, the name of the loss and the optimum."""
    rows = _two_classes((SHARED | SYNTHETIC | TUNING)[name]())
    keep = np.sort(np.random.default_rng(0).permutation(len(rows.y))[:ROWS])
    rows = rows._replace(X=rows.X[keep], y=rows.y[keep])
    rows = scaled(rows) if units == "scaled" else rows
    regression = rows.task == "regression"
    model: Any = (LinearRegressor if regression else LogisticClassifier)(alpha=ALPHA, tol=1e-8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(rows.X, rows.y)
    label = "squared_error" if regression else "log_loss"
    return rows, label, objective(model, rows, label, "l2", ALPHA)


def run(name: str, units: str, rule: Any, rate: Any = "auto", epochs: int = EPOCHS, seed: int = 0) -> _Watch:
    """Train until the goal is reached, and return what was seen."""
    rows, label, optimum = problem(name, units)
    kind = _WatchedRegressor if rows.task == "regression" else _WatchedClassifier
    model = kind(
        alpha=ALPHA, optimizer=rule, learning_rate=rate, average="polynomial", tol=None, max_iter=epochs,
        random_state=seed,
    )  # fmt: skip
    watch = _Watch(rows, label, optimum * (1.0 + GOAL))
    model._watch = watch
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(rows.X, rows.y)
    return watch


def best_of_grid(name: str, units: str, rule: Any) -> tuple[float, float]:
    """Return the fewest epochs of the grid's rates, and the factor of that rate."""
    found, best = (float("inf"), float("nan")), EPOCHS
    for factor in sorted(FACTORS, key=lambda each: abs(np.log(each))):
        reached = run(name, units, rule, Times(float(factor)), best).reached
        if reached < found[0]:
            found, best = (reached, float(factor)), int(reached)
    return found


def rules() -> dict[str, type[UpdateRule]]:
    """Return the built-in update rules."""
    table = Registry().table("optimizer", plugins=False)
    return {name: kind for name, kind in table.items() if issubclass(kind, UpdateRule)}


def cells(names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield sets, raw and scaled, that are at hand."""
    for name in names:
        if name in TUNING or name in SYNTHETIC or available(name):
            for units in ("raw", "scaled"):
                yield name, units


def make(sets: tuple[str, ...], chosen: list[str], kept: Kept) -> None:
    """Make what is missing of the table."""
    for name, units in cells(sets):
        for rule, kind in rules().items():
            if not chosen or rule in chosen:
                kept.get(
                    f"{rule}|{name}|{units}|auto", lambda n=name, u=units, k=kind: run(n, u, k()).reached
                )
                kept.get(
                    f"{rule}|{name}|{units}|grid", lambda n=name, u=units, k=kind: best_of_grid(n, u, k())
                )


def report(kept: Kept) -> None:
    """Print one line a rule."""
    found = dict(kept.items())
    columns = "rule", "cells", "grid reaches it", "median ratio", "90 %", "within 4 x"
    print(f"| {' | '.join(columns)} | only the grid reaches it | neither does |")
    print("|---|---|---|---|---|---|---|---|")
    for rule in rules():
        ratios, missed, never, total = [], [], [], 0
        for key, auto in found.items():
            if not key.startswith(f"{rule}|") or not key.endswith("|auto"):
                continue
            grid = found.get(key.replace("|auto", "|grid"), [float("nan")])[0]
            where = " ".join(key.split("|")[1:3])
            total += 1
            if np.isfinite(grid):
                ratios.append(auto / grid)
                if not np.isfinite(auto):
                    missed.append(where)
            elif not np.isfinite(auto):
                never.append(where)
        if ratios:
            print(
                f"| {rule} | {total} | {len(ratios)} | {np.median(ratios):.2f} | "
                f"{np.quantile(ratios, 0.9, method='higher'):.2f} | {np.mean(np.array(ratios) <= 4.0):.0%} | "
                f"{', '.join(missed) or '-'} | {', '.join(never) or '-'} |"
            )


def main(arguments: list[str]) -> None:
    """Go on with the table, and print it; arguments are names of rules, ``--tuning`` takes the other sets."""
    tuning = "--tuning" in arguments
    kept = Kept("rules-tuning" if tuning else "rules", seconds_of(arguments))
    if "--report" not in arguments:
        make(tuple(TUNING) if tuning else TABLE, [a for a in arguments if not a.startswith("--")], kept)
    report(kept)


if __name__ == "__main__":
    main(sys.argv[1:])
