"""Nesterov momentum."""

from sgdkit.optimizers.momentum import Momentum

__all__ = ("Nesterov",)


class Nesterov(Momentum):
    r"""Nesterov momentum, in the form that needs the gradient at the present weight only.

    .. math:: v \leftarrow \beta v + g, \qquad w \leftarrow w - \eta\,(g + \beta v)

    Parameters
    ----------
    beta : float, default=0.9
        Share of the velocity kept from step to step, in [0, 1).

    Notes
    -----
    `w` is the point that Nesterov's method looks ahead to, as in
    ``torch.optim.SGD(nesterov=True)``. A constant gradient moves it by ``lr / (1 - beta)`` a step.

    References
    ----------
    Nesterov, "A method of solving a convex programming problem with convergence rate O(1/k²)", 1983;
    Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013, eqs. (3)
    and (4), of which this follows the look-ahead point.

    Examples
    --------
    >>> from sgdkit.optimizers import Nesterov
    >>> w, velocity = Nesterov.update(1.0, 0.5, (1.0,), (0.5,), 0.1, 1.0)
    >>> float(w), velocity
    (0.9, (1.0,))
    """

    name = "nesterov"

    @staticmethod
    def update(w, g, slots, hyper, lr, t):  # noqa: D102
        (velocity,) = slots
        (beta,) = hyper
        velocity = beta * velocity + g
        return w - lr * (g + beta * velocity), (velocity,)

    @staticmethod
    def catch_up(w, slots, hyper, lr, t, k):  # noqa: D102
        (velocity,) = slots
        (beta,) = hyper
        kept = beta**k
        return w - lr * velocity * beta * beta * (1.0 - kept) / (1.0 - beta), (velocity * kept,)
