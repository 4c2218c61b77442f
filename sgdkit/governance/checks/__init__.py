"""Audit checks, one idea per file. `registered_checks` lists them all."""

from functools import lru_cache

from sgdkit.governance.checks.base import Check, Finding, run_check

__all__ = ("Check", "Finding", "registered_checks", "run_check")


@lru_cache(maxsize=1)
def registered_checks() -> tuple[Check, ...]:
    """Every check, in the order of the report.

    Returns
    -------
    tuple of Check
        The measured and recorded checks, then one statement per dimension.

    Examples
    --------
    >>> from sgdkit.governance.checks import registered_checks
    >>> registered_checks()[0].id
    'objective.recorded'
    """
    from sgdkit.governance.checks.communication_sections import communication_sections
    from sgdkit.governance.checks.data_balance import data_balance
    from sgdkit.governance.checks.data_conflicts import data_conflicts
    from sgdkit.governance.checks.data_drift import data_drift
    from sgdkit.governance.checks.data_lineage import data_lineage
    from sgdkit.governance.checks.data_missing import data_missing
    from sgdkit.governance.checks.fairness_counts import fairness_counts
    from sgdkit.governance.checks.fairness_gaps import fairness_error_gap, fairness_outcome_gap
    from sgdkit.governance.checks.learning_rate_edge import learning_rate_edge
    from sgdkit.governance.checks.learning_rate_origin import learning_rate_origin
    from sgdkit.governance.checks.learning_rate_stability import learning_rate_stability
    from sgdkit.governance.checks.objective_calibration import objective_calibration
    from sgdkit.governance.checks.objective_gain import objective_gain
    from sgdkit.governance.checks.objective_recorded import objective_recorded
    from sgdkit.governance.checks.optimizer_components import optimizer_components
    from sgdkit.governance.checks.optimizer_divergence import optimizer_divergence
    from sgdkit.governance.checks.optimizer_gap import optimizer_gap
    from sgdkit.governance.checks.optimizer_longer import optimizer_longer
    from sgdkit.governance.checks.optimizer_stop import optimizer_stop
    from sgdkit.governance.checks.regularization_gap import regularization_gap
    from sgdkit.governance.checks.regularization_recorded import regularization_recorded
    from sgdkit.governance.checks.regularization_search import regularization_search
    from sgdkit.governance.checks.reproducibility_environment import reproducibility_environment
    from sgdkit.governance.checks.reproducibility_refit import reproducibility_refit
    from sgdkit.governance.checks.reproducibility_seed import reproducibility_seed
    from sgdkit.governance.checks.robustness_dropout import robustness_dropout
    from sgdkit.governance.checks.robustness_noise import robustness_noise
    from sgdkit.governance.checks.scaling_before_split import scaling_before_split
    from sgdkit.governance.checks.scaling_ratio import scaling_ratio
    from sgdkit.governance.checks.scaling_statistics import scaling_statistics
    from sgdkit.governance.checks.statement import statement_checks
    from sgdkit.governance.checks.traceability_data import traceability_data
    from sgdkit.governance.checks.traceability_parameters import traceability_parameters
    from sgdkit.governance.checks.validation_duplicates import validation_duplicates
    from sgdkit.governance.checks.validation_folds import validation_folds, validation_optimism
    from sgdkit.governance.checks.validation_resolution import validation_resolution

    return (
        objective_recorded,
        objective_gain,
        objective_calibration,
        data_lineage,
        data_missing,
        data_conflicts,
        data_balance,
        data_drift,
        scaling_ratio,
        scaling_before_split,
        scaling_statistics,
        optimizer_components,
        optimizer_stop,
        optimizer_divergence,
        optimizer_gap,
        optimizer_longer,
        learning_rate_origin,
        learning_rate_edge,
        learning_rate_stability,
        validation_duplicates,
        validation_resolution,
        validation_folds,
        validation_optimism,
        regularization_recorded,
        regularization_search,
        regularization_gap,
        robustness_noise,
        robustness_dropout,
        fairness_counts,
        fairness_outcome_gap,
        fairness_error_gap,
        reproducibility_seed,
        reproducibility_environment,
        reproducibility_refit,
        traceability_parameters,
        traceability_data,
        communication_sections,
        *statement_checks(),
    )
