"""Published reference cases and runs, embedded so that anyone can check the formulas to the digit."""

import random
from dataclasses import dataclass

from sgdkit.governance.scoring import DIMENSIONS, diagnosis, risk, score

__all__ = (
    "REFERENCE_CASES",
    "ReferenceCase",
    "TraceRow",
    "divergence_example",
    "reference_cases",
    "training_trace",
    "worked_example",
)


@dataclass(frozen=True, slots=True)
class ReferenceCase:
    """A published assessment: thirteen values given by its authors, not measured here."""

    case_name: str
    model_context: str
    training_goal: str
    values: tuple[float, ...]

    @property
    def score(self) -> float:
        """Governance score of the published values."""
        return score(self.values)

    @property
    def risk(self) -> float:
        """Governance risk of the published values."""
        return risk(self.values)

    @property
    def diagnostic(self) -> str:
        """Diagnosis of the published values."""
        return diagnosis(self.score, self.risk)

    def as_row(self) -> dict[str, str | float]:
        """One row of the audit table, rounded as printed in the source."""
        return {
            "case_name": self.case_name,
            "model_context": self.model_context,
            "training_goal": self.training_goal,
            **dict(zip(DIMENSIONS, self.values, strict=True)),
            "governance_score": round(self.score, 3),
            "governance_risk": round(self.risk, 3),
            "diagnostic": self.diagnostic,
        }


REFERENCE_CASES: tuple[ReferenceCase, ...] = (
    ReferenceCase(
        "Document classifier training",
        "Train a text classifier using supervised labels, cross-entropy loss, validation monitoring, "
        "and threshold review.",
        "minimize classification loss while preserving calibration, fairness review, and traceable "
        "deployment",
        (0.84, 0.82, 0.72, 0.80, 0.74, 0.84, 0.76, 0.74, 0.78, 0.82, 0.84, 0.78, 0.80),
    ),
    ReferenceCase(
        "Recommendation embedding model",
        "Train user and item embeddings using interaction data and a ranking-oriented training objective.",
        "improve recommendation relevance while reviewing exposure effects, feedback loops, and "
        "representation risk",
        (0.78, 0.74, 0.70, 0.76, 0.70, 0.76, 0.74, 0.68, 0.62, 0.76, 0.72, 0.68, 0.72),
    ),
    ReferenceCase(
        "High-impact risk model",
        "Train a scoring model whose outputs influence review, access, eligibility, or intervention "
        "pathways.",
        "reduce predictive error while preserving calibration, human review, fairness, robustness, and "
        "appealability",
        (0.76, 0.70, 0.66, 0.68, 0.62, 0.78, 0.72, 0.76, 0.84, 0.70, 0.76, 0.82, 0.74),
    ),
    ReferenceCase(
        "Opaque deep-learning workflow",
        "Train a large model with undocumented data lineage, weak validation records, and limited "
        "governance review.",
        "reduce training loss quickly",
        (0.34, 0.24, 0.36, 0.30, 0.26, 0.32, 0.30, 0.22, 0.18, 0.20, 0.22, 0.18, 0.34),
    ),
)


def reference_cases() -> tuple[ReferenceCase, ...]:
    """Return the four published cases.

    Examples
    --------
    >>> from sgdkit.governance.reference import reference_cases
    >>> [(round(case.score, 3), round(case.risk, 3)) for case in reference_cases()]
    [(79.24, 21.0), (72.16, 28.0), (73.38, 26.667), (26.36, 74.0)]
    """
    return REFERENCE_CASES


@dataclass(frozen=True, slots=True)
class TraceRow:
    """State of a one-feature linear model before step `step` + 1."""

    step: int
    weight: float
    bias: float
    loss: float


def training_trace(n_steps: int = 80, learning_rate: float = 0.08) -> tuple[TraceRow, ...]:
    """Batch gradient descent on mean squared error, from zero, on the reference data.

    The data are ``y = 1.5 + 2.2 x + noise`` at 40 equally spaced ``x`` in [-2, 2], with the noise drawn
    uniformly from [-0.35, 0.35] by Python's generator seeded with 42, one draw a row in order.

    Parameters
    ----------
    n_steps : int, default=80
        Number of gradient steps.
    learning_rate : float, default=0.08
        Step size; the gradient is ``(2 / n) * sum(error * x)``.

    Returns
    -------
    tuple of TraceRow
        ``n_steps + 1`` rows, the first before any step.

    Examples
    --------
    >>> from sgdkit.governance.reference import training_trace
    >>> row = training_trace()[-1]
    >>> round(row.weight, 6), round(row.bias, 6), round(row.loss, 6)
    (2.260731, 1.492552, 0.037366)
    """
    generator = random.Random(42)
    x = [-2.0 + 4.0 * i / 39.0 for i in range(40)]
    y = [1.5 + 2.2 * value + generator.uniform(-0.35, 0.35) for value in x]
    return _descend(x, y, n_steps, learning_rate)


def worked_example(n_steps: int = 500, learning_rate: float = 0.01) -> tuple[TraceRow, ...]:
    """Batch gradient descent on ``X = 1, 2, 3, 4`` and ``y = 2, 4, 5, 4``.

    After 500 steps the run is **not** converged: it stands at slope 0.819946 and intercept 1.647344, where
    least squares gives 0.7 and 2.0.

    Examples
    --------
    >>> from sgdkit.governance.reference import worked_example
    >>> row = worked_example()[-1]
    >>> round(row.weight, 6), round(row.bias, 6)
    (0.819946, 1.647344)
    """
    return _descend([1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 5.0, 4.0], n_steps, learning_rate)


def divergence_example(learning_rate: float, n_steps: int, start: float = 5.0) -> tuple[float, ...]:
    """Iterates of gradient descent on ``f(theta) = theta ** 2``, stable only for rates below 1.

    Examples
    --------
    >>> from sgdkit.governance.reference import divergence_example
    >>> divergence_example(1.5, 2)
    (5.0, -10.0, 20.0)
    """
    thetas = [start]
    for _ in range(n_steps):
        thetas.append(thetas[-1] - learning_rate * 2.0 * thetas[-1])
    return tuple(thetas)


def _descend(x: list[float], y: list[float], n_steps: int, learning_rate: float) -> tuple[TraceRow, ...]:
    n = len(x)
    weight = bias = 0.0
    rows = []
    for step in range(n_steps + 1):
        errors = [weight * xi + bias - yi for xi, yi in zip(x, y, strict=True)]
        rows.append(TraceRow(step, weight, bias, sum(e * e for e in errors) / n))
        weight -= learning_rate * 2.0 / n * sum(e * xi for e, xi in zip(errors, x, strict=True))
        bias -= learning_rate * 2.0 / n * sum(errors)
    return tuple(rows)
