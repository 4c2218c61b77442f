"""A rate that falls when the objective stands still."""

from typing import Any

from sgdkit.schedules.base import Schedule

__all__ = ("ReduceOnPlateau",)


class ReduceOnPlateau(Schedule):
    """A rate that falls whenever training brings nothing any more.

    The rate is multiplied by `factor` when `patience` epochs in a row have not improved the best
    figure by `threshold`. The figure is what decides when to stop: the validation score with
    ``early_stopping=True``, the objective otherwise. Without early stopping the defaults do what
    ``learning_rate="auto"`` does. The warm-up does not count.

    Parameters
    ----------
    rate0 : float or "auto", default="auto"
        Rate at the beginning, positive; ``"auto"`` is the automatic rate of each feature.
    factor : float, default=0.5
        What the rate is multiplied by, in [1e-6, 1).
    patience : int, default=5
        Epochs without progress before it is, at least 1. With `n_iter_no_change` at or below it,
        training stops before the rate ever falls.
    threshold : float, default=0.0001
        Smallest improvement that counts, zero or positive: as a share of the best objective, or in
        the units of the validation score.
    floor : float, default=0.0
        Share of `rate0` below which the rate does not fall, in [0, 1). An automatic rate may start
        at up to eight times itself (`UpdateRule.anneals`); the share is of the rate itself.
    warmup : int, default=0
        Epochs of linear rise before, zero or positive, below `max_iter`.

    Notes
    -----
    What was seen and how far the rate has fallen is in the training state, so ``partial_fit`` and
    pickled models go on where they were. In ``partial_fit`` each call is an epoch and its objective
    is the figure; where calls bring different rows, give a patience of many calls.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sgdkit import LinearRegressor
    >>> from sgdkit.schedules import ReduceOnPlateau
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = LinearRegressor(learning_rate=ReduceOnPlateau(factor=0.1), random_state=0).fit(X, y)
    >>> rates = model.history_["learning_rate"]
    >>> bool(rates[-1] < 0.2 * rates[0])
    True
    """

    name = "reduce_on_plateau"
    hyper = ("factor", "patience", "threshold", "floor")
    ranges = {
        "factor": (1e-6, 1.0),
        "patience": (1.0, float("inf")),
        "threshold": (0.0, float("inf")),
        "floor": (0.0, 1.0),
    }
    whole = ("patience",)

    def __init__(
        self,
        rate0: Any = "auto",
        factor: float = 0.5,
        patience: int = 5,
        threshold: float = 0.0001,
        floor: float = 0.0,
        *,
        warmup: int = 0,
    ):
        self.rate0 = rate0
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.floor = floor
        self.warmup = warmup

    def shape(self, epoch: int, max_iter: int) -> float:  # noqa: D102
        return 1.0
