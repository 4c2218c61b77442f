"""What a fitted linear model says: standard errors, contributions to a prediction, a picture."""

from sgdkit.engine.diagnosis import Finding
from sgdkit.inspection.coefficient_display import CoefficientDisplay
from sgdkit.inspection.contributions import Explanation, explain
from sgdkit.inspection.summarise import summary
from sgdkit.inspection.summary_table import Summary
from sgdkit.inspection.suspects import suspect_rows

__all__ = ("CoefficientDisplay", "Explanation", "Finding", "Summary", "explain", "summary", "suspect_rows")
