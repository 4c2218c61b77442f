"""How a rule that says nothing about its steps answers to gradients, measured."""

import copy

import numpy as np

from sgdkit.backends.array_api import apply_rule
from sgdkit.optimizers.base import UpdateRule

__all__ = ("measured",)

STEPS, COORDINATES = 100, 256
# Of built-in rules, tuned one by one: 0.3 Adam, 0.28 Nadam, 0.23 RMSProp, 0.22 Adagrad and FTRL.
NORMALIZED_SHARE, LINEAR_SHARE = 0.25, 0.5


def _path(rule: UpdateRule, gradients: np.ndarray) -> np.ndarray:
    """Return the points of a rule that starts at zero and sees these gradients, at a rate of 1."""
    n = gradients.shape[1]
    w, slots = np.zeros(n), tuple(np.zeros(n) for _ in rule.slots)
    points = [w]
    for t, g in enumerate(gradients, 1):
        w, slots = apply_rule(np, rule, w, g, slots, np.ones(n), float(t))
        points.append(w)
    return np.array(points)


def measured(rule: UpdateRule) -> UpdateRule:
    r"""Return the rule with `step` and `auto_rate`, measured if its class declares neither.

    Parameters
    ----------
    rule : UpdateRule
        Any rule.

    Returns
    -------
    UpdateRule
        The rule itself, or a copy whose own attributes hide those of the class.

    Notes
    -----
    The rule sees 100 gradients of white noise, and the same a hundred times as large. If it then moves
    further in proportion its steps are linear, and `auto_rate` is half of one over the length of its steps
    under a constant gradient of 1 (just half, if `step_size` tells that length). Otherwise they are
    normalised, and `auto_rate` is a quarter of one over :math:`\lvert w_T \rvert / \sqrt T`, which is how far
    noise carries a weight at a rate of 1, in walks of steps of 1. It counts how much steps have in common,
    which a single step does not show.
    """
    if rule.rate_is_known:
        return rule
    noise = np.random.default_rng(0).normal(size=(STEPS, COORDINATES))
    with np.errstate(all="ignore"):
        reach, further = (
            float(np.sqrt(np.mean(_path(rule, scale * noise)[-1] ** 2))) for scale in (1.0, 100.0)
        )
        steady = _path(rule, np.ones((STEPS, 1)))[-2:, 0]
    gain = abs(float(steady[1] - steady[0]))
    twin = copy.copy(rule)
    if not (np.isfinite([reach, further, gain]).all() and min(reach, further, gain) > 0.0):
        return twin
    linear = further > 10.0 * reach
    if rule.function("step_size") is not None:
        gain = 1.0
    share = LINEAR_SHARE / gain if linear else NORMALIZED_SHARE * STEPS**0.5 / reach
    twin.__dict__.update(step="linear" if linear else "normalized", auto_rate=share)
    return twin
