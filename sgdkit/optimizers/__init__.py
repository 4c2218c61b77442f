"""Update rules: one file each. To add one, write its file and name it here."""

from sgdkit.optimizers.adagrad import AdaGrad
from sgdkit.optimizers.adam import Adam
from sgdkit.optimizers.base import ABI_VERSION, UpdateRule
from sgdkit.optimizers.ftrl import FTRL
from sgdkit.optimizers.momentum import Momentum
from sgdkit.optimizers.prodigy import Prodigy
from sgdkit.optimizers.sgd import SGD

__all__ = ("ABI_VERSION", "FTRL", "SGD", "AdaGrad", "Adam", "Momentum", "Prodigy", "UpdateRule")

BUILTIN = (SGD, Momentum, AdaGrad, Adam, FTRL, Prodigy)
