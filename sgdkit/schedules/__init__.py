"""Learning-rate schedules: one file each. To add one, write its file and name it here."""

from sgdkit.schedules.base import Schedule
from sgdkit.schedules.constant import Constant
from sgdkit.schedules.inverse_scaling import InverseScaling

__all__ = ("Constant", "InverseScaling", "Schedule")

BUILTIN = (Constant, InverseScaling)
