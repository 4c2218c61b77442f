"""Seconds to import, to the first fit and to the second, each in new processes."""

import os
import statistics
import subprocess
import sys
import tempfile

SCRIPT = """
import time
import sklearn.base, sklearn.utils.validation, sklearn.model_selection, numpy
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler
X, y = load_breast_cancer(return_X_y=True)
X = StandardScaler().fit_transform(X)
started = time.perf_counter()
import sgdkit
imported = time.perf_counter()
from sgdkit import LogisticClassifier
LogisticClassifier(random_state=0).fit(X, y)
first = time.perf_counter()
LogisticClassifier(random_state=0).fit(X, y)
second = time.perf_counter()
print(imported - started, first - imported, second - first)
"""


def _run(folder: str) -> tuple[float, ...]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=os.environ | {"SGDKIT_CACHE_DIR": folder},
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(map(float, done.stdout.split()))


def main(repeats: int = 7) -> None:
    """Print the medians."""
    cold = []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            cold.append(_run(folder))
    with tempfile.TemporaryDirectory() as folder:
        _run(folder)
        warm = [_run(folder) for _ in range(repeats)]
    print("569 x 30, logistic regression, new process (seconds; median)")
    for name, runs in (("cold kernel cache", cold), ("warm kernel cache", warm)):
        imported, first, second = (statistics.median(column) for column in zip(*runs, strict=True))
        print(f"  {name}: import sgdkit {imported:.3f}, first fit {first:.3f}, second fit {second:.4f}")


if __name__ == "__main__":
    main()
