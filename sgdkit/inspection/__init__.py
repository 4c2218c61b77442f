"""What a fitted linear model says: standard errors, contributions to a prediction, a picture."""

from sgdkit.inspection.coefficient_display import CoefficientDisplay
from sgdkit.inspection.contributions import Explanation, explain
from sgdkit.inspection.summarise import summary
from sgdkit.inspection.summary_table import Summary

__all__ = ("CoefficientDisplay", "Explanation", "Summary", "explain", "summary")
