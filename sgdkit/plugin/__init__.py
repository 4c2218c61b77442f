"""Write a plugin: ``from sgdkit.plugin import hookimpl`` is all an author imports from here."""

import pluggy

from sgdkit.plugin.specs import PROJECT

__all__ = ("hookimpl",)

hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a function as the implementation of the hook of its name."""
