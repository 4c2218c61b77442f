"""The exact optimum near a fitted model, by Newton steps."""

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from sgdkit.exceptions import InvalidParameterError
from sgdkit.inspection.design import Design
from sgdkit.inspection.likelihood import Likelihood

__all__ = ("newton_optimum",)

MOST_STEPS = 60
# Largest move of a raw prediction, as a share of its scale, that counts as none.
AT_REST = 1e-9


def newton_optimum(
    likelihood: Likelihood,
    design: Design,
    y: np.ndarray,
    weight: np.ndarray,
    ridge: np.ndarray,
    theta: np.ndarray,
) -> np.ndarray:
    """Return the minimiser of ``sum(weight * loss) + ridge @ theta**2 / 2``.

    Parameters
    ----------
    likelihood : Likelihood
        Loss and curvature.
    design : Design
        Rows.
    y, weight : ndarray of shape (n_rows,)
        Encoded target, weights.
    ridge : ndarray of shape (n_columns,)
        Strength of the penalty on each standardised coefficient.
    theta : ndarray of shape (n_columns,)
        Where to start, standardised.

    Raises
    ------
    InvalidParameterError
        If there is no finite optimum.
    """
    rest = AT_REST * likelihood.loss.target_scale(y, weight)
    raw = design.times(theta)

    def objective(raw: np.ndarray, theta: np.ndarray) -> float:
        return 0.5 * (likelihood.deviance(raw, y, weight) + float(ridge @ theta**2))

    for _ in range(MOST_STEPS):
        slope = likelihood.loss.evaluate(raw, y, likelihood.loss.hyper_values())[1]
        gradient = design.summed(weight * slope) + ridge * theta
        hessian = design.gram(weight * likelihood.curvature(raw)) + np.diag(ridge)
        try:
            step = cho_solve(cho_factor(hessian), gradient)
        except LinAlgError:
            break
        move, before, share = design.times(step), objective(raw, theta), 1.0
        while share > 1e-6 and objective(raw - share * move, theta - share * step) > before * (1.0 + 1e-12):
            share *= 0.5
        theta, raw = theta - share * step, raw - share * move
        if np.abs(move).max() <= rest:
            return theta
    raise InvalidParameterError(
        "The objective has no finite optimum at this X and y: a combination of the columns separates some "
        "rows of one class from the other, so their coefficients grow without end and have no standard "
        "errors. Fit with penalty='l2', or leave those columns out."
    )
