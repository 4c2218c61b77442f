"""Test scores of the defaults against the converged scikit-learn model of the same objective."""

import time
import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge

from benchmarks.datasets import CLASSIFICATION, REGRESSION, available
from sgdkit import LinearRegressor, LogisticClassifier

ALPHAS = (1e-3, 1e-5)


def main() -> None:
    """Print one line a data set and alpha; accuracy for classes, R² for regression."""
    warnings.simplefilter("ignore")
    print("data set              alpha   sgdkit  converged  difference  iterations  seconds (ours, theirs)")
    for name, load in (CLASSIFICATION | REGRESSION).items():
        if not available(name):
            print(f"{name}: skipped, the data set is not in the data folder")
            continue
        split = load()
        n = len(split.y_train)
        for alpha in ALPHAS:
            regression = name in REGRESSION
            ours = (LinearRegressor if regression else LogisticClassifier)(alpha=alpha, random_state=0)
            exact = (
                Ridge(alpha=alpha * n)
                if regression
                else LogisticRegression(C=1 / (alpha * n), max_iter=3000, tol=1e-6)
            )
            started = time.perf_counter()
            ours.fit(split.X_train, split.y_train)
            middle = time.perf_counter()
            exact.fit(split.X_train.astype(np.float64), split.y_train)
            ended = time.perf_counter()
            scores = [model.score(split.X_test, split.y_test) for model in (ours, exact)]
            print(
                f"{name:20s} {alpha:7g}  {scores[0]:.4f}     {scores[1]:.4f}     "
                f"{scores[0] - scores[1]:+.4f}  "
                f"{ours.n_iter_:6d}  {middle - started:.2f}, {ended - middle:.2f}"
            )


if __name__ == "__main__":
    main()
