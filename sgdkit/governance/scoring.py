"""The governance score, risk and diagnosis: pure functions of thirteen values in [0, 1]."""

from collections.abc import Mapping, Sequence
from math import fsum, isfinite
from types import MappingProxyType
from typing import TypeAlias

from sgdkit.exceptions import InvalidParameterError

__all__ = ("DIAGNOSES", "DIMENSIONS", "RISK_DIMENSIONS", "WEIGHTS", "diagnosis", "risk", "score")

WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "objective_documentation": 0.09,
        "data_documentation": 0.09,
        "feature_scaling_review": 0.07,
        "optimizer_documentation": 0.08,
        "learning_rate_rationale": 0.08,
        "validation_discipline": 0.10,
        "regularization_review": 0.08,
        "robustness_review": 0.09,
        "fairness_review": 0.09,
        "reproducibility": 0.08,
        "traceability": 0.08,
        "governance_review": 0.05,
        "communication_clarity": 0.02,
    }
)
"""Weight of each dimension in the score; they sum to one."""

DIMENSIONS: tuple[str, ...] = tuple(WEIGHTS)
"""The thirteen dimensions, in the order every table uses."""

RISK_DIMENSIONS: tuple[str, ...] = DIMENSIONS[:12]
"""The dimensions that enter the risk: all but ``communication_clarity``."""

DIAGNOSES: tuple[str, ...] = (
    "strong machine-learning optimization governance",
    "usable training process with review needs",
    "partial discipline; strengthen objective documentation, validation, reproducibility, fairness, "
    "robustness, traceability, and governance",
    "high risk; objective, data, optimizer, validation, robustness, fairness, reproducibility, or "
    "governance may be underdefined",
)
"""The four diagnoses, best first."""

# Sums of thirteen decimal products carry rounding noise near 1e-14, which must not decide whether a
# score "reaches" 84. Nine decimals erase it and are far below anything that is printed.
_NOISE_DECIMALS = 9

Values: TypeAlias = Mapping[str, float | None] | Sequence[float | None]


def score(values: Values) -> float:
    """Weighted governance score in [0, 100].

    Parameters
    ----------
    values : mapping of str to float, or sequence of 13 floats
        One value in [0, 1] per dimension, a sequence in the order of `DIMENSIONS`. ``None`` marks a
        dimension that does not apply; it leaves the denominator.

    Returns
    -------
    float
        ``100 * sum(weight * value) / sum(weight)``, clamped to [0, 100].

    Raises
    ------
    InvalidParameterError
        When a dimension is missing or unknown, or a value lies outside [0, 1].

    Examples
    --------
    >>> from sgdkit.governance.scoring import score
    >>> score([0.5] * 13)
    50.0
    """
    checked = _checked(values)
    applicable = {name: value for name, value in checked.items() if value is not None}
    total = fsum(WEIGHTS[name] for name in applicable)
    weighted = fsum(WEIGHTS[name] * value for name, value in applicable.items())
    return min(100.0, max(0.0, round(100.0 * weighted / total, _NOISE_DECIMALS))) if total else 0.0


def risk(values: Values) -> float:
    """Unweighted governance risk in [0, 100].

    Parameters
    ----------
    values : mapping of str to float, or sequence of 13 floats
        As for `score`.

    Returns
    -------
    float
        ``100 * mean(1 - value)`` over the first twelve dimensions; ``communication_clarity`` is left out.

    Examples
    --------
    >>> from sgdkit.governance.scoring import risk
    >>> risk([0.75] * 13)
    25.0
    """
    checked = _checked(values)
    shortfalls = [1.0 - value for name in RISK_DIMENSIONS if (value := checked[name]) is not None]
    return round(100.0 * fsum(shortfalls) / len(shortfalls), _NOISE_DECIMALS) if shortfalls else 100.0


def diagnosis(score: float, risk: float) -> str:
    """Say in words what a score and a risk mean together.

    Parameters
    ----------
    score, risk : float
        Results of `score` and `risk`, in [0, 100].

    Returns
    -------
    str
        One of `DIAGNOSES`. The rules are tried in the source's order: strong, usable, high risk, partial.

    Examples
    --------
    >>> from sgdkit.governance.scoring import diagnosis
    >>> diagnosis(79.24, 21.0)
    'usable training process with review needs'
    """
    strong, usable, partial, high_risk = DIAGNOSES
    if score >= 84.0 and risk <= 20.0:
        return strong
    if score >= 70.0 and risk <= 35.0:
        return usable
    if risk >= 55.0:
        return high_risk
    return partial


def _checked(values: Values) -> dict[str, float | None]:
    """Values by dimension name, refused unless complete and within [0, 1]."""
    if not isinstance(values, Mapping):
        if len(values) != len(DIMENSIONS):
            raise InvalidParameterError(
                f"Got {len(values)} values; the score needs {len(DIMENSIONS)}, one for each of "
                f"{', '.join(DIMENSIONS)}. Use 0 for a dimension without evidence."
            )
        values = dict(zip(DIMENSIONS, values, strict=True))
    wrong = sorted(set(values) ^ set(DIMENSIONS))
    if wrong:
        raise InvalidParameterError(
            f"Dimensions missing or unknown: {', '.join(wrong)}. Give exactly the thirteen names of "
            "sgdkit.governance.scoring.DIMENSIONS; use 0 for a dimension without evidence."
        )
    for name, value in values.items():
        if value is not None and not (isfinite(value) and 0.0 <= value <= 1.0):
            raise InvalidParameterError(
                f"{name} is {value!r}; a dimension's value lies in [0, 1]. "
                "Use 0 where there is no evidence, None where the dimension does not apply."
            )
    return {name: None if values[name] is None else float(values[name]) for name in DIMENSIONS}  # type: ignore[arg-type]
