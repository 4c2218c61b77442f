"""What models and runs say: errors, contributions, training curves, rates, suspects; with pictures."""

from sgdkit.engine.diagnosis import Finding
from sgdkit.inspection.coefficient_display import CoefficientDisplay
from sgdkit.inspection.contributions import Explanation, explain
from sgdkit.inspection.learning_rate_display import LearningRateDisplay
from sgdkit.inspection.optimizer_path_display import OptimizerPathDisplay
from sgdkit.inspection.range_test import RangeTest, lr_range_test
from sgdkit.inspection.summarise import summary
from sgdkit.inspection.summary_table import Summary
from sgdkit.inspection.suspects import suspect_rows
from sgdkit.inspection.training_curve_display import TrainingCurveDisplay

__all__ = (
    "CoefficientDisplay",
    "Explanation",
    "Finding",
    "LearningRateDisplay",
    "OptimizerPathDisplay",
    "RangeTest",
    "Summary",
    "TrainingCurveDisplay",
    "explain",
    "lr_range_test",
    "summary",
    "suspect_rows",
)
