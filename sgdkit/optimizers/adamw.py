"""AdamW: Adam with decoupled weight decay."""

from sgdkit.optimizers.adam import Adam

__all__ = ("AdamW",)


class AdamW(Adam):
    r"""Adam whose weight decay is on unless it is switched off.

    .. math::
        w \leftarrow (1 - \eta \lambda) w - \eta\, \frac{m/(1-\beta_1^t)}{\sqrt{v/(1-\beta_2^t)} + \epsilon}

    with the running means of `Adam`.

    Parameters
    ----------
    beta1, beta2 : float, default=0.9, 0.999
        Decay of the two running means, in [0, 1).
    eps : float, default=1e-8
        Added to the root, in units of a gradient.
    weight_decay : float, default=0.01
        Decay :math:`\lambda`, in [0, inf), per unit of rate. Every rule has it, with default 0.

    Notes
    -----
    The decay adds to the estimator's `penalty`; for AdamW as published, train with
    ``penalty=None``. On sparse rows with weight decay, every batch moves every coordinate.

    References
    ----------
    Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019,
    algorithm 2, with the decay multiplied by the rate as in ``torch.optim.AdamW``.

    Examples
    --------
    >>> from sgdkit.optimizers import AdamW
    >>> AdamW().get_params()
    {'beta1': 0.9, 'beta2': 0.999, 'eps': 1e-08, 'weight_decay': 0.01}
    """

    name = "adamw"

    def __init__(
        self, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8, weight_decay: float = 0.01
    ):
        super().__init__(beta1, beta2, eps)
        self.weight_decay = weight_decay
