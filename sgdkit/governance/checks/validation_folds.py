"""Do the folds of the search agree with each other, and with the test set?"""

from typing import Any

import numpy as np

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable, ramp
from sgdkit.governance.context import AuditContext

__all__ = ("validation_folds", "validation_optimism")

_NO_SEARCH = "No fitted search was given."


@check(
    "validation.fold_spread",
    "validation_discipline",
    threshold="standard deviation over folds at most 0.05, or 5 % of the mean if larger",
    why="Where folds disagree, the choice between candidates was mostly luck.",
    method="Test scores of the best candidate in cv_results_.",
    needs=("search",),
)
def validation_folds(context: AuditContext) -> Finding:
    """Measure the spread of the best candidate over folds."""
    search = context.fitted.search
    if search is None:
        return not_applicable(_NO_SEARCH)
    scores = _best_fold_scores(search)
    spread, mean = float(np.std(scores)), float(np.mean(scores))
    limit = max(0.05, 0.05 * abs(mean))
    return measured(
        f"Best of {len(search.cv_results_['params'])} candidates: {mean:.3f} with a standard deviation of "
        f"{spread:.3f} over {scores.size} folds.",
        passed=spread <= limit,
        value=ramp(spread, good=limit, bad=5.0 * limit),
        mean=mean,
        standard_deviation=spread,
        n_folds=int(scores.size),
        n_candidates=len(search.cv_results_["params"]),
    )


@check(
    "validation.search_optimism",
    "validation_discipline",
    threshold="the search's best mean exceeds the test score by at most two standard errors, or 0.02",
    why="The best of many candidates looks better than it is; the test set shows by how much.",
    method="Best mean over folds minus the same metric on the test rows.",
    needs=("search",),
)
def validation_optimism(context: AuditContext) -> Finding:
    """Measure how much the search overstated its winner."""
    search = context.fitted.search
    if search is None:
        return not_applicable(_NO_SEARCH)
    if context.missing_score_params:
        wanted = ", ".join(f"{name!r}: ..." for name in context.missing_score_params)
        return absent(f"The test rows were not scored: audit needs score_params={{{wanted}}} for them.")
    scores = _best_fold_scores(search)
    mean = float(np.mean(scores))
    test = _search_metric(search, context)
    spread = float(np.std(scores))
    # Without a known scale, the test rows are taken to be as noisy as a fold.
    test_error = spread if context.task == "other" else context.test_quality_error
    error = float(np.hypot(spread / np.sqrt(scores.size), test_error))
    gap = mean - test
    limit = max(0.02, 2.0 * error)
    return measured(
        f"Cross-validation promised {mean:.3f}; the test rows gave {test:.3f}.",
        passed=gap <= limit,
        value=ramp(gap, good=limit, bad=5.0 * limit),
        uncertainty=f"standard error {error:.3g}",
        cross_validated=mean,
        test=test,
        gap=gap,
    )


def _metric_name(search: Any) -> str:
    name = search.refit if isinstance(search.refit, str) else getattr(search.refit, "metric", "score")
    return str(name)


def _best_fold_scores(search: Any) -> np.ndarray:
    name = _metric_name(search)
    results = search.cv_results_
    columns = [results[f"split{k}_test_{name}"] for k in range(search.n_splits_)]
    return np.array([float(column[search.best_index_]) for column in columns])


def _search_metric(search: Any, context: AuditContext) -> float:
    scorer = search.scorer_
    name = _metric_name(search)
    if isinstance(scorer, dict):
        scorer = scorer[name]
    # A governance scorer would audit again to give one number; its task metrics are all that is needed.
    result = context.score_test_rows(getattr(scorer, "task_metrics", None) or scorer)
    return float(result[name] if isinstance(result, dict) else result)
