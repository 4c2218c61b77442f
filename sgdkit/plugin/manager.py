"""Find and load plugins, one entry point at a time, so that a broken one harms nobody else.

Environment variables: ``SGDKIT_STRICT_PLUGINS=1`` raises at the first failure,
``SGDKIT_DISABLE_PLUGINS=a,b`` blocks entry points by name, ``SGDKIT_LOAD_PLUGINS=a`` allows only
those.
"""

import os
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import pluggy

from sgdkit.exceptions import PluginError, PluginWarning
from sgdkit.plugin import builtin
from sgdkit.plugin.specs import CHECK_HOOK, HOOKS, PROJECT, PluginSpecs

__all__ = ("PluginFailure", "PluginManager", "installed_entry_points")


def installed_entry_points() -> list[metadata.EntryPoint]:
    """Return the entry points of the group ``sgdkit``, sorted by name."""
    return sorted(metadata.entry_points(group=PROJECT), key=lambda entry: (entry.name, entry.value))


def _names(variable: str | None) -> frozenset[str]:
    return frozenset(name.strip() for name in (variable or "").split(",") if name.strip())


@dataclass(frozen=True, slots=True)
class PluginFailure:
    """An entry point that could not be loaded.

    Attributes
    ----------
    entry_point : str
        Its name.
    distribution : str
        Who ships it.
    cause : Exception
        What went wrong.
    """

    entry_point: str
    distribution: str
    cause: Exception


class PluginManager:
    """A pluggy manager with sgdkit's hooks and built-ins; no global state.

    Parameters
    ----------
    entry_points : callable, default=installed_entry_points
        Gives the entry points; tests pass their own.
    environment : mapping, default=os.environ
        Where the three variables are read from.
    """

    def __init__(
        self,
        entry_points: Callable[[], Iterable[metadata.EntryPoint]] = installed_entry_points,
        environment: Mapping[str, str] = os.environ,
    ):
        self._entry_points = entry_points
        self._environment = environment
        self._loaded = False
        self.failures: list[PluginFailure] = []
        self.blocked: list[str] = []
        self._pluggy = pluggy.PluginManager(PROJECT)
        self._pluggy.add_hookspecs(PluginSpecs)
        self._pluggy.register(builtin, "sgdkit")

    def load_plugins(self) -> None:
        """Load every allowed entry point, once; warn about those that fail and go on.

        Raises
        ------
        PluginError
            At the first failure, if ``SGDKIT_STRICT_PLUGINS=1``.
        """
        if self._loaded:
            return
        self._loaded = True
        only = _names(self._environment.get("SGDKIT_LOAD_PLUGINS"))
        blocked = _names(self._environment.get("SGDKIT_DISABLE_PLUGINS"))
        for entry in self._entry_points():
            if entry.name in blocked or (only and entry.name not in only):
                self.blocked.append(entry.name)
                continue
            try:
                self._register(entry)
            except Exception as error:
                self._fail(entry, error)

    def _register(self, entry: metadata.EntryPoint) -> None:
        plugin = entry.load()
        try:
            self._pluggy.register(plugin, entry.name)
            self._pluggy.check_pending()
            self._try(entry.name)
        except Exception:
            # A plugin that names an unknown hook, or whose hooks fail, would otherwise stay half registered.
            if self._pluggy.has_plugin(entry.name):
                self._pluggy.unregister(name=entry.name)
            raise

    def _try(self, plugin_name: str) -> None:
        """Call the hooks of one plugin, so that what is wrong with them shows now and is charged to it."""
        for hook in (*HOOKS.values(), CHECK_HOOK):
            for implementation in getattr(self._pluggy.hook, hook).get_hookimpls():
                if implementation.plugin_name != plugin_name:
                    continue
                for component in implementation.function():
                    _refuse_other_than(hook, component)

    def _fail(self, entry: metadata.EntryPoint, error: Exception) -> None:
        owner = entry.dist.name if entry.dist else "unknown distribution"
        self.failures.append(PluginFailure(entry.name, owner, error))
        message = (
            f"The sgdkit plugin {entry.name!r} of {owner} could not be loaded: "
            f"{type(error).__name__}: {error}. "
            f"Update or uninstall {owner}, or set SGDKIT_DISABLE_PLUGINS={entry.name}."
        )
        if self._environment.get("SGDKIT_STRICT_PLUGINS") == "1":
            raise PluginError(message) from error
        warnings.warn(message, PluginWarning, stacklevel=2)

    def add(self, module: Any, name: str) -> None:
        """Register a module of sgdkit's own that lies above this layer; a second time changes nothing."""
        if not self._pluggy.has_plugin(name):
            self._pluggy.register(module, name)

    def call(self, hook: str, *, plugins: bool = True) -> list[Any]:
        """Return the classes, or checks, that sgdkit and all loaded plugins (or it alone) give for `hook`."""
        answers = getattr(self._pluggy.hook, hook)() if plugins else [getattr(builtin, hook)()]
        return [component for answer in answers for component in answer]


def _refuse_other_than(hook: str, component: Any) -> None:
    """Refuse what a hook must not return."""
    if hook == CHECK_HOOK:
        if isinstance(component, type) or not isinstance(getattr(component, "id", None), str):
            raise PluginError(f"{hook} returned {component!r}, but must return checks with a string 'id'")
    elif not isinstance(component, type) or not isinstance(getattr(component, "name", None), str):
        raise PluginError(
            f"{hook} returned {component!r}, but must return classes with a string attribute 'name'"
        )
