"""Losses: one file each. To add one, write its file and name it here."""

from sgdkit.interval import Interval
from sgdkit.losses.absolute_error import AbsoluteError
from sgdkit.losses.base import BatchLoss, Loss, PointwiseLoss, ResidualLoss
from sgdkit.losses.epsilon_insensitive import EpsilonInsensitive
from sgdkit.losses.gamma import Gamma
from sgdkit.losses.hinge import Hinge
from sgdkit.losses.huber import Huber
from sgdkit.losses.log_loss import Logistic
from sgdkit.losses.modified_huber import ModifiedHuber
from sgdkit.losses.pairwise_logistic import PairwiseLogistic
from sgdkit.losses.perceptron import Perceptron
from sgdkit.losses.poisson import Poisson
from sgdkit.losses.quantile import Quantile
from sgdkit.losses.smooth_hinge import SmoothHinge
from sgdkit.losses.softmax import Softmax
from sgdkit.losses.squared_epsilon_insensitive import SquaredEpsilonInsensitive
from sgdkit.losses.squared_error import SquaredError
from sgdkit.losses.squared_hinge import SquaredHinge

__all__ = (
    "AbsoluteError",
    "BatchLoss",
    "EpsilonInsensitive",
    "Gamma",
    "Hinge",
    "Huber",
    "Interval",
    "Logistic",
    "Loss",
    "ModifiedHuber",
    "PairwiseLogistic",
    "Perceptron",
    "PointwiseLoss",
    "Poisson",
    "Quantile",
    "ResidualLoss",
    "SmoothHinge",
    "Softmax",
    "SquaredEpsilonInsensitive",
    "SquaredError",
    "SquaredHinge",
)

BUILTIN = (
    SquaredError,
    AbsoluteError,
    Huber,
    Quantile,
    EpsilonInsensitive,
    SquaredEpsilonInsensitive,
    Poisson,
    Gamma,
    Logistic,
    Softmax,
    Hinge,
    SquaredHinge,
    SmoothHinge,
    ModifiedHuber,
    Perceptron,
    PairwiseLogistic,
)
