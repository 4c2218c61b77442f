"""What the likelihood of the two losses adds to their value: curvature, dispersion, log-likelihood."""

from abc import ABC, abstractmethod

import numpy as np
from scipy.special import expit

from sgdkit.losses.base import PointwiseLoss
from sgdkit.losses.log_loss import Logistic
from sgdkit.losses.squared_error import SquaredError

__all__ = ("LIKELIHOODS", "Likelihood")


class Likelihood(ABC):
    """A loss read as a negative log-likelihood.

    Attributes
    ----------
    loss : PointwiseLoss
        Its value and slope.
    statistic : {"t", "z"}
        How coefficients are tested: t where the dispersion is estimated.
    """

    loss: PointwiseLoss
    statistic: str

    @abstractmethod
    def curvature(self, raw: np.ndarray) -> np.ndarray:
        """Return the second derivative of the loss by the raw prediction."""

    @abstractmethod
    def dispersion(self, deviance: float, degrees_of_freedom: float) -> float:
        """Return the factor from the inverse Hessian to a variance."""

    @abstractmethod
    def log_likelihood(self, deviance: float, weight: np.ndarray) -> float:
        """Return the log-likelihood at a deviance, the dispersion at its best for it."""

    def deviance(self, raw: np.ndarray, y: np.ndarray, weight: np.ndarray) -> float:
        """Return twice the sum of the losses, which is the deviance for both."""
        return float(2.0 * (weight @ self.loss.evaluate(raw, y, self.loss.hyper_values())[0]))


class Normal(Likelihood):
    """Normal errors of one variance; a weight divides the variance of its row."""

    loss = SquaredError()
    statistic = "t"

    def curvature(self, raw: np.ndarray) -> np.ndarray:
        return np.ones_like(raw)

    def dispersion(self, deviance: float, degrees_of_freedom: float) -> float:
        return deviance / degrees_of_freedom

    def log_likelihood(self, deviance: float, weight: np.ndarray) -> float:
        n = len(weight)
        return float(0.5 * (np.log(weight).sum() - n * (np.log(2.0 * np.pi * deviance / n) + 1.0)))


class Bernoulli(Likelihood):
    """Two classes; a weight counts its row that often."""

    loss = Logistic()
    statistic = "z"

    def curvature(self, raw: np.ndarray) -> np.ndarray:
        return expit(raw) * expit(-raw)

    def dispersion(self, deviance: float, degrees_of_freedom: float) -> float:
        return 1.0

    def log_likelihood(self, deviance: float, weight: np.ndarray) -> float:
        return -0.5 * deviance


LIKELIHOODS = {likelihood.loss.name: likelihood for likelihood in (Normal(), Bernoulli())}
