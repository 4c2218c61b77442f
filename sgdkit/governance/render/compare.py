"""compare(): several runs side by side, one column each."""

from collections.abc import Sequence

from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance.render.run import Run
from sgdkit.governance.render.tables import Table, audit_table, summary_table
from sgdkit.governance.scoring import DIMENSIONS

__all__ = ("compare",)

_FIGURES = (
    "governance_score",
    "governance_risk",
    "governance_measured_score",
    "governance_measured_share",
    "failed_gates",
    "diagnostic",
    "estimator",
    "n_train",
    "n_test",
    "test_score",
    "n_iter",
    "stop_reason",
)


def compare(runs: Sequence[Run]) -> Table:
    """Put runs side by side.

    Parameters
    ----------
    runs : sequence of Run
        At least one, with different names.

    Returns
    -------
    Table
        First column ``figure``, then one column per run; one row per figure of the summary and per dimension.

    Raises
    ------
    InvalidParameterError
        Without runs, or when two runs share a name.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sgdkit import audit
    >>> from sgdkit.governance.render import Run, compare
    >>> X, y = load_iris(return_X_y=True)
    >>> runs = [
    ...     Run(f"C = {C}", audit=audit(LogisticRegression(C=C, max_iter=1000).fit(X, y), X, y, tier="free"))
    ...     for C in (0.01, 1.0)
    ... ]
    >>> table = compare(runs)
    >>> table.columns
    ('figure', 'C = 0.01', 'C = 1.0')
    >>> [round(value, 2) for value in table.rows[9][1:]]
    [0.87, 0.97]
    """
    names = check_names(runs)
    figures = {**_by_column(summary_table(runs)), **_by_column(audit_table(runs))}
    return Table(("figure", *names), tuple((name, *figures[name]) for name in (*_FIGURES, *DIMENSIONS)))


def check_names(runs: Sequence[Run]) -> list[str]:
    """Return the names of runs; refuse none, and two that are alike.

    Raises
    ------
    InvalidParameterError
        As said.
    """
    names = [run.name for run in runs]
    if not names or len(set(names)) < len(names):
        raise InvalidParameterError(
            f"Got runs named {names}; give at least one run, each with a name of its own."
        )
    return names


def _by_column(table: Table) -> dict[str, tuple]:
    return dict(zip(table.columns, zip(*table.rows, strict=True), strict=True))
