"""Does training again give the same parameters?"""

import warnings

import numpy as np

from sgdkit.governance.checks.base import Finding, absent, check, measured
from sgdkit.governance.collect import parameters_hash
from sgdkit.governance.context import AuditContext
from sgdkit.governance.items import Tier
from sgdkit.governance.refit import quiet_clone

__all__ = ("reproducibility_refit",)


@check(
    "reproducibility.refit",
    "reproducibility",
    threshold="two refits and the audited model are equal bit for bit",
    why="What cannot be trained again cannot be checked by anyone else.",
    method="Clones the model and trains it twice on X_train in this process; compares hashes of everything "
    "learned, or predictions where the parameters cannot be seen.",
    tier=Tier.REFIT,
    needs=("X_train",),
)
def reproducibility_refit(context: AuditContext) -> Finding:
    """Train twice more and compare."""
    if context.X_train is None:
        return absent("X_train was not given, so the model could not be trained again.")
    signatures = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the audited fit has given its warnings already
        for _ in range(2):
            model = quiet_clone(context.model).fit(context.X_train, context.y_train, **context.fit_params)
            digest, count = parameters_hash(model)
            signatures.append(digest if count else np.asarray(model.predict(context.X_test)).tobytes())
    ours, count = context.parameters_hash
    shipped = ours if count else context.predictions.tobytes()
    same_refits, same_model = signatures[0] == signatures[1], signatures[0] == shipped
    words = "equal each other" if same_refits else "differ from each other"
    return measured(
        f"Two refits {words} and {'equal' if same_model else 'differ from'} the audited model.",
        passed=same_refits and same_model,
        value=1.0 if same_refits and same_model else 0.5 if same_refits else 0.0,
        refits_equal=same_refits,
        model_equal=same_model,
        compared="learned parameters" if count else "predictions",
    )
