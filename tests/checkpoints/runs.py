"""Runs to be killed; as a program: starts each of them twice and kills it at a random moment."""

import os
import random
import signal
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from sklearn.utils import check_random_state

from sgdkit import Checkpoint, HingeClassifier, LinearRanker, LinearRegressor, LogisticClassifier

KINDS = {kind.__name__: kind for kind in (HingeClassifier, LinearRanker, LinearRegressor, LogisticClassifier)}
RUNS = {
    "averaged": ("LogisticClassifier", "sparse", {"optimizer": "adagrad", "average": True}),
    "stopped early": ("LinearRegressor", "dense", {"optimizer": "adam", "early_stopping": True, "tol": 0.0}),
    "drawn": ("HingeClassifier", "sparse", {"optimizer": "ftrl", "sampling": "balanced", "penalty": "l1"}),
    "of three classes": ("LogisticClassifier", "three", {"optimizer": "amsgrad", "learning_rate": "cosine"}),
    "of queries": ("LinearRanker", "dense", {"optimizer": "adagrad", "early_stopping": True, "tol": 0.0}),
    "on plateaus": (
        "LinearRegressor",
        "sparse",
        {"optimizer": "momentum", "learning_rate": "reduce_on_plateau"},
    ),
    "with reductions": ("LogisticClassifier", "dense", {"optimizer": "prodigy", "weight_decay": 0.1}),
    "schedule-free": ("LogisticClassifier", "sparse", {"optimizer": "sgd", "average": "schedule_free"}),
    "within bounds": ("LinearRegressor", "dense", {"optimizer": "dual_averaging", "positive": True}),
    "in single precision": ("HingeClassifier", "single", {"optimizer": "radam", "grad_tol": 1e-9}),
}
MOST = 80


def data(layout, kind):
    """Rows, targets and what else ``fit`` takes."""
    generator = np.random.default_rng(5)
    X = generator.normal(size=(300, 6)) * (generator.random((300, 6)) < 0.5)
    raw = X @ generator.normal(size=6) + generator.normal(size=300)
    X = {"sparse": sp.csr_matrix, "single": np.float32}.get(layout, np.asarray)(X)
    if kind == "LinearRegressor":
        return X, raw, {}
    if kind == "LinearRanker":
        return X, np.digitize(raw, [-0.5, 0.5]), {"qid": np.arange(300) // 10}
    return X, np.digitize(raw, [-0.5, 0.5] if layout == "three" else [0.0]), {}


def trained(name, **kept):
    """The model of a run."""
    kind, layout, settings = RUNS[name]
    settings = dict(settings)
    if "weight_decay" in settings:
        settings["optimizer__weight_decay"] = settings.pop("weight_decay")
    if kind == "HingeClassifier":
        settings["loss"] = "squared_hinge"
    X, y, more = data(layout, kind)
    model = KINDS[kind]().set_params(max_iter=MOST, tol=None).set_params(**settings, **kept)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(X, y, **more)


def _killed(name, path):
    """Start the run, or go on with it, in a process of its own, which is then killed."""
    resumed = path if path.exists() else None
    before = path.stat().st_mtime_ns if resumed else 0
    child = os.fork()
    if child == 0:
        random_state = check_random_state(7)
        trained(name, random_state=random_state, checkpoint=Checkpoint(path), resume_from=resumed)
        os._exit(0)
    while not path.exists() or path.stat().st_mtime_ns == before:
        time.sleep(1e-4)
        if os.waitpid(child, os.WNOHANG) != (0, 0):
            return
    time.sleep(random.uniform(0.0, 0.05))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


if __name__ == "__main__":
    for run in RUNS:
        trained(run, random_state=0, max_iter=2)  # compiled code is loaded once, not in every process
        for _ in range(2):
            _killed(run, Path(sys.argv[1]) / run)
