"""Do the loss and the decision metric rank the candidates alike?"""

from typing import Any

import numpy as np
from scipy.stats import spearmanr

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable, ramp
from sgdkit.governance.context import AuditContext

__all__ = ("objective_agreement",)

_MIN_CANDIDATES = 5
_PREFERRED = ("neg_log_loss", "neg_mean_squared_error", "neg_brier_score", "neg_mean_absolute_error")


@check(
    "objective.loss_metric_agreement",
    "objective_documentation",
    threshold="the rank correlation over candidates is not negative at the 5 % level",
    why="A loss stands for the task only if lowering it improves the metric that decides.",
    method="Spearman correlation, over the candidates of the search, of the mean test result of a loss "
    "(neg_log_loss, neg_mean_squared_error, ...) with that of the metric that chose the winner.",
    needs=("search",),
)
def objective_agreement(context: AuditContext) -> Finding:
    """Measure the rank correlation of loss and metric over cv_results_."""
    search = context.fitted.search
    if search is None:
        return not_applicable("No fitted search was given.")
    results, decides = search.cv_results_, search.refit
    loss = _loss_of(results, decides)
    if not isinstance(decides, str) or loss is None:
        return absent(
            "The search scored no loss beside the metric that decided; give it several metrics, such as "
            "neg_log_loss and accuracy."
        )
    values = np.array([results[f"mean_test_{name}"] for name in (loss, decides)], dtype=np.float64)
    values = values[:, np.isfinite(values).all(axis=0)]
    if values.shape[1] < _MIN_CANDIDATES or (np.ptp(values, axis=1) == 0.0).any():
        return absent(f"Fewer than {_MIN_CANDIDATES} candidates differ in both figures.")
    found = spearmanr(values[0], values[1], alternative="less")
    rank, p_value = float(found.statistic), float(found.pvalue)
    return measured(
        f"Over {values.shape[1]} candidates, {loss} and {decides} have the rank correlation {rank:+.2f}.",
        passed=not (rank < 0.0 and p_value < 0.05),
        value=ramp(-rank, good=0.0, bad=1.0),
        uncertainty=f"p of a negative correlation {p_value:.3g}",
        loss=loss,
        metric=decides,
        rank_correlation=rank,
        n_candidates=int(values.shape[1]),
    )


def _loss_of(results: Any, decides: Any) -> str | None:
    names = [key.removeprefix("mean_test_") for key in results if key.startswith("mean_test_")]
    losses = [name for name in names if name != decides and (name.startswith("neg_") or "loss" in name)]
    return next((name for name in _PREFERRED if name in losses), losses[0] if losses else None)
