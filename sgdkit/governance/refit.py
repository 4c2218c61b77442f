"""Unfitted copies of a model, for experiments that its owner should not notice."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import clone

from sgdkit.governance.report import untraced
from sgdkit.governance.tabular import take_rows

__all__ = ("quiet_clone", "silent_fit", "take_params")


def quiet_clone(model: Any) -> Any:
    """Clone a model without its callbacks and its checkpoints.

    scikit-learn's ``clone`` shares callbacks with the original, so a refit would overwrite a recorded
    trace or move a progress bar. Likewise it would replace the checkpoint of the run that is audited.
    """
    copy = clone(model)
    for part in (copy, *copy.get_params(deep=True).values()):
        if isinstance(part, type):
            continue
        if hasattr(part, "set_callbacks"):
            part.set_callbacks()
        if hasattr(part, "checkpoint") and hasattr(part, "resume_from"):
            part.set_params(checkpoint=None, resume_from=None)
    return copy


def silent_fit(model: Any, X: Any, y: Any, fit_params: Mapping[str, Any]) -> Any:
    """Fit a model of an experiment; the audited fit has given its warnings and its lineage already."""
    with warnings.catch_warnings(), untraced():
        warnings.simplefilter("ignore")
        return model.fit(X, y, **fit_params)


def take_params(fit_params: Mapping[str, Any], rows: np.ndarray, n_rows: int) -> dict[str, Any]:
    """What ``fit`` was given beside X and y, for some of the rows: what has one entry per row is cut."""
    return {
        name: take_rows(value if hasattr(value, "shape") else np.asarray(value), rows)
        if np.ndim(value) and len(value) == n_rows
        else value
        for name, value in fit_params.items()
    }
