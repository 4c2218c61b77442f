"""Does the number of workers change the result?"""

from threadpoolctl import threadpool_limits

from sgdkit.governance.checks.base import Finding, absent, check, measured, ramp
from sgdkit.governance.collect import parameters_hash
from sgdkit.governance.context import AuditContext
from sgdkit.governance.items import Tier

__all__ = ("reproducibility_jobs",)

_LIMIT = 1e-6


@check(
    "reproducibility.workers",
    "reproducibility",
    threshold=f"equal bit for bit, or answers on test rows move by at most {_LIMIT:g} of their spread",
    why="A result that hangs on how many processors were free cannot be had again elsewhere.",
    method="Trains with n_jobs=1 and n_jobs=2 where the model has such parameters; otherwise with one and "
    "with two threads of the numeric libraries.",
    tier=Tier.REFIT,
    needs=("X_train",),
)
def reproducibility_jobs(context: AuditContext) -> Finding:
    """Train with one worker and with two and compare."""
    if context.X_train is None:
        return absent("X_train was not given, so the model could not be trained again.")
    names = [k for k in context.model.get_params(deep=True) if k.rpartition("__")[2] == "n_jobs"]
    models = []
    for workers in (1, 2):
        with threadpool_limits(limits=workers):
            models.append(context.refit(params=dict.fromkeys(names, workers)))
    (one, count), (two, _) = (parameters_hash(model) for model in models)
    equal = bool(count) and one == two
    moved = 0.0 if equal else context.distance(models[0], models[1])
    what = "n_jobs" if names else "threads of the numeric libraries"
    words = "equal bit for bit" if equal else f"{moved:.2g} of their spread apart"
    return measured(
        f"With one and with two {what}, results are {words}.",
        passed=moved <= _LIMIT,
        value=ramp(moved, good=_LIMIT, bad=0.05),
        bit_for_bit=equal,
        relative_change=moved,
        varied="n_jobs" if names else "threads",
    )
