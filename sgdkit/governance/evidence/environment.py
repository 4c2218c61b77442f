"""Versions and platform of the process."""

import os
import platform
import sys
from collections.abc import Mapping
from functools import lru_cache
from importlib import metadata
from typing import Any

__all__ = ("DISTRIBUTIONS", "describe_environment", "distribution_of")

DISTRIBUTIONS = ("sgdkit", "numpy", "scipy", "scikit-learn", "numba", "pandas", "fairlearn", "joblib")
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


@lru_cache(maxsize=1)
def describe_environment() -> Mapping[str, Any]:
    """Versions, platform and thread settings, read once per process.

    Returns
    -------
    mapping
        ``python``, ``platform``, ``machine``, ``cpu_count``, ``packages`` and ``threads``. Distributions
        that are not installed are left out. No host name, user or path.
    """
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": platform.system(),
        "machine": platform.machine(),
        "byte_order": sys.byteorder,
        "cpu_count": os.cpu_count(),
        "packages": {name: version for name in DISTRIBUTIONS if (version := _version(name))},
        "threads": {name: os.environ[name] for name in _THREAD_VARIABLES if name in os.environ},
    }


@lru_cache(maxsize=1)
def _distributions_by_package() -> Mapping[str, list[str]]:
    return metadata.packages_distributions()


@lru_cache(maxsize=256)
def distribution_of(module: str) -> tuple[str, str]:
    """Name and version of the distribution that a module came from; empty strings when unknown."""
    package = module.partition(".")[0]
    names = [package] if _version(package) else _distributions_by_package().get(package, [])
    return (names[0], _version(names[0])) if names else ("", "")


@lru_cache(maxsize=256)
def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""
