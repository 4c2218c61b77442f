"""What losses of positive means share: the prediction is the exponential of ``Xw + b``."""

from typing import Any

import numpy as np

from sgdkit.losses.base import PointwiseLoss

__all__ = ("LogLinkDeviance",)

LEAST_MEAN = 1e-30


class LogLinkDeviance(PointwiseLoss):
    """Half a deviance with the logarithm as link; the best constant is the logarithm of the mean."""

    tasks = frozenset({"regression"})
    curvature = float("inf")  # it grows with the mean
    deviance = True

    @staticmethod
    def inverse_link(raw: Any) -> Any:
        """Return the mean, ``exp(raw)``."""
        return np.exp(raw)

    def target_scale(self, y: Any, weight: Any) -> Any:
        """Return 0.1: careful, because overshooting costs exponentially.

        A first step too far makes gradients so large that rules which sum their squares stand still.
        """
        return 0.1

    def best_constant(self, y: Any, weight: Any, n_outputs: int) -> Any:  # noqa: D102
        mean = np.maximum(np.average(y, axis=0, weights=weight), LEAST_MEAN)  # all counts may be zero
        return np.broadcast_to(np.log(mean), n_outputs).copy()
