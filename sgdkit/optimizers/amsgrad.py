"""AMSGrad: Adam whose steps never grow back."""

import numpy as np

from sgdkit.optimizers.adam import Adam, moving_steps

__all__ = ("AMSGrad",)


class AMSGrad(Adam):
    r"""Adam with the largest mean square so far in the denominator.

    .. math::
        m \leftarrow \beta_1 m + (1-\beta_1) g, \quad
        v \leftarrow \beta_2 v + (1-\beta_2) g^2, \quad
        \hat v \leftarrow \max(\hat v, v), \quad
        w \leftarrow w - \eta\, \frac{m/(1-\beta_1^t)}{\sqrt{\hat v/(1-\beta_2^t)} + \epsilon}

    Parameters
    ----------
    beta1, beta2 : float, default=0.9, 0.999
        Decay of the two running means, in [0, 1).
    eps : float, default=1e-8
        Added to the root, in units of a gradient.

    References
    ----------
    Reddi, Kale and Kumar, "On the convergence of Adam and beyond", ICLR 2018,
    algorithm 2, with Adam's bias correction as in ``torch.optim.Adam(amsgrad=True)``.

    Examples
    --------
    >>> from sgdkit.optimizers import AMSGrad
    >>> w, _ = AMSGrad.update(0.0, 1.0, (0.0, 0.0, 0.004), (0.9, 0.999, 0.0), 0.1, 1.0)
    >>> round(float(w), 12)
    -0.05
    """

    name = "amsgrad"
    slots = ("mean", "mean_square", "largest_mean_square")

    @staticmethod
    def update(w, g, slots, hyper, lr, t):  # noqa: D102
        mean, square, largest = slots
        beta1, beta2, eps = hyper
        mean = beta1 * mean + (1.0 - beta1) * g
        square = beta2 * square + (1.0 - beta2) * g * g
        largest = np.maximum(largest, square)
        root = np.sqrt(largest / (1.0 - beta2**t)) + eps
        return w - lr * (mean / (1.0 - beta1**t)) / root, (mean, square, largest)

    @staticmethod
    def step_size(slots, hyper, lr, t):  # noqa: D102
        return lr / (np.sqrt(slots[2] / (1.0 - hyper[1] ** t)) + hyper[2])

    @staticmethod
    def catch_up(w, slots, hyper, lr, t, k):  # noqa: D102
        mean, square, largest = slots
        beta1, beta2, eps = hyper
        moving = moving_steps(beta1, k)
        for _ in range(moving):
            t = t + 1.0
            mean = beta1 * mean
            root = np.sqrt(largest / (1.0 - beta2**t)) + eps
            w = w - lr * (mean / (1.0 - beta1**t)) / root
        return w, (mean * beta1 ** (k - moving), square * beta2**k, largest)
