"""The pipeline of a run: lineage, preparation, estimator."""

from typing import Any

from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sgdkit.estimators.hinge import HingeClassifier
from sgdkit.estimators.linear import LinearRegressor
from sgdkit.estimators.logistic import LogisticClassifier
from sgdkit.estimators.ranking import LinearRanker
from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance import GovernanceReport
from sgdkit.runs.config import RunConfig, Task
from sgdkit.runs.rows import Rows
from sgdkit.runs.spelling import did_you_mean, listed

__all__ = ("build_pipeline", "describe_preparation", "feature_columns")

# The losses whose raw prediction is a log-odds, so that it can be read as a probability.
_PROBABILITY_LOSSES = (None, "log_loss", "softmax")
# Below this share of non-zeros sparse rows are the smaller form by far.
_SPARSE_BELOW = 0.05


def build_pipeline(config: RunConfig, rows: Rows) -> Pipeline:
    """Return the unfitted pipeline of a run, steps ``report``, ``prepare`` and ``model``.

    Parameters
    ----------
    config : RunConfig
        What was asked for.
    rows : Rows
        Decides what is prepared, and the task.

    Raises
    ------
    InvalidParameterError
        For a parameter that the estimator does not have.
    """
    return Pipeline(
        [
            ("report", GovernanceReport(statements=config.statements or None)),
            ("prepare", _preparation(config, rows.X)),
            ("model", _estimator(config, rows.target.task)),
        ]
    )


def feature_columns(pipeline: Pipeline) -> dict[str, list[str]]:
    """Return the names of the numbers and categories that a fitted pipeline takes; empty for svmlight."""
    prepare = pipeline["prepare"]
    if not isinstance(prepare, ColumnTransformer):
        return {}
    return {name: list(columns) for name, _, columns in prepare.transformers_ if name != "remainder"}


def describe_preparation(pipeline: Pipeline) -> list[str]:
    """Return one line for each kind of column: how it is prepared, and which columns these are."""
    prepare = pipeline["prepare"]
    if not isinstance(prepare, ColumnTransformer):
        return ["each feature divided by its standard deviation, zeros kept"]
    words = {
        "numbers": "median for a gap (and a column that says so), then mean 0 and variance 1",
        "categories": "a gap is a category of its own, then one column for each value",
    }
    lines = []
    for name, transformer, columns in prepare.transformers:
        text = words[name]
        if name == "categories":
            text += f" in at least {transformer['encode'].min_frequency} rows and one for the rarer"
        noun = name if len(columns) > 1 else {"numbers": "number", "categories": "category"}[name]
        lines += [f"{len(columns)} {noun}: {text}", f"  {listed(columns, 12)}"]
    return lines


def _preparation(config: RunConfig, X: Any) -> Any:
    if not hasattr(X, "columns"):
        return StandardScaler(with_mean=False)
    numbers = [name for name in X.columns if X[name].dtype.kind == "f"]
    categories = [name for name in X.columns if name not in numbers]
    scaled = Pipeline(
        [("impute", SimpleImputer(strategy="median", add_indicator=True)), ("scale", StandardScaler())]
    )
    encoded = Pipeline(
        [
            ("impute", SimpleImputer(strategy="constant", fill_value="missing")),
            (
                "encode",
                OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=config.min_frequency),
            ),
        ]
    )
    parts = [("numbers", scaled, numbers), ("categories", encoded, categories)]
    return ColumnTransformer(
        [part for part in parts if part[2]],
        sparse_threshold=_SPARSE_BELOW,
        verbose_feature_names_out=False,
    )


def _estimator(config: RunConfig, task: Task) -> Any:
    kind: Any = LinearRegressor if task == "regression" else LinearRanker
    if task in ("binary", "multiclass"):
        kind = LogisticClassifier if config.loss in _PROBABILITY_LOSSES else HingeClassifier
    named = {key: getattr(config, key) for key in ("loss", "alpha", "optimizer", "learning_rate", "penalty")}
    settings = {key: value for key, value in named.items() if value is not None} | config.set
    settings = {key: None if value == "none" else value for key, value in settings.items()}
    estimator = kind(random_state=config.seed)
    known = estimator.get_params(deep=False)
    for key in settings:
        if key.partition("__")[0] not in known:
            raise InvalidParameterError(
                f"--set names {key!r}, which {kind.__name__} does not have.{did_you_mean(key, known)} "
                f"It has {', '.join(known)}."
            )
    try:
        return estimator.set_params(**settings)
    except ValueError as error:  # a nested name that the part does not have
        raise InvalidParameterError(str(error)) from error
