"""sgdkit's own checks, registered through the same hook as anyone's, in the order of the report."""

from sgdkit.governance.checks.base import Check
from sgdkit.governance.checks.communication_sections import communication_sections
from sgdkit.governance.checks.data_balance import data_balance
from sgdkit.governance.checks.data_conflicts import data_conflicts
from sgdkit.governance.checks.data_constant import data_constant
from sgdkit.governance.checks.data_drift import data_drift
from sgdkit.governance.checks.data_lineage import data_lineage
from sgdkit.governance.checks.data_missing import data_missing
from sgdkit.governance.checks.data_shift import data_shift
from sgdkit.governance.checks.data_target_drift import data_target_drift
from sgdkit.governance.checks.fairness_counts import fairness_counts
from sgdkit.governance.checks.fairness_gaps import fairness_error_gap, fairness_outcome_gap
from sgdkit.governance.checks.fairness_intersections import fairness_intersections
from sgdkit.governance.checks.fairness_proxy import fairness_proxy
from sgdkit.governance.checks.fairness_rates import (
    fairness_calibration,
    fairness_false_positives,
    fairness_true_positives,
)
from sgdkit.governance.checks.fairness_sweep import fairness_sweep
from sgdkit.governance.checks.governance_sign_off import governance_sign_off
from sgdkit.governance.checks.learning_rate_curvature import learning_rate_curvature
from sgdkit.governance.checks.learning_rate_edge import learning_rate_edge
from sgdkit.governance.checks.learning_rate_origin import learning_rate_origin
from sgdkit.governance.checks.learning_rate_sensitivity import learning_rate_sensitivity
from sgdkit.governance.checks.learning_rate_stability import learning_rate_stability
from sgdkit.governance.checks.objective_agreement import objective_agreement
from sgdkit.governance.checks.objective_calibration import objective_calibration
from sgdkit.governance.checks.objective_direction import objective_direction
from sgdkit.governance.checks.objective_gain import objective_gain
from sgdkit.governance.checks.objective_recall import objective_recall
from sgdkit.governance.checks.objective_recorded import objective_recorded
from sgdkit.governance.checks.optimizer_agreement import optimizer_agreement
from sgdkit.governance.checks.optimizer_components import optimizer_components
from sgdkit.governance.checks.optimizer_divergence import optimizer_divergence
from sgdkit.governance.checks.optimizer_gap import optimizer_gap
from sgdkit.governance.checks.optimizer_gradient import optimizer_gradient
from sgdkit.governance.checks.optimizer_longer import optimizer_longer
from sgdkit.governance.checks.optimizer_reference import optimizer_reference
from sgdkit.governance.checks.optimizer_stop import optimizer_stop
from sgdkit.governance.checks.regularization_gap import regularization_gap
from sgdkit.governance.checks.regularization_path import regularization_path
from sgdkit.governance.checks.regularization_recorded import regularization_recorded
from sgdkit.governance.checks.regularization_scaling import regularization_scaling
from sgdkit.governance.checks.regularization_search import regularization_search
from sgdkit.governance.checks.regularization_stability import regularization_stability
from sgdkit.governance.checks.reproducibility_environment import reproducibility_environment
from sgdkit.governance.checks.reproducibility_jobs import reproducibility_jobs
from sgdkit.governance.checks.reproducibility_order import reproducibility_order
from sgdkit.governance.checks.reproducibility_process import reproducibility_process
from sgdkit.governance.checks.reproducibility_refit import reproducibility_refit
from sgdkit.governance.checks.reproducibility_seed import reproducibility_seed
from sgdkit.governance.checks.reproducibility_seeds import reproducibility_seeds
from sgdkit.governance.checks.robustness_dropout import robustness_dropout
from sgdkit.governance.checks.robustness_label_noise import robustness_label_noise
from sgdkit.governance.checks.robustness_margin import robustness_margin
from sgdkit.governance.checks.robustness_missing import robustness_missing
from sgdkit.governance.checks.robustness_noise import robustness_noise
from sgdkit.governance.checks.robustness_shift import robustness_shift
from sgdkit.governance.checks.robustness_shortcut import robustness_shortcut
from sgdkit.governance.checks.robustness_slices import robustness_slices
from sgdkit.governance.checks.scaling_before_split import scaling_before_split
from sgdkit.governance.checks.scaling_condition import scaling_condition
from sgdkit.governance.checks.scaling_ratio import scaling_ratio
from sgdkit.governance.checks.scaling_statistics import scaling_statistics
from sgdkit.governance.checks.statement import statement_checks
from sgdkit.governance.checks.traceability_chain import traceability_chain
from sgdkit.governance.checks.traceability_data import traceability_data
from sgdkit.governance.checks.traceability_parameters import traceability_parameters
from sgdkit.governance.checks.validation_duplicates import validation_duplicates
from sgdkit.governance.checks.validation_folds import validation_folds, validation_optimism
from sgdkit.governance.checks.validation_groups import validation_groups
from sgdkit.governance.checks.validation_intervention import validation_intervention
from sgdkit.governance.checks.validation_labels import validation_labels
from sgdkit.governance.checks.validation_near import validation_near
from sgdkit.governance.checks.validation_resolution import validation_resolution
from sgdkit.governance.checks.validation_reuse import validation_reuse
from sgdkit.governance.checks.validation_search_folds import validation_search_folds
from sgdkit.governance.checks.validation_target_leak import validation_target_leak
from sgdkit.governance.checks.validation_time import validation_time
from sgdkit.plugin import hookimpl

__all__ = ("BUILTIN",)

BUILTIN: tuple[Check, ...] = (
    objective_recorded,
    objective_gain,
    objective_direction,
    objective_agreement,
    objective_recall,
    objective_calibration,
    data_lineage,
    data_missing,
    data_constant,
    data_conflicts,
    data_balance,
    data_drift,
    data_shift,
    data_target_drift,
    scaling_ratio,
    scaling_condition,
    scaling_before_split,
    scaling_statistics,
    optimizer_components,
    optimizer_stop,
    optimizer_divergence,
    optimizer_gap,
    optimizer_gradient,
    optimizer_reference,
    optimizer_agreement,
    optimizer_longer,
    learning_rate_origin,
    learning_rate_edge,
    learning_rate_stability,
    learning_rate_curvature,
    learning_rate_sensitivity,
    validation_duplicates,
    validation_near,
    validation_groups,
    validation_time,
    validation_search_folds,
    validation_target_leak,
    validation_intervention,
    validation_labels,
    validation_resolution,
    validation_folds,
    validation_optimism,
    validation_reuse,
    regularization_recorded,
    regularization_search,
    regularization_scaling,
    regularization_gap,
    regularization_path,
    regularization_stability,
    robustness_noise,
    robustness_missing,
    robustness_dropout,
    robustness_shortcut,
    robustness_shift,
    robustness_slices,
    robustness_margin,
    robustness_label_noise,
    fairness_counts,
    fairness_outcome_gap,
    fairness_error_gap,
    fairness_true_positives,
    fairness_false_positives,
    fairness_calibration,
    fairness_intersections,
    fairness_sweep,
    fairness_proxy,
    reproducibility_seed,
    reproducibility_environment,
    reproducibility_refit,
    reproducibility_jobs,
    reproducibility_order,
    reproducibility_seeds,
    reproducibility_process,
    traceability_parameters,
    traceability_data,
    traceability_chain,
    governance_sign_off,
    communication_sections,
    *statement_checks(),
)
"""Measured and recorded checks, then one statement per dimension."""


@hookimpl
def sgdkit_register_checks() -> list[Check]:
    return list(BUILTIN)
