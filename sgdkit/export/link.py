"""From raw predictions to predictions: what an export has to repeat."""

from typing import Any

import numpy as np

from sgdkit.exceptions import UnsupportedCombinationError
from sgdkit.losses.base import PointwiseLoss
from sgdkit.losses.log_link import LogLinkDeviance

__all__ = ("link_of",)

_RAW = np.array([[-1.5], [0.0], [0.7]])


def link_of(model: Any) -> str:
    """Return "identity" or "log" for a regressor; anything without a loss of its own is "identity".

    Raises
    ------
    UnsupportedCombinationError
        For a loss with another link, and for several quantiles, which `predict` sorts.
    """
    loss = getattr(model, "loss_", None)
    if not isinstance(loss, PointwiseLoss) or hasattr(model, "classes_"):
        return "identity"
    several = np.arange(np.size(model.intercept_), 0.0, -1.0)[None, :]
    if not np.array_equal(loss.rearrange(np, several), several):
        raise UnsupportedCombinationError(
            f"{type(model).__name__} predicts several quantiles and sorts them, which the exported form "
            "cannot. Export one model for each quantile."
        )
    if isinstance(loss, LogLinkDeviance):
        return "log"
    if np.array_equal(type(loss).inverse_link(_RAW), _RAW):
        return "identity"
    raise UnsupportedCombinationError(
        f"The loss {loss.name!r} has an inverse link that the exported form does not know. Export a model "
        "whose predictions are its raw ones, or their exponential."
    )
