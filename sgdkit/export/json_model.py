"""A fitted model, with its preprocessing, as plain JSON."""

import json
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

import sgdkit
from sgdkit.estimators._base import LinearModel
from sgdkit.estimators.logistic import LogisticClassifier
from sgdkit.exceptions import InvalidParameterError
from sgdkit.export.columns import Column, plain
from sgdkit.export.link import link_of
from sgdkit.export.preprocessing import columns_after
from sgdkit.inspection.fitted import coefficients

__all__ = ("to_json",)

FORMAT, VERSION = "sgdkit.linear", 1


def to_json(model: Any) -> str:
    """Return a fitted model, or a pipeline that ends in one, as a JSON text.

    Preprocessing is folded into the terms of the sum, so that a reader needs no library: a
    dozen lines in any language score it. The user guide has them, and the schema.

    Parameters
    ----------
    model : estimator or Pipeline
        A fitted `LinearRegressor`, `LogisticClassifier`, `HingeClassifier` or `LinearRanker`, or a
        pipeline that leads to one through `StandardScaler`, `MinMaxScaler`, `OneHotEncoder`,
        `OrdinalEncoder`, `SimpleImputer`, `ColumnTransformer`, `GovernanceReport`, pipelines of these
        and ``"passthrough"``.

    Returns
    -------
    str
        Numbers are written so that reading them gives the same floats.

    Raises
    ------
    UnsupportedCombinationError
        For a step, or a setting of one, without a plain form; it is named.
    InvalidParameterError
        For a model that is not one of sgdkit's.
    NotFittedError
        For a model that is not fitted.

    Examples
    --------
    >>> import json
    >>> from sklearn.datasets import load_diabetes
    >>> from sgdkit import LinearRegressor
    >>> from sgdkit.export import to_json
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> model = LinearRegressor(random_state=0).fit(X, y)
    >>> read = json.loads(to_json(model))
    >>> read["link"], read["inputs"][:3]
    ('identity', ['age', 'sex', 'bmi'])
    >>> bool(read["outputs"][0]["terms"][2]["weight"] == model.coef_[2])
    True
    """
    steps = [step for _, step in model.steps] if isinstance(model, Pipeline) else [model]
    final = steps[-1]
    if not isinstance(final, LinearModel):
        raise InvalidParameterError(
            f"{type(final).__name__} is none of sgdkit's estimators; pass one, or a Pipeline that ends in "
            "one (of a search its best_estimator_)."
        )
    check_is_fitted(final)
    first = next(step for step in steps if hasattr(step, "n_features_in_"))
    inputs = list(getattr(first, "feature_names_in_", range(first.n_features_in_)))
    columns = [Column(j) for j in range(len(inputs))]
    for step in steps[:-1]:
        columns = columns_after(step, columns)
    classes = [plain(label) for label in final.classes_] if hasattr(final, "classes_") else None
    coef, intercept = coefficients(final)
    content = {
        "format": FORMAT,
        "version": VERSION,
        "made_by": f"sgdkit {sgdkit.__version__}",
        "model": type(final).__name__,
        "inputs": inputs,
        "classes": classes,
        "link": _link(final, len(coef)),
        "outputs": [
            {"intercept": float(b), "terms": _terms(columns, w, inputs)}
            for w, b in zip(coef, np.broadcast_to(intercept, len(coef)), strict=True)
        ],
    }
    return json.dumps(content, ensure_ascii=False, allow_nan=False)


def _link(final: Any, n_outputs: int) -> str:
    """What makes a probability of raw predictions."""
    if isinstance(final, LogisticClassifier):
        return "logistic" if n_outputs == 1 else "softmax"
    return link_of(final)


def _terms(columns: list[Column], weights: np.ndarray, inputs: list[Any]) -> list[dict[str, Any]]:
    """Terms of one output: one for each number, one for each set of categories of an input."""
    numbers: list[dict[str, Any]] = []
    categories: dict[tuple[Any, ...], dict[str, Any]] = {}
    for column, weight in zip(columns, weights.tolist(), strict=True):
        start = {"input": inputs[column.source], "missing": column.missing}
        if column.table is None:
            if weight != 0.0:
                numbers.append(start | {"center": column.center, "scale": column.scale, "weight": weight})
            continue
        # A code that is not a number would have been refused by the model, as an unknown category is.
        unknown = (
            None if column.unknown is None or column.unknown != column.unknown else column.unknown * weight
        )
        key = (column.source, column.missing, *column.table, unknown is None)
        term = categories.setdefault(
            key,
            start | {"points": dict.fromkeys(column.table, 0.0), "unknown": None if unknown is None else 0.0},
        )
        for category, value in column.table.items():
            term["points"][category] += value * weight
        if unknown is not None:
            term["unknown"] += unknown
    for term in categories.values():
        term["points"] = [[category, points] for category, points in term["points"].items()]
    return numbers + list(categories.values())
