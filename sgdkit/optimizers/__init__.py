"""Update rules: one file each. To add one, write its file and name it here."""

from sgdkit.optimizers.adadelta import AdaDelta
from sgdkit.optimizers.adagrad import AdaGrad
from sgdkit.optimizers.adam import Adam
from sgdkit.optimizers.adamw import AdamW
from sgdkit.optimizers.amsgrad import AMSGrad
from sgdkit.optimizers.base import ABI_VERSION, UpdateRule
from sgdkit.optimizers.centered_rmsprop import CenteredRMSProp
from sgdkit.optimizers.dual_averaging import DualAveraging
from sgdkit.optimizers.ftrl import FTRL
from sgdkit.optimizers.lamb import LAMB
from sgdkit.optimizers.lars import LARS
from sgdkit.optimizers.momentum import Momentum
from sgdkit.optimizers.nadam import NAdam
from sgdkit.optimizers.nesterov import Nesterov
from sgdkit.optimizers.prodigy import Prodigy
from sgdkit.optimizers.radam import RAdam
from sgdkit.optimizers.rmsprop import RMSProp
from sgdkit.optimizers.sgd import SGD

__all__ = (
    "ABI_VERSION",
    "FTRL",
    "LAMB",
    "LARS",
    "SGD",
    "AMSGrad",
    "AdaDelta",
    "AdaGrad",
    "Adam",
    "AdamW",
    "CenteredRMSProp",
    "DualAveraging",
    "Momentum",
    "NAdam",
    "Nesterov",
    "Prodigy",
    "RAdam",
    "RMSProp",
    "UpdateRule",
)

BUILTIN = (
    SGD,
    Momentum,
    Nesterov,
    AdaGrad,
    RMSProp,
    CenteredRMSProp,
    AdaDelta,
    Adam,
    AdamW,
    AMSGrad,
    NAdam,
    RAdam,
    FTRL,
    DualAveraging,
    LARS,
    LAMB,
    Prodigy,
)
