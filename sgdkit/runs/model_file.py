"""A fitted model in a file that runs no code when it is opened."""

import dataclasses
import importlib
import zipfile
from pathlib import Path
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from sgdkit.exceptions import InvalidParameterError
from sgdkit.extras import import_extra
from sgdkit.plugin.registry import default_registry
from sgdkit.plugin.specs import HOOKS

__all__ = ("MODEL_FILE", "load_model", "save_model")

MODEL_FILE = "model.skops"


def save_model(model: Pipeline, path: str | Path) -> None:
    """Write a fitted pipeline.

    Parameters
    ----------
    model : Pipeline
        Fitted, without callbacks.
    path : str or Path
        The file.

    Raises
    ------
    InvalidParameterError
        When the model holds objects of a class that `load_model` would not open again.
    ImportError
        Without skops.
    """
    skops = import_extra("skops.io", "cli", "Writing models")
    skops.dump(model, path)
    if strange := _strange(skops, path):
        raise InvalidParameterError(
            f"The model holds objects of {', '.join(strange)}, which cannot be opened safely again; take a "
            "component that is registered by an installed plugin."
        )


def load_model(path: str | Path) -> Pipeline:
    """Return the model that a run wrote.

    The file is data, not a pickle: only scikit-learn's classes, sgdkit's estimators and records, and
    the components of installed plugins are made from it, and no code in it runs.

    Parameters
    ----------
    path : str or Path
        The file, or the folder of the run.

    Returns
    -------
    Pipeline
        Fitted.

    Raises
    ------
    InvalidParameterError
        For a missing file, one that is no model, or one with objects of other classes.
    ImportError
        Without skops.
    """
    path = Path(path)
    file = path / MODEL_FILE if path.is_dir() else path
    if not file.exists():
        raise InvalidParameterError(
            f"There is no model at {str(file)!r}; give the folder that sgdkit train wrote."
        )
    skops = import_extra("skops.io", "cli", "Opening models")
    try:
        strange = _strange(skops, file)
        if strange:
            raise InvalidParameterError(
                f"{file} holds objects of {', '.join(strange)}, which sgdkit does not open; if a plugin has "
                "them, install it."
            )
        model = skops.load(file, trusted=skops.get_untrusted_types(file=file))
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, ImportError, AttributeError) as error:
        if isinstance(error, InvalidParameterError):
            raise
        raise InvalidParameterError(f"{file} is no model that sgdkit train wrote: {error}.") from error
    if not isinstance(model, Pipeline) or list(model.named_steps) != ["report", "prepare", "model"]:
        raise InvalidParameterError(f"{file} holds another kind of model than sgdkit train writes.")
    return model


def _strange(skops: Any, path: str | Path) -> list[str]:
    """Names of the classes in a file that are neither scikit-learn's nor known here."""
    registered = {
        f"{part.__module__}.{part.__qualname__}"
        for kind in HOOKS
        for part in default_registry().table(kind).values()
    }
    names = skops.get_untrusted_types(file=path)
    return [name for name in names if name not in registered and not _is_own(name)]


def _is_own(name: str) -> bool:
    """Whether a name is a class of sgdkit that only holds values; importing sgdkit's modules is harmless."""
    if name == "numpy.dtype":
        return True
    module, _, attribute = name.rpartition(".")
    if module.partition(".")[0] != "sgdkit" or module.endswith("__main__"):
        return False
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError):
        return False
    return isinstance(found, type) and (issubclass(found, BaseEstimator) or dataclasses.is_dataclass(found))
