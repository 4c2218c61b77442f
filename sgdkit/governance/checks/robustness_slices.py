"""Is there a part of the test rows that the model serves much worse?"""

import numpy as np
import scipy.sparse as sp

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable, ramp
from sgdkit.governance.context import AuditContext
from sgdkit.governance.tabular import columns, factorize

__all__ = ("robustness_slices",)

_LIMIT = 0.1
_LEVEL = 0.01
_DRAWS = 199
_MAX_COLUMNS = 40
_MAX_ROWS = 5000


@check(
    "robustness.worst_slice",
    "robustness_review",
    threshold=f"no slice is worse than all rows by more than {_LIMIT} of accuracy or R² and by more "
    "than chance "
    f"explains at the {_LEVEL:.0%} level over all slices",
    why="An average hides the part of the world in which the model fails.",
    method="Quarters of each numeric column and values of each other one, of at least 30 rows and 2 % "
    "of all; "
    f"the null permutes the rows' errors {_DRAWS} times and keeps the worst slice of each.",
)
def robustness_slices(context: AuditContext) -> Finding:
    """Measure how much worse the worst slice is."""
    if context.task == "other":
        return absent("No common scale is known for this kind of model.")
    if sp.issparse(context.X_test):
        return not_applicable("Columns of sparse data make no slices.")
    generator = context.generator("robustness.worst_slice")
    n_rows = len(context.y_test)
    rows = np.arange(n_rows)
    if n_rows > _MAX_ROWS:
        rows = np.sort(generator.choice(n_rows, _MAX_ROWS, replace=False))
    losses = context.test_losses[rows]
    members, labels = _slices(context, rows)
    if not labels:
        return absent("No slice has at least 30 test rows.")
    sizes = np.asarray(members.sum(axis=1)).ravel()
    spread = float(losses.std())
    if spread == 0.0:
        return measured("Every slice is served alike.", passed=True, n_slices=len(labels))
    error = spread * np.sqrt(np.maximum(1e-12, 1.0 / sizes - 1.0 / len(rows)))
    excess = members @ losses / sizes - losses.mean()
    permuted = np.stack([generator.permutation(losses) for _ in range(_DRAWS)], axis=1)
    null = ((members @ permuted / sizes[:, None] - losses.mean()) / error[:, None]).max(axis=0)
    z = excess / error
    worst = int(np.argmax(z))
    p_value = (1.0 + float(np.sum(null >= z[worst]))) / (1.0 + _DRAWS)
    critical = float(np.quantile(null, 1.0 - _LEVEL))
    failing = np.flatnonzero((excess > _LIMIT) & (z > critical))
    passed = p_value >= _LEVEL or not failing.size
    shown = worst if passed else int(failing[np.argmax(excess[failing])])
    return measured(
        f"The worst of {len(labels)} slices ({labels[shown]}, {int(sizes[shown]):,} rows) is worse than all "
        f"rows by {excess[shown]:.3f} (p = {p_value:.3g}).",
        passed=passed,
        value=1.0 if passed else ramp(float(excess[shown]), good=_LIMIT, bad=0.4),
        uncertainty=f"permutation p = {p_value:.3g}",
        slice=labels[shown],
        excess=float(excess[shown]),
        p_value=p_value,
        n_slices=len(labels),
    )


def _slices(context: AuditContext, rows: np.ndarray) -> tuple[sp.csr_array, list[str]]:
    """Membership of each row in each slice, and words for the slices; no value of a row is named."""
    least = max(30, round(0.02 * len(rows)))
    flags: list[np.ndarray] = []
    labels: list[str] = []
    for position, (name, _, values) in enumerate(columns(context.X_test)):
        if position >= _MAX_COLUMNS:
            break
        values = values[rows]
        if values.dtype.kind in "iuf" and np.unique(values).size > 4:
            quarters = np.nanquantile(values.astype(np.float64), [0.25, 0.5, 0.75])
            codes = np.searchsorted(quarters, values.astype(np.float64), side="right")
            words = [f"{name!r}, quarter {k + 1} of 4" for k in range(4)]
        else:
            codes, _ = factorize(np.asarray(values, dtype=object))
            words = [f"{name!r}, one of its values" for _ in range(int(codes.max(initial=-1)) + 1)]
            if len(words) > 50:
                continue
        for code, word in enumerate(words):
            inside = codes == code
            if least <= inside.sum() < len(rows):
                flags.append(inside)
                labels.append(word)
    if not flags:
        return sp.csr_array((0, len(rows))), []
    return sp.csr_array(np.array(flags, dtype=np.float64)), labels
