"""Optional dependencies, imported on use."""

from importlib import import_module
from typing import Any

__all__ = ("import_extra",)


def import_extra(module: str, extra: str, purpose: str) -> Any:
    """Import an optional module, or say which extra brings it.

    Raises
    ------
    ImportError
        When the module is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(
            f'{purpose} needs {module.partition(".")[0]}; install it with: pip install "sgdkit[{extra}]"'
        ) from error
