"""Contract checks for those who write an update rule or a loss: one call in a test of their own."""

from sgdkit.testing.loss import LOSS_CHECKS, check_loss
from sgdkit.testing.optimizer import OPTIMIZER_CHECKS, check_optimizer

__all__ = ("LOSS_CHECKS", "OPTIMIZER_CHECKS", "check_loss", "check_optimizer")
