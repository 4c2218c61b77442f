"""sgdkit's own components, registered through the same hooks as anyone's."""

import pluggy

from sgdkit import losses, optimizers, schedules, solvers
from sgdkit.plugin.specs import PROJECT

hookimpl = pluggy.HookimplMarker(PROJECT)


@hookimpl
def sgdkit_register_losses():  # type: ignore[no-untyped-def]  # noqa: D103
    return list(losses.BUILTIN)


@hookimpl
def sgdkit_register_optimizers():  # type: ignore[no-untyped-def]  # noqa: D103
    return [*optimizers.BUILTIN, *solvers.BUILTIN]


@hookimpl
def sgdkit_register_schedules():  # type: ignore[no-untyped-def]  # noqa: D103
    return list(schedules.BUILTIN)
