"""replay(): train a recorded model again and compare what it learned, bit for bit."""

import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn import config_context

from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance.causes import environment_differences, likely_causes
from sgdkit.governance.collect import learned_arrays
from sgdkit.governance.evidence.data import Lineage, trace_lineage
from sgdkit.governance.evidence.environment import describe_environment, distribution_version
from sgdkit.governance.evidence.fingerprint import fingerprint
from sgdkit.governance.evidence.rows import RowHasher
from sgdkit.governance.read import plain_record
from sgdkit.governance.rebuild import from_parts, refuse_untrusted
from sgdkit.governance.record import AuditRecord
from sgdkit.governance.tabular import is_frame, memory_order, on_host

__all__ = ("TOLERANCE", "Outcome", "Replay", "replay")

TOLERANCE = 1e-6
"""Largest difference, relative to the largest number of an array, that other versions may cause."""


class Outcome(StrEnum):
    """What a replay came to."""

    BIT_FOR_BIT = "bit for bit"
    WITHIN_TOLERANCE = "within tolerance"
    DIFFERENT = "different"
    OTHER_DATA = "other data"


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay found.

    Attributes
    ----------
    outcome : Outcome
        ``"bit for bit"``: every learned array is equal. ``"within tolerance"``: equal to `tolerance`, under
        other versions or on another processor. ``"different"``. ``"other data"``: not even trained.
    n_arrays, n_equal : int
        Learned arrays compared, and those that are equal bit for bit.
    first_difference : str
        The first array, in the order of the steps, or the first column of the data, that differs.
    causes : tuple of str
        Why, most likely first; empty after an equal replay.
    environment_differences : tuple of str
        What is other here than on record, whether it mattered or not.
    tolerance : float
        As given.
    largest_difference : float or None
        Largest relative difference, where the model's values were at hand.
    """

    outcome: Outcome
    n_arrays: int = 0
    n_equal: int = 0
    first_difference: str = ""
    causes: tuple[str, ...] = ()
    environment_differences: tuple[str, ...] = ()
    tolerance: float = TOLERANCE
    largest_difference: float | None = None

    @property
    def ok(self) -> bool:
        """Whether the recorded model came out again."""
        return self.outcome in (Outcome.BIT_FOR_BIT, Outcome.WITHIN_TOLERANCE)

    def __str__(self) -> str:
        other = "".join(f"\n  other here: {words}" for words in self.environment_differences)
        if self.outcome is Outcome.BIT_FOR_BIT:
            return f"Replayed bit for bit: all {self.n_arrays} learned arrays are equal.{other}"
        if self.outcome is Outcome.WITHIN_TOLERANCE:
            return (
                f"Replayed within tolerance, not bit for bit: the largest relative difference is "
                f"{self.largest_difference:.2g}, allowed are {self.tolerance:.2g}.\n"
                f"  first difference: {self.first_difference}{other}"
            )
        if self.outcome is Outcome.OTHER_DATA:
            head = "Not replayed: these are not the recorded data."
        else:
            head = f"The replay differs: {self.n_equal} of {self.n_arrays} learned arrays are equal."
        causes = "".join(f"\n  likely cause: {cause}" for cause in self.causes)
        return f"{head}\n  first difference: {self.first_difference}{causes}"


def replay(
    record: AuditRecord | Mapping[str, Any],
    X: Any,
    y: Any = None,
    *,
    fit_params: Mapping[str, Any] | None = None,
    model: Any = None,
    trust: Collection[str] = (),
    tolerance: float = TOLERANCE,
) -> Replay:
    """Train a recorded model again and compare what it learned with the record.

    The pipeline is built from the record's class paths and parameters; only classes of scikit-learn,
    sgdkit, numpy and the packages named in `trust` are built, and nothing is unpickled. The data must have
    the recorded fingerprint. Then everything learned is compared by its hash. Under the recorded versions and
    on a processor with the same features it must be equal bit for bit. Elsewhere, with the model's values
    at hand, a difference within `tolerance` is let pass, and labelled so.

    Parameters
    ----------
    record : AuditRecord or mapping
        The record, or what ``json.loads`` gives for its JSON.
    X : array, sparse matrix or data frame of shape (n_samples, n_features)
        What ``fit`` was given.
    y : array-like of shape (n_samples,), default=None
        Its target.
    fit_params : mapping or None, default=None
        What ``fit`` was given beside X and y, under the recorded names.
    model : object, default=None
        The fitted model, for its values.
    trust : collection of str, default=()
        Further packages to build classes from.
    tolerance : float, default=1e-6
        Largest difference let pass, relative to the largest number of an array.

    Returns
    -------
    Replay

    Raises
    ------
    InvalidParameterError
        For a record that was changed, holds no recipe, names a package that is not trusted or a value that
        cannot be built; for other `fit_params` than recorded; for a model that is not the recorded one.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sgdkit import LinearRegressor, audit
    >>> from sgdkit.governance import replay
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = LinearRegressor(random_state=0).fit(X[:400], y[:400])
    >>> record = audit(model, X[400:], y[400:], X_train=X[:400], y_train=y[:400], tier="free")
    >>> replay(record, X[:400], y[:400]).outcome.value
    'bit for bit'
    """
    content = plain_record(record)
    recipe = content.get("recipe")
    if not recipe:
        raise InvalidParameterError(
            "The record holds no recipe; audit the model again with this version of sgdkit."
        )
    named = [str(part["class"]) for part in content["components"] if "." in str(part.get("class"))]
    refuse_untrusted(named, trust)
    estimator = from_parts(recipe["model"], trust)
    fit_params = _checked_fit_params(recipe, fit_params or {})
    values = None if model is None else _values_of(model, recipe)
    differences = environment_differences(content["environment"], describe_environment())
    differences += _other_components(content["components"])
    X = X if hasattr(X, "shape") else np.asarray(X)
    if recipe["data"] is not None:
        recorded = content["data"][recipe["data"]]
        if change := _changed_data(recorded, X, y):
            causes = ("the data changed, or are not the rows that were trained on, in their order",)
            return Replay(Outcome.OTHER_DATA, first_difference=change, causes=causes, tolerance=tolerance)
        X = _laid_out(X, recorded)
    with warnings.catch_warnings(), config_context(enable_metadata_routing=recipe["metadata_routing"]):
        warnings.simplefilter("ignore")  # the recorded fit has given its warnings
        estimator.fit(X, y, **fit_params)
    return _compare(content, dict(learned_arrays(estimator)), values, differences, tolerance)


def _compare(
    record: Mapping[str, Any],
    learned: Mapping[str, np.ndarray],
    values: Mapping[str, np.ndarray] | None,
    differences: tuple[str, ...],
    tolerance: float,
) -> Replay:
    recorded = record["recipe"]["learned"]
    unequal = [
        entry for entry in recorded
        if entry["path"] not in learned or fingerprint(learned[entry["path"]]) != entry["fingerprint"]
    ]  # fmt: skip
    extra = sorted(set(learned) - {entry["path"] for entry in recorded})
    found = Replay(
        Outcome.BIT_FOR_BIT,
        n_arrays=len(recorded),
        n_equal=len(recorded) - len(unequal),
        environment_differences=differences,
        tolerance=tolerance,
    )
    if not unequal and not extra:
        return found
    if unequal:
        first = _describe_difference(unequal[0], learned, values)
    else:
        first = f"{extra[0]} was learned now, and is not on record"
    largest = None
    if values is not None and not extra and all(_same_form(entry, learned) for entry in unequal):
        largest = max(_gap(entry["path"], learned, values) for entry in unequal)
    found = replace(found, first_difference=first, largest_difference=largest)
    # Where nothing is other here, bits must be equal: a small difference has a cause that is not known.
    if differences and largest is not None and largest <= tolerance:
        return replace(found, outcome=Outcome.WITHIN_TOLERANCE)
    return replace(found, outcome=Outcome.DIFFERENT, causes=likely_causes(record, differences))


def _same_form(entry: Mapping[str, Any], learned: Mapping[str, np.ndarray]) -> bool:
    array = learned.get(entry["path"])
    return array is not None and str(array.dtype) == entry["dtype"] and list(array.shape) == entry["shape"]


def _gap(path: str, learned: Mapping[str, np.ndarray], values: Mapping[str, np.ndarray]) -> float:
    """Largest difference of two arrays, relative to the largest number; infinite where they are no floats."""
    now, then = learned[path], values[path]
    if path.rpartition(".")[2].startswith("n_iter"):
        return 0.0  # how many iterations it took is not what was learned
    if now.dtype.kind not in "fc" or not np.array_equal(np.isfinite(now), np.isfinite(then)):
        return float("inf")
    kept = np.isfinite(now)
    scale = float(np.abs(then[kept]).max(initial=0.0)) or 1.0
    return float(np.abs(now[kept] - then[kept]).max(initial=0.0)) / scale


def _describe_difference(
    entry: Mapping[str, Any], learned: Mapping[str, np.ndarray], values: Mapping[str, np.ndarray] | None
) -> str:
    path = entry["path"].lstrip("./") or "the model"
    array = learned.get(entry["path"])
    if array is None:
        return f"{path} is on record, and was not learned now"
    if not _same_form(entry, learned):
        shape = "x".join(map(str, entry["shape"])) or "a number"
        return f"{path} was {entry['dtype']} ({shape}) and is {array.dtype} of shape {array.shape}"
    if values is None:
        return f"{path} ({array.size} numbers)"
    then = values[entry["path"]]
    places = np.argwhere(np.atleast_1d(array != then))
    place = tuple(places[0].tolist()) if len(places) else ()
    if not array.ndim:
        return f"{path} was {then.item()!r} and is {array.item()!r}"
    index = ", ".join(map(str, place))
    return f"{path}[{index}] was {then[place].item()!r} and is {array[place].item()!r}"


def _values_of(model: Any, recipe: Mapping[str, Any]) -> dict[str, np.ndarray]:
    values = dict(learned_arrays(model))
    for entry in recipe["learned"]:
        if entry["path"] not in values or fingerprint(values[entry["path"]]) != entry["fingerprint"]:
            raise InvalidParameterError(
                f"The model at hand is not the recorded one: its {entry['path'].lstrip('./')} differs."
            )
    return values


def _checked_fit_params(recipe: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in given.items() if value is not None}
    recorded = recipe["fit_params"]
    if set(given) != set(recorded):
        raise InvalidParameterError(
            f"fit was given {_listed(recorded)} beside X and y, and now {_listed(given)}; pass the same as "
            "fit_params."
        )
    for name, value in given.items():
        if fingerprint(value) != recorded[name]:
            raise InvalidParameterError(
                f"{name} is not what fit was given: its fingerprint is another than the recorded one."
            )
    return given


def _changed_data(recorded: Mapping[str, Any], X: Any, y: Any) -> str:
    """The first thing about the data that differs from the record; empty where nothing does."""
    now, _ = trace_lineage(X, None if y is None else np.asarray(on_host(y)), hasher=RowHasher(b"replay"))
    if now.fingerprint != recorded["fingerprint"]:
        return _changed_table(recorded, now)
    target = recorded["target"]
    if (target is None) != (now.target is None):
        return "the target was given" if target is None else "the target is missing"
    if target is not None and now.target is not None and now.target.fingerprint != target["fingerprint"]:
        flat = fingerprint(np.ravel(np.asarray(on_host(y))))
        return "" if flat == target["fingerprint"] else "the target y"
    return ""


def _laid_out(X: Any, recorded: Mapping[str, Any]) -> Any:
    """Equal values, laid out in memory as they were: the last bits of sums depend on it."""
    if sp.issparse(X):
        kind = getattr(sp, recorded["container"], None)
        return X if kind is None or type(X) is kind else kind(X)
    order = recorded["memory_order"]
    if not order or memory_order(X) in ("", order):
        return X
    values = np.asarray(X, order=order)
    return type(X)(values, columns=X.columns, index=X.index, copy=False) if is_frame(X) else values


def _changed_table(recorded: Mapping[str, Any], now: Lineage) -> str:
    for name, words in (("n_rows", "rows"), ("n_columns", "columns")):
        if getattr(now, name) != recorded[name]:
            return f"{recorded[name]:,} {words} are on record, and {getattr(now, name):,} were given"
    for column, then in zip(now.columns, recorded["columns"], strict=False):
        if column.name != then["name"]:
            return f"the column {then['name']!r} is called {column.name!r}, or stands elsewhere"
        if column.dtype != then["dtype"]:
            return f"the column {column.name!r} was {then['dtype']} and is {column.dtype}"
        if column.fingerprint != then["fingerprint"]:
            return f"the column {column.name!r}"
    if now.container != recorded["container"]:
        return f"the table was a {recorded['container']} and is a {now.container}"
    return "the table; beyond 256 columns the record does not say which"


def _other_components(components: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Distributions of the model's parts whose version is another here."""
    found = []
    for part in components:
        name, version = part.get("distribution"), part.get("version")
        here = distribution_version(str(name)) if name else ""
        if name and version and here != version:
            found.append(f"{name} was {version} and is {here or 'not installed'}")
    return tuple(dict.fromkeys(found))


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"
