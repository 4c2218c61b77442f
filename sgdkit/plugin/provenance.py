"""Where a component comes from: its distribution and version."""

from dataclasses import dataclass
from importlib import metadata

__all__ = ("Provenance", "provenance_of_class", "provenance_of_module")


@dataclass(frozen=True, slots=True)
class Provenance:
    """The distribution that brought a component.

    Attributes
    ----------
    distribution : str
        Name on the package index, or ``"(no distribution)"`` for code that was never installed,
        such as a class from a notebook.
    version : str
        Its version, or an empty string.
    """

    distribution: str
    version: str


_LOCAL = Provenance("(no distribution)", "")


def provenance_of_module(module: str) -> Provenance:
    """Return the provenance of an importable module by its name."""
    top = module.split(".")[0]
    if top == "sgdkit":
        import sgdkit

        return Provenance("sgdkit", sgdkit.__version__)
    for distribution in metadata.packages_distributions().get(top, []):
        return Provenance(distribution, metadata.version(distribution))
    return _LOCAL


def provenance_of_class(component: type) -> Provenance:
    """Return the provenance of a class."""
    return provenance_of_module(component.__module__)
