"""Plain stochastic gradient descent."""

from sgdkit.optimizers.base import UpdateRule

__all__ = ("SGD",)


class SGD(UpdateRule):
    r"""Stochastic gradient descent.

    .. math:: w \leftarrow w - \eta\, g

    References
    ----------
    Robbins and Monro, "A stochastic approximation method", 1951, eq. (6).

    Examples
    --------
    >>> from sgdkit.optimizers import SGD
    >>> SGD.update(1.0, 0.5, (), (), 0.1, 1.0)
    (0.95, ())
    """

    name = "sgd"
    sparse = "exact"
    step = "linear"
    auto_rate = 0.5

    @staticmethod
    def update(w, g, slots, hyper, lr, t):  # noqa: D102
        return w - lr * g, slots

    @staticmethod
    def step_size(slots, hyper, lr, t):  # noqa: D102
        return lr
