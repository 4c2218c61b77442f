"""The entry point: registers Lion with sgdkit."""

from sgdkit.plugin import hookimpl
from sgdkit_lion.lion import Lion


@hookimpl
def sgdkit_register_optimizers():
    """Return the optimizers of this distribution."""
    return [Lion]
