"""Learning-rate schedules, and batches that grow. To add a schedule, write its file and name it here."""

from sgdkit.schedules.base import Schedule
from sgdkit.schedules.constant import Constant
from sgdkit.schedules.cosine import Cosine
from sgdkit.schedules.display import LearningRateScheduleDisplay
from sgdkit.schedules.exponential import Exponential
from sgdkit.schedules.growing_batch import GrowingBatch
from sgdkit.schedules.inverse_scaling import InverseScaling
from sgdkit.schedules.one_cycle import OneCycle
from sgdkit.schedules.polynomial import Polynomial
from sgdkit.schedules.reduce_on_plateau import ReduceOnPlateau
from sgdkit.schedules.step import Step

__all__ = (
    "Constant",
    "Cosine",
    "Exponential",
    "GrowingBatch",
    "InverseScaling",
    "LearningRateScheduleDisplay",
    "OneCycle",
    "Polynomial",
    "ReduceOnPlateau",
    "Schedule",
    "Step",
)

BUILTIN = (Constant, Cosine, Exponential, InverseScaling, OneCycle, Polynomial, ReduceOnPlateau, Step)
