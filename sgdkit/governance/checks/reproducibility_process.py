"""Does a fresh process train the same model?"""

import os
import pickle
import subprocess
import sys

from sgdkit.governance.checks.base import Finding, absent, check, measured
from sgdkit.governance.context import AuditContext
from sgdkit.governance.items import Tier
from sgdkit.governance.refit import quiet_clone

__all__ = ("reproducibility_process",)

_TIMEOUT = 300
# What the other process runs: a model, rows and settings in, a hash out. Nothing touches the disk.
_PROGRAM = """
import pickle, sys, warnings
warnings.simplefilter("ignore")
model, X, y, fit_params, routing = pickle.load(sys.stdin.buffer)
import sklearn
sklearn.set_config(enable_metadata_routing=routing)
from sgdkit.governance.collect import parameters_hash
print(*parameters_hash(model.fit(X, y, **fit_params)))
"""


@check(
    "reproducibility.fresh_process",
    "reproducibility",
    threshold="everything learned is equal bit for bit",
    why="A process remembers: hash seeds, caches and global state can make a run that nobody else can "
    "repeat.",
    method="Trains the unfitted model on the same rows in a new Python process with another hash seed, and "
    "compares hashes of everything learned. Rows go through a pipe, never to the disk.",
    tier=Tier.SLOW,
    needs=("X_train",),
)
def reproducibility_process(context: AuditContext) -> Finding:
    """Train once more in another process and compare."""
    import sklearn

    if context.X_train is None:
        return absent("X_train was not given, so the model could not be trained again.")
    digest, count = context.parameters_hash
    if not count:
        return absent(f"{type(context.final).__name__} keeps what it learned where it cannot be hashed.")
    routing = sklearn.get_config()["enable_metadata_routing"]
    parts = (quiet_clone(context.model), context.X_train, context.y_train, context.fit_params, routing)
    try:
        sent = pickle.dumps(parts)
    except (pickle.PicklingError, AttributeError, TypeError):
        return absent("The model cannot be sent to another process.")
    seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    environment = {
        **os.environ,
        "PYTHONHASHSEED": seed,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    try:
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM],
            input=sent,
            capture_output=True,
            env=environment,
            timeout=_TIMEOUT,
            check=True,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return absent("The other process could not build or train the model.")
    theirs = done.stdout.decode().split()[0]
    return measured(
        "A fresh process learns "
        + ("exactly the same." if theirs == digest else "something else than this model holds."),
        passed=theirs == digest,
        parameters_hash=theirs,
    )
