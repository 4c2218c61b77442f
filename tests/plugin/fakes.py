"""Entry points that exist only in a test."""

from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import Any

from sgdkit.plugin import hookimpl
from sgdkit.plugin.manager import PluginManager
from sgdkit.plugin.registry import Registry


@dataclass
class FakeEntryPoint:
    """Loads to `plugin`, or raises it if it is an error."""

    name: str
    plugin: Any
    distribution: str | None = "some-distribution"

    @property
    def dist(self):
        return None if self.distribution is None else SimpleNamespace(name=self.distribution)

    def load(self):
        if isinstance(self.plugin, Exception):
            raise self.plugin
        return self.plugin


def component(base, name, module="numpy"):
    """Return a new subclass of `base` that pretends to come from an installed module."""
    return type(name.title(), (base,), {"name": name, "__module__": module})


def plugin(**hooks):
    """Return a module whose hooks give the lists passed by hook name; a function is taken as it is."""
    module = ModuleType("a_plugin")
    for hook, answer in hooks.items():
        function = answer if callable(answer) else lambda answer=answer: answer
        function.__name__ = hook
        setattr(module, hook, hookimpl(function))
    return module


def registry_with(*entries, **environment):
    return Registry(PluginManager(entry_points=lambda: list(entries), environment=environment))
