"""Components by name: one table a kind, filled through the hooks."""

import difflib
from typing import Any

from sgdkit.exceptions import InvalidParameterError, PluginError, UnknownComponentError
from sgdkit.plugin.manager import PluginManager
from sgdkit.plugin.provenance import provenance_of_class
from sgdkit.plugin.specs import HOOKS

__all__ = ("Registry", "default_registry")

# Plugins that exist but may not be installed, so that the error can name them.
KNOWN_DISTRIBUTIONS = {"lion": "sgdkit-lion"}


class Registry:
    """Looks components up by kind and name.

    Plugins are loaded on the first name that no built-in has, so whoever uses built-ins alone
    never pays for them.

    Parameters
    ----------
    manager : PluginManager, default=None
        None makes a fresh one.
    """

    def __init__(self, manager: PluginManager | None = None):
        self.manager = manager or PluginManager()

    def table(self, kind: str, *, plugins: bool = True) -> dict[str, type]:
        """Return all components of a kind by name, sorted.

        Parameters
        ----------
        kind : {"loss", "optimizer", "learning_rate"}
            Which table.
        plugins : bool, default=True
            Whether to load installed plugins and include what they bring; otherwise only built-ins count.

        Raises
        ------
        PluginError
            If two distributions claim one name.
        """
        if plugins:
            self.manager.load_plugins()
        found: dict[str, type] = {}
        for component in self.manager.call(HOOKS[kind], plugins=plugins):
            name = component.name
            if name in found and found[name] is not component:
                owners = sorted(
                    f"{provenance_of_class(c).distribution} ({c.__module__}.{c.__qualname__})"
                    for c in (found[name], component)
                )
                raise PluginError(
                    f"Two components claim the {kind} name {name!r}: {' and '.join(owners)}. "
                    "Uninstall one, or block it with SGDKIT_DISABLE_PLUGINS."
                )
            found[name] = component
        return dict(sorted(found.items()))

    def get(self, kind: str, name: str) -> type:
        """Return the component of that kind and name.

        Raises
        ------
        UnknownComponentError
            Listing the known names, the nearest spelling, and what to install or repair.
        """
        builtin = self.table(kind, plugins=False)
        if (
            name in builtin
        ):  # also where a plugin claims the name: which one is meant does not hang on load order
            return builtin[name]
        known = self.table(kind)
        if name in known:
            return known[name]
        message = f"{kind}={name!r} is not known; known are {', '.join(map(repr, known))}."
        if near := difflib.get_close_matches(name.lower(), known, n=1):
            message += f" Did you mean {near[0]!r}?"
        if plugin := KNOWN_DISTRIBUTIONS.get(name):
            message += f" {name!r} comes with the plugin {plugin}: pip install {plugin}"
        failures = self.manager.failures
        for failure in failures:
            owner = failure.distribution
            message += f" The plugin {failure.entry_point!r} of {owner} failed to load: {failure.cause}."
        raise UnknownComponentError(message) from (failures[0].cause if failures else None)

    def resolve(self, kind: str, part: Any, *bases: type) -> Any:
        """Return a component object from a name or an object.

        Parameters
        ----------
        kind : str
            The estimator parameter it was given for.
        part : str or object
            A name, or an instance of one of the bases.
        *bases : type
            What objects must be.

        Raises
        ------
        InvalidParameterError
            If `part` is neither.
        """
        if isinstance(part, str):
            return self.get(kind, part)()
        if isinstance(part, bases):
            return part
        hint = f"; pass an instance: {part.__name__}()" if isinstance(part, type) else ""
        raise InvalidParameterError(
            f"{kind}={part!r} must be a name or an object of a subclass of "
            f"{' or '.join(base.__name__ for base in bases)}{hint}."
        )


_default: Registry | None = None


def default_registry() -> Registry:
    """Return the registry of this process, made on first use."""
    global _default
    if _default is None:
        _default = Registry()
    return _default
