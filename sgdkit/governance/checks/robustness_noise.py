"""Do predictions survive small errors in the features?"""

import numpy as np
import scipy.sparse as sp

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable, ramp
from sgdkit.governance.context import AuditContext
from sgdkit.governance.perturb import with_noise

__all__ = ("robustness_noise",)

_SCALE = 0.1
_DRAWS = 3


@check(
    "robustness.noise",
    "robustness_review",
    threshold="accuracy or R² falls by at most 0.05",
    why="Features are measured with error; a model that breaks under a tenth of their spread is brittle.",
    method=f"Adds Gaussian noise of {_SCALE} standard deviations to each continuous feature of the test "
    f"rows; mean of {_DRAWS} draws.",
)
def robustness_noise(context: AuditContext) -> Finding:
    """Measure the loss of quality under feature noise."""
    if context.task == "other":
        return absent("No common scale is known for this kind of model.")
    generator = context.generator("robustness.noise")
    qualities, sparse = [], sp.issparse(context.X_test)
    for _ in range(_DRAWS):
        noisy = with_noise(context.X_test, _SCALE, generator, None if sparse else context.continuous_columns)
        if noisy is None:
            return not_applicable("No feature is continuous.")
        qualities.append(context.quality(context.y_test, context.predict(noisy)))
    drop = context.test_quality - float(np.mean(qualities))
    return measured(
        f"Quality moves from {context.test_quality:.3f} to {np.mean(qualities):.3f} under noise.",
        passed=drop <= 0.05,
        value=ramp(drop, good=0.05, bad=0.25),
        uncertainty=f"standard deviation over draws {np.std(qualities):.2g}",
        drop=drop,
        noise_scale=_SCALE,
        n_draws=_DRAWS,
    )
