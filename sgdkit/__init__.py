"""sgdkit: gradient-descent linear models for scikit-learn.

Importing this package imports neither Numba nor CuPy nor Matplotlib; names are resolved on first
use.
"""

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "Checkpoint": "sgdkit.engine.checkpoint",
    "HingeClassifier": "sgdkit.estimators.hinge",
    "LinearRanker": "sgdkit.estimators.ranking",
    "LinearRegressor": "sgdkit.estimators.linear",
    "LogisticClassifier": "sgdkit.estimators.logistic",
    "GovernanceReport": "sgdkit.governance",
    "audit": "sgdkit.governance",
    "governance_scoring": "sgdkit.governance",
    "minimize": "sgdkit.minimization",
    "scipy_method": "sgdkit.minimization",
}

__all__ = (
    "Checkpoint",
    "GovernanceReport",
    "HingeClassifier",
    "LinearRanker",
    "LinearRegressor",
    "LogisticClassifier",
    "__version__",
    "audit",
    "governance_scoring",
    "minimize",
    "scipy_method",
)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'sgdkit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
