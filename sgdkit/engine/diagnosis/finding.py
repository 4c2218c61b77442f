"""One thing that a training run shows."""

from dataclasses import dataclass
from typing import Literal

__all__ = ("Finding",)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, how bad it is, the figures it rests on, and what to do.

    Attributes
    ----------
    name : str
        Snake case, such as ``"rate_too_small"``.
    severity : {"info", "warning", "severe"}
        ``"severe"``: the model is not to be used, and ``fit`` warns. ``"warning"``: it could be better.
        ``"info"``: good to know.
    evidence : str
        A sentence with figures and epochs.
    advice : str
        A sentence on what to change.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sgdkit import LinearRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = LinearRegressor(optimizer="sgd", learning_rate=1e-4, max_iter=50, tol=None, random_state=0)
    >>> [finding.name for finding in model.fit(X, y).diagnosis_]
    ['rate_too_small', 'underfitting']
    """

    name: str
    severity: Literal["info", "warning", "severe"]
    evidence: str
    advice: str

    def __str__(self) -> str:
        return f"{self.name} ({self.severity}): {self.evidence} {self.advice}"
