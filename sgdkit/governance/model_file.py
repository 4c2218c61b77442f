"""A fitted model from a file that runs no code when it is opened."""

import importlib
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

from sgdkit.exceptions import InvalidParameterError
from sgdkit.extras import import_extra
from sgdkit.governance.rebuild import refuse_untrusted

__all__ = ("load_model",)


def load_model(path: str | Path, trust: Collection[str] = ()) -> Any:
    """Return the fitted model in a skops file, for its values.

    Parameters
    ----------
    path : str or Path
        A ``.skops`` file, or a folder with a ``model.skops``.
    trust : collection of str, default=()
        Packages whose classes may be made, beside scikit-learn, sgdkit and numpy.

    Returns
    -------
    object

    Raises
    ------
    InvalidParameterError
        For a missing file, one that is no model, or one with objects of other packages.
    ImportError
        Without skops.
    """
    path = Path(path)
    path = path / "model.skops" if path.is_dir() else path
    if not path.is_file():
        raise InvalidParameterError(f"There is no model at {str(path)!r}; give a .skops file.")
    skops = import_extra("skops.io", "card", "Opening models")
    try:
        names = skops.get_untrusted_types(file=path)
        refuse_untrusted(names, trust)
        for name in names:
            _refuse_functions(name)
        return skops.load(path, trusted=names)
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, ImportError, AttributeError) as error:
        if isinstance(error, InvalidParameterError):
            raise
        raise InvalidParameterError(f"{path} is no model that skops wrote: {error}.") from error


def _refuse_functions(name: str) -> None:
    """Refuse anything but a class: a function's name in a file would be a call waiting to happen."""
    module, _, attribute = name.rpartition(".")
    if not isinstance(getattr(importlib.import_module(module), attribute), type):
        raise InvalidParameterError(f"The file names {name}, which is no class; a model needs classes only.")
