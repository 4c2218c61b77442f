"""The hooks a plugin can implement: one for each kind of component."""

import pluggy

__all__ = ("HOOKS", "PROJECT", "PluginSpecs")

PROJECT = "sgdkit"
hookspec = pluggy.HookspecMarker(PROJECT)


class PluginSpecs:
    """Each hook takes nothing and returns a list of classes that carry their own `name`."""

    @hookspec
    def sgdkit_register_losses(self):  # type: ignore[no-untyped-def]
        """Return `sgdkit.losses.Loss` subclasses."""

    @hookspec
    def sgdkit_register_optimizers(self):  # type: ignore[no-untyped-def]
        """Return `sgdkit.optimizers.UpdateRule` or `sgdkit.solvers.Solver` subclasses."""

    @hookspec
    def sgdkit_register_schedules(self):  # type: ignore[no-untyped-def]
        """Return `sgdkit.schedules.Schedule` subclasses."""


HOOKS = {
    "loss": "sgdkit_register_losses",
    "optimizer": "sgdkit_register_optimizers",
    "learning_rate": "sgdkit_register_schedules",
}
"""Hook of each kind; the kinds are named after the estimator parameters that take them."""
