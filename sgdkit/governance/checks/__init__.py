"""Audit checks, one idea per file, joined with those of plugins. `registered_checks` lists them all."""

from functools import lru_cache
from typing import TYPE_CHECKING

from sgdkit.exceptions import PluginError
from sgdkit.governance.checks.base import Check, Finding, run_check
from sgdkit.plugin.registry import default_registry
from sgdkit.plugin.specs import CHECK_HOOK

if TYPE_CHECKING:
    from sgdkit.plugin.manager import PluginManager

__all__ = ("Check", "Finding", "checks_of", "registered_checks", "run_check")


@lru_cache(maxsize=1)
def registered_checks() -> tuple[Check, ...]:
    """Every check, in the order of the report; installed plugins are loaded.

    Returns
    -------
    tuple of Check
        The measured and recorded checks, those of plugins after sgdkit's own; then one statement per
        dimension.

    Raises
    ------
    PluginError
        When two checks have one id.

    Examples
    --------
    >>> from sgdkit.governance.checks import registered_checks
    >>> registered_checks()[0].id
    'objective.recorded'
    """
    return checks_of(default_registry().manager)


def checks_of(manager: "PluginManager") -> tuple[Check, ...]:
    """Every check of one plugin manager; see `registered_checks`."""
    from sgdkit.governance.checks import builtin

    manager.add(builtin, "sgdkit.governance")
    manager.load_plugins()
    place = {id(check): position for position, check in enumerate(builtin.BUILTIN)}
    found: dict[str, Check] = {}
    for check in manager.call(CHECK_HOOK):
        if check.id in found:
            owners = sorted(c.function.__module__ for c in (found[check.id], check))
            raise PluginError(
                f"Two checks have the id {check.id!r}: {' and '.join(owners)}. Uninstall one, or block "
                "it with "
                "SGDKIT_DISABLE_PLUGINS."
            )
        found[check.id] = check
    return tuple(
        sorted(
            found.values(),
            key=lambda c: (c.id.startswith("statement."), place.get(id(c), len(place)), c.id),
        )
    )
