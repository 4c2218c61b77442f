"""Penalties on the coefficients: none, l2, l1 and the elastic net, as two strengths."""

from typing import NamedTuple

import numpy as np

from sgdkit.exceptions import InvalidParameterError

__all__ = ("PENALTIES", "Penalty", "resolve_penalty")

PENALTIES = ("l2", "l1", "elasticnet", None)


class Penalty(NamedTuple):
    r"""Two strengths, of :math:`\lambda_1 \lVert w \rVert_1 + \tfrac{\lambda_2}{2} \lVert w \rVert_2^2`.

    Attributes
    ----------
    l1, l2 : float
        The two strengths, zero or positive; the unit is that of the mean loss.
    """

    l1: float
    l2: float

    def value(self, coef: np.ndarray) -> float:
        """Return the penalty of `coef`, an array of any shape without the intercept."""
        coef = np.asarray(coef, dtype=np.float64).ravel()
        l1_norm = np.abs(coef).sum() if self.l1 else 0.0
        return float(self.l1 * l1_norm + 0.5 * self.l2 * (coef @ coef))


def resolve_penalty(penalty: str | None, alpha: float, l1_ratio: float) -> Penalty:
    """Return the strengths for the estimator's parameters.

    Parameters
    ----------
    penalty : {"l2", "l1", "elasticnet", None}
        Kind of penalty.
    alpha : float
        Strength, zero or positive.
    l1_ratio : float
        Share of l1 in the elastic net, in [0, 1].

    Raises
    ------
    InvalidParameterError
        If `penalty` is not known.
    """
    if penalty is None or alpha == 0.0:
        return Penalty(0.0, 0.0)
    shares = {"l2": 0.0, "l1": 1.0, "elasticnet": float(l1_ratio)}
    if not isinstance(penalty, str) or penalty not in shares:
        raise InvalidParameterError(
            f"penalty={penalty!r} is not known; use one of {', '.join(map(repr, PENALTIES))}."
        )
    return Penalty(l1=alpha * shares[penalty], l2=alpha * (1.0 - shares[penalty]))
