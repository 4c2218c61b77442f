"""Does the model survive missing values?"""

import scipy.sparse as sp

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable, ramp
from sgdkit.governance.context import AuditContext
from sgdkit.governance.perturb import with_values_fixed, with_values_missing

__all__ = ("robustness_missing",)

_SHARE = 0.1
_LIMIT = 0.1


@check(
    "robustness.missing_values",
    "robustness_review",
    threshold=f"accuracy or R² falls by at most {_LIMIT}",
    why="In use, values go missing that were there in the training data; a tenth of them should not "
    "cost more "
    "than a tenth.",
    method=f"Removes {_SHARE:.0%} of the values of the continuous columns of the test rows at random. Where "
    "the model refuses missing values, they take the column's median instead, as a caller would have to.",
)
def robustness_missing(context: AuditContext) -> Finding:
    """Measure the loss of quality when values are missing."""
    if context.task == "other":
        return absent("No common scale is known for this kind of model.")
    if sp.issparse(context.X_test):
        return not_applicable("In sparse data a missing value is a zero like any other.")
    chosen = context.continuous_columns
    if not chosen:
        return not_applicable("No feature is continuous.")
    mask = context.generator("robustness.missing_values").random((len(context.y_test), len(chosen))) < _SHARE
    accepted = True
    try:
        predictions = context.predict(with_values_missing(context.X_test, chosen, mask))
    except ValueError:
        accepted = False
        predictions = context.predict(with_values_fixed(context.X_test, chosen, mask))
    drop = context.test_quality - context.quality(context.y_test, predictions)
    how = "removed" if accepted else "replaced by medians, as the model refuses missing values"
    return measured(
        f"With {_SHARE:.0%} of the values {how}, quality falls by {drop:.3f}.",
        passed=drop <= _LIMIT,
        value=ramp(drop, good=_LIMIT, bad=0.4),
        uncertainty="one draw",
        drop=drop,
        share_missing=_SHARE,
        accepts_missing=accepted,
        n_columns=len(chosen),
    )
