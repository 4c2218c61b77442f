"""The parts a fitted model is made of: class, origin and parameters of each."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sgdkit.governance.evidence.environment import distribution_of

__all__ = ("describe_components", "plain_params")


def describe_components(steps: Sequence[tuple[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Describe each step, and the components that the estimators themselves report.

    Parameters
    ----------
    steps : sequence of (str, object)
        Names and fitted steps in order, the predicting estimator last.

    Returns
    -------
    tuple of dict
        Keys ``kind, name, class, module, distribution, version, params``. An estimator with a fitted
        mapping ``components_`` (loss, optimizer, …) adds one entry per kind.
    """
    found = []
    for position, (name, step) in enumerate(steps):
        if step is None or isinstance(step, str):
            found.append({"kind": "step", "name": name, "class": str(step), "params": {}})
            continue
        kind = "estimator" if position == len(steps) - 1 else "step"
        cls = type(step)
        distribution, version = distribution_of(cls.__module__)
        found.append(
            {
                "kind": kind,
                "name": name,
                "class": cls.__qualname__,
                "module": cls.__module__,
                "distribution": distribution,
                "version": version,
                "params": plain_params(step),
            }
        )
        parts = getattr(step, "components_", None)
        if isinstance(parts, Mapping):  # PCA and its kin use the name for an array
            for part_kind, part in sorted(parts.items()):
                if isinstance(part, Mapping):
                    entry = {str(key): _plain(value) for key, value in part.items() if key != "kind"}
                    found.append({"kind": str(part_kind), **entry})
    return tuple(found)


def plain_params(estimator: Any) -> dict[str, Any]:
    """Parameters of an estimator as plain values, objects by their class name."""
    if not hasattr(estimator, "get_params"):
        return {}
    return {name: _plain(value) for name, value in sorted(estimator.get_params(deep=False).items())}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else str(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        # An array parameter may hold rows; its shape is enough to tell runs apart here.
        return f"array of shape {value.shape}"
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "get_params") and not isinstance(value, type):
        return {"class": type(value).__qualname__, **plain_params(value)}
    return getattr(value, "__qualname__", type(value).__qualname__)
