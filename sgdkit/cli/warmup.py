"""``sgdkit warmup``: compile the kernels ahead, so that no first fit waits for them."""

import sys
import time
import warnings
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any

import numpy as np
import scipy.sparse as sp
import typer

from sgdkit.exceptions import ConvergenceWarning
from sgdkit.plugin.registry import default_registry

__all__ = ("Dtype", "compilations", "warmup")


class Dtype(StrEnum):
    """Precision of the training rows."""

    FLOAT32 = "float32"
    FLOAT64 = "float64"


def compilations(dtypes: list[Dtype], optimizers: list[str]) -> Iterator[tuple[str, Any, Any]]:
    """Yield what to fit, so that everything is compiled: a label, an estimator, its training rows.

    Parameters
    ----------
    dtypes : list of Dtype
        Precisions.
    optimizers : list of str
        Names of update rules.
    """
    from sgdkit.estimators.hinge import HingeClassifier
    from sgdkit.estimators.linear import LinearRegressor
    from sgdkit.estimators.logistic import LogisticClassifier
    from sgdkit.estimators.ranking import LinearRanker

    dense = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [2.0, 1.0]])
    for dtype in dtypes:
        X = dense.astype(dtype.value)
        yield f"{dtype.value} dense rows", LinearRegressor(optimizer="adagrad", max_iter=1), X
        yield f"{dtype.value} sparse rows", LinearRegressor(optimizer="adagrad", max_iter=1), sp.csr_matrix(X)
        for kind in (LogisticClassifier, HingeClassifier, LinearRanker):
            yield f"{dtype.value} {kind.__name__}", kind(optimizer="adagrad", max_iter=1), X
        several = LogisticClassifier(optimizer="adagrad", max_iter=1)
        yield f"{dtype.value} LogisticClassifier, several classes", several, X
        for name in optimizers:
            yield f"{dtype.value} {name}", LinearRegressor(optimizer=name, max_iter=1), X


def warmup(
    dtype: Annotated[
        list[Dtype] | None, typer.Option(help="Precision to compile for; can be repeated. Default: both.")
    ] = None,
    optimizer: Annotated[
        list[str] | None,
        typer.Option(help="Optimizer to compile; can be repeated. Default: all, plugins included."),
    ] = None,
) -> None:
    """Compile the kernels for dense and sparse rows and keep them on disk."""
    from sgdkit.kernels.cache import cache_directory

    registry = default_registry()
    names = list(optimizer or registry.table("optimizer"))
    for name in names:
        registry.get("optimizer", name)
    began = time.perf_counter()
    show = sys.stderr.isatty()
    several = np.array([0, 1, 2, 0])
    for label, estimator, X in compilations(list(dtype or Dtype), names):
        if show:
            print(f"\r\033[K{label} …", end="", file=sys.stderr, flush=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            estimator.fit(X, several if label.endswith("classes") else several % 2)
    if show:
        print("\r\033[K", end="", file=sys.stderr)
    folder = cache_directory()
    where = "nowhere: no cache folder can be written" if folder is None else str(folder)
    typer.echo(f"Kernels are ready after {time.perf_counter() - began:.1f} s. Kept in: {where}")
