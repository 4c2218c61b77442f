"""What a record must hold so that a run can be repeated from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sklearn import get_config

from sgdkit.governance.collect import learned_arrays
from sgdkit.governance.evidence.fingerprint import fingerprint
from sgdkit.governance.evidence.parts import to_parts

__all__ = ("LearnedArray", "Recipe", "describe_learned", "describe_recipe", "seeds_of")

# Reasons to stop that depend on the clock or on code which is not on record.
_UNREPEATABLE_STOPS: Mapping[str, str] = {
    "callback": "A callback ended training, and callbacks are not on record.",
    "max_seconds": "A limit of time ended training, and time is not repeatable.",
}


@dataclass(frozen=True, slots=True)
class LearnedArray:
    """One array that a model learned: its place in the model, and a fingerprint of its values."""

    path: str
    dtype: str
    shape: tuple[int, ...]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train a model again.

    Attributes
    ----------
    model : mapping
        Classes and parameters, nested; see `sgdkit.governance.evidence.parts.to_parts`.
    data : int or None
        Which entry of the record's ``data`` is the table that ``fit`` was given; None where that is not
        on record.
    fit_params : mapping of str to str
        Fingerprints of what ``fit`` was given beside X and y.
    metadata_routing : bool
        scikit-learn's setting.
    learned : tuple of LearnedArray
        What training gave, in the order of the steps.
    obstacles : tuple of str
        Why a replay cannot be expected to give the same; empty where it can.
    """

    model: Any
    data: int | None
    fit_params: Mapping[str, str] = field(default_factory=dict)
    metadata_routing: bool = False
    learned: tuple[LearnedArray, ...] = ()
    obstacles: tuple[str, ...] = ()


def describe_recipe(
    model: Any,
    final: Any,
    *,
    data: int | None,
    fit_params: Mapping[str, Any],
    refit_equal: bool | None,
) -> Recipe:
    """Describe how to train a fitted model again.

    Parameters
    ----------
    model, final : object
        Fitted pipeline or estimator, and its last step.
    data : int or None
        As in `Recipe`.
    fit_params : mapping
        What ``fit`` was given beside X and y.
    refit_equal : bool or None
        Whether training again gave the same in this process; None where it was not tried. It tells
        whether an unset seed matters, which no parameter does.

    Returns
    -------
    Recipe
    """
    obstacles: list[str] = []
    parts = to_parts(model, "", obstacles)
    learned = describe_learned(model)
    stop = str(getattr(final, "stop_reason_", ""))
    if stop in _UNREPEATABLE_STOPS:
        obstacles.append(_UNREPEATABLE_STOPS[stop])
    if unset := sorted(key for key, value in seeds_of(model).items() if value is None):
        if not refit_equal:
            names = ", ".join(unset)
            obstacles.append(f"{names} is None, so the seed of this run is not known; set it to an integer.")
    elif refit_equal is False:
        obstacles.append("Training again on the same rows gave another model in the audit itself.")
    if data is None:
        obstacles.append("The data that fit was given left no fingerprint; give X_train and y_train.")
    if not learned:
        obstacles.append(f"{type(final).__name__} keeps what it learned where it cannot be compared.")
    return Recipe(
        model=parts,
        data=data,
        fit_params={
            name: fingerprint(value) for name, value in sorted(fit_params.items()) if value is not None
        },
        metadata_routing=bool(get_config()["enable_metadata_routing"]),
        learned=learned,
        obstacles=tuple(obstacles),
    )


def describe_learned(model: Any) -> tuple[LearnedArray, ...]:
    """Describe every learned array of a fitted model, in the order of its steps."""
    return tuple(
        LearnedArray(path, str(array.dtype), tuple(array.shape), fingerprint(array))
        for path, array in learned_arrays(model)
    )


def seeds_of(model: Any) -> dict[str, Any]:
    """Return the seeds among the parameters of a model, nested ones included."""
    params = model.get_params(deep=True)
    return {key: value for key, value in params.items() if key.rpartition("__")[2] == "random_state"}
