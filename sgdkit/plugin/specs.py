"""The hooks a plugin can implement: one for each kind of component."""

import pluggy

__all__ = ("CHECK_HOOK", "HOOKS", "PROJECT", "PluginSpecs")

PROJECT = "sgdkit"
hookspec = pluggy.HookspecMarker(PROJECT)


class PluginSpecs:
    """Each hook takes nothing and returns a list: classes with a `name`, or audit checks with an `id`."""

    @hookspec
    def sgdkit_register_losses(self):  # type: ignore[no-untyped-def]
        """Return `sgdkit.losses.Loss` subclasses."""

    @hookspec
    def sgdkit_register_optimizers(self):  # type: ignore[no-untyped-def]
        """Return `sgdkit.optimizers.UpdateRule` or `sgdkit.solvers.Solver` subclasses."""

    @hookspec
    def sgdkit_register_schedules(self):  # type: ignore[no-untyped-def]
        """Return `sgdkit.schedules.Schedule` subclasses."""

    @hookspec
    def sgdkit_register_checks(self):  # type: ignore[no-untyped-def]
        """Return `sgdkit.governance.checks.Check` objects."""


HOOKS = {
    "loss": "sgdkit_register_losses",
    "optimizer": "sgdkit_register_optimizers",
    "learning_rate": "sgdkit_register_schedules",
}
"""Hook of each kind; the kinds are named after the estimator parameters that take them."""

CHECK_HOOK = "sgdkit_register_checks"
"""Hook of audit checks, which are objects with an `id`, not classes with a `name`."""
