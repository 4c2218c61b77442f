"""What each step of a pipeline does to the columns: one function for each kind of step."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
)
from sklearn.utils.validation import check_is_fitted

from sgdkit.exceptions import UnsupportedCombinationError
from sgdkit.export.columns import Column, plain
from sgdkit.governance.report import GovernanceReport

__all__ = ("columns_after",)

Columns = list[Column]


def columns_after(step: Any, columns: Columns) -> Columns:
    """Return the columns that leave a fitted step.

    Raises
    ------
    UnsupportedCombinationError
        For a step, or a setting of one, that has no plain form.
    """
    if step is None or step == "passthrough":
        return columns
    if type(step) not in STEPS:
        known = ", ".join(sorted(kind.__name__ for kind in STEPS))
        raise UnsupportedCombinationError(
            f"{type(step).__name__} has no plain JSON form; steps may be {known} and 'passthrough'."
        )
    check_is_fitted(step)
    return STEPS[type(step)](step, columns)


def _pipeline(step: Any, columns: Columns) -> Columns:
    for _, inner in step.steps:
        columns = columns_after(inner, columns)
    return columns


def _column_transformer(step: Any, columns: Columns) -> Columns:
    names = list(getattr(step, "feature_names_in_", ()))
    out = []
    for _, inner, selected in step.transformers_:
        chosen = [columns[j] for j in _positions(selected, names, len(columns))]
        if chosen and not (isinstance(inner, str) and inner == "drop"):
            out += columns_after(inner, chosen)
    return out


def _positions(selected: Any, names: list[str], n_columns: int) -> list[int]:
    """Positions that a column selection of a ColumnTransformer means."""
    if isinstance(selected, slice):
        start, stop = selected.start, selected.stop
        # Unlike positions, names include the last one.
        start = names.index(start) if isinstance(start, str) else start
        stop = names.index(stop) + 1 if isinstance(stop, str) else stop
        return list(range(n_columns)[start : stop : selected.step])
    keys = [selected] if isinstance(selected, str | int) else list(selected)
    if keys and all(isinstance(key, bool | np.bool_) for key in keys):
        return [j for j, key in enumerate(keys) if key]
    return [names.index(key) if isinstance(key, str) else range(n_columns)[key] for key in keys]


def _identity(step: Any, columns: Columns) -> Columns:
    return columns


def _function(step: FunctionTransformer, columns: Columns) -> Columns:
    if step.func is not None:
        raise UnsupportedCombinationError(
            f"FunctionTransformer(func={step.func!r}) has no plain JSON form; only func=None has."
        )
    return columns


def _standard_scaler(step: StandardScaler, columns: Columns) -> Columns:
    center = step.mean_ if step.with_mean else np.zeros(len(columns))
    scale = step.scale_ if step.with_std else np.ones(len(columns))
    return [column.rescaled(float(c), float(s)) for column, c, s in zip(columns, center, scale, strict=True)]


def _min_max_scaler(step: MinMaxScaler, columns: Columns) -> Columns:
    if step.clip:
        raise UnsupportedCombinationError("MinMaxScaler(clip=True) has no plain JSON form; use clip=False.")
    return [
        column.rescaled(float(-low / factor), float(1.0 / factor))
        for column, low, factor in zip(columns, step.min_, step.scale_, strict=True)
    ]


def _simple_imputer(step: SimpleImputer, columns: Columns) -> Columns:
    if plain(step.missing_values) is not None:
        raise UnsupportedCombinationError(
            f"SimpleImputer(missing_values={step.missing_values!r}) has no plain JSON form: missing is null "
            "there. Read the data with that marker as NaN, and fit again."
        )
    values = [plain(value) for value in step.statistics_]
    # A column without any value has no statistic and is left out.
    out = [column.imputed(value) for column, value in zip(columns, values, strict=True) if value is not None]
    if step.add_indicator:
        for j in step.indicator_.features_:
            if columns[j].table is not None:
                raise UnsupportedCombinationError(
                    "SimpleImputer(add_indicator=True) after an encoder has no plain JSON form; impute first."
                )
            table = {None: 1.0} if columns[j].missing is None else {}
            out.append(Column(columns[j].source, table=table, unknown=0.0))
    return out


def _categories(step: Any, j: int, column: Column) -> list[Any]:
    """Categories of one input of an encoder, as JSON has them."""
    if not column.is_raw():
        raise UnsupportedCombinationError(
            f"{type(step).__name__} after a scaler or another encoder has no plain JSON form; encode first."
        )
    categories = [plain(value) for value in step.categories_[j]]
    if len(set(categories)) < len(categories):
        raise UnsupportedCombinationError(
            f"{type(step).__name__} knows None and NaN as two categories, which JSON cannot tell apart."
        )
    return categories


def _one_hot_encoder(step: OneHotEncoder, columns: Columns) -> Columns:
    out = []
    for j, column in enumerate(columns):
        categories = _categories(step, j, column)
        grouped = getattr(step, "infrequent_categories_", [None] * len(columns))[j]
        rare = set() if grouped is None else {plain(value) for value in grouped}
        dropped = None if step.drop_idx_ is None else step.drop_idx_[j]
        shown = [{category} for category in categories if category not in rare] + ([rare] if rare else [])
        if dropped is not None:
            shown = [group for group in shown if categories[dropped] not in group]
        for group in shown:
            as_rare = step.handle_unknown in ("infrequent_if_exist", "warn") and group == rare
            unknown = None if step.handle_unknown == "error" else float(as_rare)
            table = {category: float(category in group) for category in categories}
            out.append(Column(column.source, column.missing, table=table, unknown=unknown))
    return out


def _ordinal_encoder(step: OrdinalEncoder, columns: Columns) -> Columns:
    if step.min_frequency is not None or step.max_categories is not None:
        raise UnsupportedCombinationError(
            "OrdinalEncoder with min_frequency or max_categories has no plain JSON form; leave them out."
        )
    out = []
    for j, column in enumerate(columns):
        table = {
            category: float(step.encoded_missing_value if category is None else code)
            for code, category in enumerate(_categories(step, j, column))
        }
        unknown = None if step.handle_unknown == "error" else float(step.unknown_value)
        out.append(Column(column.source, column.missing, table=table, unknown=unknown))
    return out


STEPS: dict[type, Callable[[Any, Columns], Columns]] = {
    ColumnTransformer: _column_transformer,
    FunctionTransformer: _function,
    GovernanceReport: _identity,
    MinMaxScaler: _min_max_scaler,
    OneHotEncoder: _one_hot_encoder,
    OrdinalEncoder: _ordinal_encoder,
    Pipeline: _pipeline,
    SimpleImputer: _simple_imputer,
    StandardScaler: _standard_scaler,
}
