"""Unfitted copies of a model, for experiments that its owner should not notice."""

from typing import Any

from sklearn.base import clone

__all__ = ("quiet_clone",)


def quiet_clone(model: Any) -> Any:
    """Clone a model without its callbacks.

    scikit-learn's ``clone`` shares callbacks with the original, so a refit would overwrite a recorded
    trace or move a progress bar.
    """
    copy = clone(model)
    for part in (copy, *copy.get_params(deep=True).values()):
        if hasattr(part, "set_callbacks") and not isinstance(part, type):
            part.set_callbacks()
    return copy
