"""Versions and platform of the process."""

import os
import platform
import sys
from collections.abc import Mapping
from functools import lru_cache
from importlib import metadata
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

__all__ = ("DISTRIBUTIONS", "describe_environment", "distribution_of", "distribution_version")

DISTRIBUTIONS = (
    "sgdkit",
    "numpy",
    "scipy",
    "scikit-learn",
    "numba",
    "llvmlite",
    "pandas",
    "fairlearn",
    "joblib",
)
# Looking a package up among all that is installed takes a third of a second.
_PACKAGES: Mapping[str, str] = {"sklearn": "scikit-learn"}
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


@lru_cache(maxsize=1)
def describe_environment() -> Mapping[str, Any]:
    """Versions, platform and thread settings, read once per process.

    Returns
    -------
    mapping
        ``python``, ``platform``, ``machine``, ``cpu_count``, ``cpu_features`` (the vector instructions
        that numpy found), ``packages``, ``libraries`` (BLAS and OpenMP: version, kernel and threads) and
        ``threads``. Distributions that are not installed are left out. No host name, user or path.
    """
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": platform.system(),
        "machine": platform.machine(),
        "byte_order": sys.byteorder,
        "cpu_count": os.cpu_count(),
        "cpu_features": _cpu_features(),
        "packages": {name: version for name in DISTRIBUTIONS if (version := distribution_version(name))},
        "threads": {name: os.environ[name] for name in _THREAD_VARIABLES if name in os.environ},
        "libraries": _libraries(),
    }


def _cpu_features() -> list[str]:
    found: Mapping[str, Any] = np.show_config(mode="dicts").get("SIMD Extensions", {})
    return sorted({*found.get("baseline", ()), *found.get("found", ())})


def _libraries() -> list[dict[str, Any]]:
    """Numeric libraries of the process; one that is loaded twice is listed once."""
    kept = ("internal_api", "version", "architecture", "num_threads")
    found = {tuple(library.get(name) for name in kept) for library in threadpool_info()}
    return [dict(zip(kept, values, strict=True)) for values in sorted(found, key=str)]


@lru_cache(maxsize=1)
def _distributions_by_package() -> Mapping[str, list[str]]:
    return metadata.packages_distributions()


@lru_cache(maxsize=256)
def distribution_of(module: str) -> tuple[str, str]:
    """Name and version of the distribution that a module came from; empty strings when unknown."""
    package = module.partition(".")[0]
    package = _PACKAGES.get(package, package)
    names = [package] if distribution_version(package) else _distributions_by_package().get(package, [])
    return (names[0], distribution_version(names[0])) if names else ("", "")


@lru_cache(maxsize=256)
def distribution_version(distribution: str) -> str:
    """Version of an installed distribution; an empty string when there is none."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""
