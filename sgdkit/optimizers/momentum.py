"""Heavy-ball momentum."""

from sgdkit.optimizers.base import UpdateRule

__all__ = ("Momentum",)


class Momentum(UpdateRule):
    r"""Heavy-ball momentum.

    .. math:: v \leftarrow \beta v + g, \qquad w \leftarrow w - \eta v

    Parameters
    ----------
    beta : float, default=0.9
        Share of the velocity kept from step to step, in [0, 1).

    Notes
    -----
    The gradient enters `v` with weight 1, not 1 - `beta`: a constant gradient moves the weight by
    ``lr / (1 - beta)`` a step, so the rate means the same as in ``torch.optim.SGD``.

    References
    ----------
    Polyak, "Some methods of speeding up the convergence of iteration methods", 1964, eq. (9).

    Examples
    --------
    >>> from sgdkit.optimizers import Momentum
    >>> Momentum.update(1.0, 0.5, (1.0,), (0.5,), 0.1, 1.0)
    (0.9, (1.0,))
    """

    name = "momentum"
    slots = ("velocity",)
    hyper = ("beta",)
    ranges = {"beta": (0.0, 1.0)}
    sparse = "catch_up"
    step = "linear"
    auto_rate = 0.5

    def __init__(self, beta: float = 0.9):
        self.beta = beta

    @staticmethod
    def update(w, g, slots, hyper, lr, t):  # noqa: D102
        (velocity,) = slots
        (beta,) = hyper
        velocity = beta * velocity + g
        return w - lr * velocity, (velocity,)

    @staticmethod
    def step_size(slots, hyper, lr, t):  # noqa: D102
        (beta,) = hyper
        return lr / (1.0 - beta)

    @staticmethod
    def catch_up(w, slots, hyper, lr, t, k):  # noqa: D102
        (velocity,) = slots
        (beta,) = hyper
        kept = beta**k
        return w - lr * velocity * beta * (1.0 - kept) / (1.0 - beta), (velocity * kept,)
