"""Unfitted copies of a model, for experiments that its owner should not notice."""

from typing import Any

from sklearn.base import clone

__all__ = ("quiet_clone",)


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
