"""The demonstration's problems, from data sets that ship with scikit-learn."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes

from sgdkit.demo.statements import BREAST_CANCER, DIABETES, RANKING, SHARED
from sgdkit.estimators.hinge import HingeClassifier
from sgdkit.estimators.linear import LinearRegressor
from sgdkit.estimators.logistic import LogisticClassifier
from sgdkit.estimators.ranking import LinearRanker

__all__ = ("Case", "load_cases", "load_ranking_case")

_WHERE = "442 patients, ten measurements each (Efron et al., 2004; ships with scikit-learn)."


@dataclass(frozen=True)
class Case:
    """One problem: the data, the estimator and what is said about them.

    Attributes
    ----------
    name, context, goal : str
        Headings of the report.
    X, y : data frame, ndarray
        Rows and target.
    estimator : estimator
        Unfitted, without a scaler.
    metric : str
        What the search tunes on.
    statements : mapping
        What the example declares about itself, by governance dimension.
    sensitive : str or None
        Column of X with the protected attribute.
    queries : ndarray or None
        Query of each row, for a ranking.
    """

    name: str
    context: str
    goal: str
    X: Any
    y: np.ndarray
    estimator: Any
    metric: str
    statements: Mapping[str, Any]
    sensitive: str | None = None
    queries: np.ndarray | None = None


def _diabetes() -> tuple[Any, np.ndarray]:
    data = load_diabetes(as_frame=True, scaled=False)
    # The file codes sex as 1 and 2 and does not say which is which.
    return data.data, data.target.to_numpy()


def load_cases() -> list[Case]:
    """Return the regression and the classifications."""
    X, progression = _diabetes()
    above = (progression > np.median(progression)).astype(int)
    cells = load_breast_cancer(as_frame=True)
    return [
        Case(
            "Diabetes progression",
            f"Linear regression of disease progression after one year. {_WHERE}",
            "Predict progression with R² above a constant, alike for both values of sex.",
            X,
            progression,
            LinearRegressor(random_state=0),
            "r2",
            SHARED | DIABETES,
            sensitive="sex",
        ),
        Case(
            "Diabetes above the median, logistic",
            f"Logistic classification: is progression above the median of all patients? {_WHERE}",
            "Tell the two halves apart, with probabilities that can be read as such.",
            X,
            above,
            LogisticClassifier(random_state=0),
            "accuracy",
            SHARED | DIABETES,
            sensitive="sex",
        ),
        Case(
            "Diabetes above the median, hinge",
            f"The same question for a linear support vector machine. {_WHERE}",
            "Tell the two halves apart with a margin.",
            X,
            above,
            HingeClassifier(random_state=0),
            "accuracy",
            SHARED | DIABETES,
            sensitive="sex",
        ),
        Case(
            "Breast cancer, logistic",
            "Logistic classification of 569 tumours as benign (1) or malignant (0) from 30 figures measured "
            "on cell images (Wolberg et al., 1995; ships with scikit-learn). The data name no protected "
            "attribute.",
            "Tell benign from malignant tumours.",
            cells.data,
            cells.target.to_numpy(),
            LogisticClassifier(random_state=0),
            "accuracy",
            SHARED | BREAST_CANCER,
        ),
    ]


def load_ranking_case() -> Case:
    """Return the ranking: patients of one age, ordered by progression.

    The column `age`, in whole years, is the query: each age found in the data is one query, and it
    is taken out of the features, since it says nothing within a query. The grade is 0 to 3 by
    fixed bounds on progression.
    """
    X, progression = _diabetes()
    grades = np.digitize(progression, [100.0, 150.0, 220.0])
    return Case(
        "Diabetes ranking within an age",
        "Linear ranking: patients of the same age in years, ordered by disease progression in four grades "
        f"(bounds 100, 150, 220). The column age makes the queries and is no feature. {_WHERE} The audit has "
        "fewer checks for rankings than for predictions, and each one it lacks counts as missing evidence.",
        "Put the patients whose disease will progress most at the top of each list.",
        X.drop(columns="age"),
        grades,
        LinearRanker(random_state=0, ndcg_k=5),
        "score",
        SHARED | DIABETES | RANKING,
        sensitive="sex",
        queries=X["age"].astype(int).to_numpy(),
    )
