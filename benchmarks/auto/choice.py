"""``optimizer="auto"`` against every fixed choice of a solver: seconds to the same proved distance.

Fits take turns, the fastest of three counts, in seconds of the processor; problems below 50 ms are not shown.
What does not converge within twice the seconds of "auto" is left out: it cannot be the best choice.
"""

import time
import warnings
from typing import Any

import numpy as np

from benchmarks.auto.kept import Kept, seconds_of
from benchmarks.auto.raw_sets import SHARED
from benchmarks.auto.synthetic import SYNTHETIC
from benchmarks.auto.tuning_free import ESTIMATORS, fit, scaled
from benchmarks.datasets import available
from sgdkit.plugin.registry import Registry
from sgdkit.solvers import Solver

PROBLEMS = (
    ("adult", "log_loss", "l2", 1e-4),
    ("covtype-20k", "log_loss", "l2", 1e-4),
    ("letter", "log_loss", "l2", 1e-4),
    ("spam-stream", "log_loss", "l2", 1e-3),
    ("w8a", "hinge", "l2", 1e-4),
    ("electricity", "hinge", "l2", 1e-4),
    ("adult", "log_loss", "l1", 1e-4),
    ("a9a", "log_loss", "l1", 1e-3),
    ("sms-spam", "hinge", "l2", 1e-2),
    ("arcene", "log_loss", "l2", 1e-2),
    ("bike-sharing", "squared_error", "l1", 1e-4),
    ("mq2008", "pairwise_logistic", "l2", 1e-4),
)
REPEATS = 3


def measure(name: str, label: str, penalty: str, alpha: float) -> dict[str, float]:
    """Return the seconds of "auto" and of each solver that proves the same."""
    rows = scaled((SHARED | SYNTHETIC)[name]())
    kind = ESTIMATORS[label]
    table = Registry().table("optimizer", plugins=False)
    names = ["auto", *(each for each, part in table.items() if issubclass(part, Solver))]
    seconds: dict[str, float] = {}
    limit = 60.0
    for _ in range(REPEATS):
        for each in list(names):
            model: Any = kind(alpha=alpha, penalty=penalty, optimizer=each, random_state=0)
            started = time.process_time()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    found = fit(model, rows, limit)
                except ValueError:  # it refuses this problem
                    found = {"converged": False}
            if not found["converged"]:
                names.remove(each)
                continue
            seconds[each] = min(seconds.get(each, np.inf), time.process_time() - started)
            if each == "auto":
                limit = max(2.0 * seconds[each], 0.2)
    return seconds


def main(arguments: list[str]) -> None:
    """Go on with the table, and print it."""
    kept = Kept("choice", seconds_of(arguments))
    if "--report" not in arguments:
        for problem in PROBLEMS:
            if available(problem[0]):
                kept.get("|".join(map(str, problem)), lambda p=problem: measure(*p))
    print("| set, loss, penalty, alpha | auto, s | best, s | ratio |")
    print("|---|---|---|---|")
    for key, seconds in kept.items():
        if seconds.get("auto", 0.0) < 0.05:
            continue
        best = min(seconds, key=lambda each: seconds[each] if each != "auto" else np.inf)
        print(
            f"| {', '.join(key.split('|'))} | {seconds['auto']:.2f} | {best} {seconds[best]:.2f} | "
            f"{seconds['auto'] / seconds[best]:.2f} |"
        )
