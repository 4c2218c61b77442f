"""Take a fitted model apart: search, pipeline, steps, reports and learned parameters."""

import copy
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance.evidence.fingerprint import fingerprint

__all__ = ("FittedModel", "collect", "learned_arrays", "parameters_hash")

# Times, traces and lineage describe a run; they are not what it learned.
_NOT_LEARNED = frozenset({"history_", "lineage_", "fit_result_", "diagnosis_", "refit_time_", "cv_results_"})
_DENSE_SIZE = 1e7
_MAX_DEPTH = 6


@dataclass(frozen=True, slots=True)
class FittedModel:
    """A fitted model in its parts.

    Attributes
    ----------
    model : object
        What predicts: the pipeline or estimator, the best one of a search.
    search : object or None
        The fitted search it came from.
    steps : tuple of (str, object)
        Steps in order; a bare estimator is its own only step.
    report_index : int or None
        Position of the first step that recorded a lineage.
    """

    model: Any
    search: Any | None
    steps: tuple[tuple[str, Any], ...]
    report_index: int | None

    @property
    def final(self) -> Any:
        """The estimator at the end."""
        return self.steps[-1][1]

    @property
    def final_name(self) -> str:
        """Name of the last step."""
        return self.steps[-1][0]

    @property
    def report(self) -> Any | None:
        """The step that recorded the lineage."""
        return None if self.report_index is None else self.steps[self.report_index][1]

    @property
    def is_pipeline(self) -> bool:
        """Whether anything comes before the final estimator."""
        return len(self.steps) > 1

    def before(self, index: int, X: Any) -> Any:
        """`X` as it reaches step `index`; negative numbers count from the end."""
        index = index % len(self.steps)
        return self.model[:index].transform(X) if index else X

    def searched(self, *names: str) -> Mapping[str, tuple[Any, ...]]:
        """Values that a search tried for parameters whose last part is among `names`."""
        if self.search is None:
            return {}
        tried: dict[str, list[Any]] = {}
        for candidate in self.search.cv_results_["params"]:
            for key, value in candidate.items():
                if key.rpartition("__")[2] in names:
                    values = tried.setdefault(key, [])
                    if not any(value is seen or _equal(value, seen) for seen in values):
                        values.append(value)
        return {key: tuple(values) for key, values in tried.items() if len(values) > 1}


def collect(fitted: Any) -> FittedModel:
    """Take a fitted estimator, pipeline or search apart.

    Parameters
    ----------
    fitted : object
        Fitted scikit-learn estimator, pipeline, or search with ``refit``.

    Returns
    -------
    FittedModel
        The parts.

    Raises
    ------
    InvalidParameterError
        When a search was not refitted, so no model exists to audit.
    sklearn.exceptions.NotFittedError
        When the model was not fitted.
    """
    search = None
    model = fitted
    if hasattr(fitted, "cv_results_") or (hasattr(fitted, "param_grid") and hasattr(fitted, "refit")):
        check_is_fitted(fitted, "cv_results_")
        if not hasattr(fitted, "best_estimator_"):
            raise InvalidParameterError(
                f"This {type(fitted).__name__} was fitted with refit=False, so it holds no model to audit. "
                "Fit it with refit=True, or with the name of a metric."
            )
        search, model = fitted, fitted.best_estimator_
    check_is_fitted(model)
    steps = tuple(getattr(model, "steps", ())) if hasattr(model, "named_steps") else ()
    steps = steps or ((type(model).__name__.lower(), model),)
    reports = [i for i, (_, step) in enumerate(steps) if hasattr(step, "lineage_")]
    return FittedModel(model, search, steps, reports[0] if reports else None)


def parameters_hash(model: Any) -> tuple[str, int]:
    """SHA-256 over everything numeric that a model learned.

    Parameters
    ----------
    model : object
        Fitted estimator or pipeline.

    Returns
    -------
    hash : str
        Depends on names, types and values of the public fitted attributes, nested estimators included;
        not on memory layout, object identity, times or the file a model is stored in.
    n_values : int
        Number of learned numbers covered; 0 when an estimator keeps what it learned elsewhere.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sgdkit.governance.collect import parameters_hash
    >>> X, y = [[0.0], [1.0], [2.0]], [0.0, 1.0, 2.0]
    >>> parameters_hash(Ridge().fit(X, y)) == parameters_hash(Ridge().fit(X, y))
    True
    """
    digest = hashlib.sha256()
    count = 0
    for path, array in learned_arrays(model):
        digest.update(f"{path}={fingerprint(array)};".encode())
        count += array.size
    return "sha256:" + digest.hexdigest(), count


def learned_arrays(model: Any) -> Iterator[tuple[str, np.ndarray]]:
    """Every learned array of a model with its path, nested estimators included, in a fixed order."""
    return _learned(model, "", 0)


def _learned(value: Any, path: str, depth: int) -> Iterator[tuple[str, np.ndarray]]:
    """Every learned array below `value`, with its path, in a fixed order."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, (bool, int, float, np.generic, np.ndarray)):
        array = np.asarray(value)
        if array.dtype.kind in "biufcSU":
            yield path, array
        elif array.dtype.kind == "O":
            yield from _learned(array.ravel().tolist(), path, depth + 1)
    elif isinstance(value, (list, tuple)):
        for position, item in enumerate(value):
            yield from _learned(item, f"{path}[{position}]", depth + 1)
    elif isinstance(value, Mapping):
        for key in sorted(value, key=str):
            yield from _learned(value[key], f"{path}[{key}]", depth + 1)
    elif hasattr(value, "toarray") and hasattr(value, "tocsr"):
        if np.prod(value.shape, dtype=float) <= _DENSE_SIZE:  # equal numbers are equal however they are kept
            yield path, value.toarray()
            return
        csr = value.tocsr()
        for name in ("indptr", "indices", "data"):
            yield f"{path}.{name}", getattr(csr, name)
    elif hasattr(value, "named_steps"):
        for name, step in value.steps:
            yield from _learned(step, f"{path}/{name}", depth + 1)
    elif hasattr(value, "get_params"):
        if hasattr(value, "densify") and hasattr(getattr(value, "coef_", None), "toarray"):
            value = copy.copy(value).densify()  # in the shape that a fit would give them
        for name in sorted(vars(value)):
            if name.endswith("_") and not name.startswith("_") and name not in _NOT_LEARNED:
                yield from _learned(vars(value)[name], f"{path}.{name}", depth + 1)


def _equal(a: Any, b: Any) -> bool:
    try:
        return bool(a == b)
    except (TypeError, ValueError):
        return False
