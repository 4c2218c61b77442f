"""Losses: one file each. To add one, write its file and name it here."""

from sgdkit.losses.base import BatchLoss, Loss, PointwiseLoss
from sgdkit.losses.hinge import Hinge
from sgdkit.losses.log_loss import Logistic
from sgdkit.losses.pairwise_logistic import PairwiseLogistic
from sgdkit.losses.softmax import Softmax
from sgdkit.losses.squared_error import SquaredError

__all__ = (
    "BatchLoss",
    "Hinge",
    "Logistic",
    "Loss",
    "PairwiseLogistic",
    "PointwiseLoss",
    "Softmax",
    "SquaredError",
)

BUILTIN = (SquaredError, Logistic, Softmax, Hinge, PairwiseLogistic)
