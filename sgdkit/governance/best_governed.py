"""best_governed(): choose by a metric among the candidates that reach a floor of governance."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from sgdkit.exceptions import GovernanceWarning, InvalidParameterError

__all__ = ("BestGoverned", "best_governed")

_OTHERWISE = ("raise", "warn")


def best_governed(
    metric: str, floor: float | Mapping[str, float], *, otherwise: str = "raise"
) -> "BestGoverned":
    """Make a ``refit`` for a search: the best candidate by a metric that reaches a floor of governance.

    Parameters
    ----------
    metric : str
        Column to choose by, greater is better: one of the metrics that `governance_scoring` was given.
    floor : float or dict of str to float
        Least mean over the folds of ``governance_score``, in [0, 100]; or of several columns by name, such as
        ``{"governance_score": 40, "governance_validation_discipline": 0.5}``. Columns of a fold count only
        what a fold can show, so they lie below the score of a full `audit`: look at ``cv_results_`` first.
    otherwise : {"raise", "warn"}, default="raise"
        Where no candidate reaches the floor: raise an error, or take the one that falls short least and warn.

    Returns
    -------
    BestGoverned
        Callable from ``cv_results_`` to the position of the chosen candidate.

    Raises
    ------
    InvalidParameterError
        For a floor that is no number or names nothing. When called: for a column that the search does not
        have, and where no candidate reaches the floor.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sgdkit.governance import best_governed, governance_scoring
    >>> X, y = load_iris(return_X_y=True)
    >>> search = GridSearchCV(
    ...     LogisticRegression(max_iter=1000),
    ...     {"C": [0.01, 1.0]},
    ...     scoring=governance_scoring("accuracy"),
    ...     refit=best_governed("accuracy", floor=20),
    ... )
    >>> search.fit(X, y).best_params_
    {'C': 1.0}
    """
    return BestGoverned(metric, floor, otherwise)


class BestGoverned:
    """Chooses a candidate of a search; made by `best_governed`."""

    def __init__(self, metric: str, floor: float | Mapping[str, float], otherwise: str) -> None:
        floors = dict(floor) if isinstance(floor, Mapping) else {"governance_score": floor}
        if not floors or not all(_is_number(value) for value in floors.values()):
            raise InvalidParameterError(
                f"floor is {floor!r}; give the least governance_score as a number in [0, 100], or a dict "
                "from column to least value."
            )
        if otherwise not in _OTHERWISE:
            raise InvalidParameterError(
                f"otherwise is {otherwise!r}; where no candidate reaches the floor, 'raise' an error, or "
                "'warn' and take the nearest."
            )
        self.metric = metric
        self.floors = floors
        self.otherwise = otherwise

    def __call__(self, cv_results: Mapping[str, Any]) -> int:
        """Return the position of the chosen candidate."""
        metric = np.nan_to_num(_column(cv_results, self.metric), nan=-np.inf)
        # How far below its floor each column is, as a share of the floor; a failed fold (NaN) is below any.
        shortfall = np.max(
            [
                np.nan_to_num((least - _column(cv_results, name)) / (abs(least) or 1.0), nan=np.inf)
                for name, least in self.floors.items()
            ],
            axis=0,
        )
        reaching = np.flatnonzero((shortfall <= 0.0) & np.isfinite(metric))
        if reaching.size:
            return int(reaching[np.argmax(metric[reaching])])
        nearest = int(np.argmin(shortfall))
        told = self._told(cv_results, nearest)
        if self.otherwise == "raise":
            raise InvalidParameterError(
                f"{told} Lower the floor, add the evidence that is missing, or give otherwise='warn' to take "
                "the nearest candidate."
            )
        warnings.warn(f"{told} The nearest candidate is taken.", GovernanceWarning)
        return nearest

    def _told(self, cv_results: Mapping[str, Any], nearest: int) -> str:
        reached = ", ".join(
            f"{name} {float(_column(cv_results, name)[nearest]):.4g} (floor {least:g})"
            for name, least in self.floors.items()
        )
        count = len(cv_results["params"])
        return f"None of {count} candidates reaches the floor; {cv_results['params'][nearest]} has {reached}."

    def __repr__(self) -> str:
        return f"best_governed({self.metric!r}, {self.floors}, otherwise={self.otherwise!r})"


def _column(cv_results: Mapping[str, Any], name: str) -> np.ndarray:
    try:
        return np.asarray(cv_results[f"mean_test_{name}"], dtype=np.float64)
    except KeyError:
        start = "mean_test_"
        known = sorted(column.removeprefix(start) for column in cv_results if column.startswith(start))
        raise InvalidParameterError(
            f"The search has no column {name!r}; it has {', '.join(known)}. Governance columns come with "
            "scoring=governance_scoring(...)."
        ) from None


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, int | float | np.number)
        and not isinstance(value, bool)
        and bool(np.isfinite(value))
    )
