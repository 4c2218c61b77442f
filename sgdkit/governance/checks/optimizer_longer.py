"""Would the model change if it trained longer?"""

import warnings
from typing import Any

import numpy as np

from sgdkit.governance.checks.base import Finding, absent, check, measured, not_applicable, ramp
from sgdkit.governance.context import AuditContext
from sgdkit.governance.evidence.training import grows_by_iteration
from sgdkit.governance.items import Tier
from sgdkit.governance.refit import quiet_clone

__all__ = ("optimizer_longer",)

_TIMES = 5


@check(
    "optimizer.longer_training",
    "optimizer_documentation",
    threshold="outputs on test rows move by at most 5 % of their spread",
    why="The absence of a warning is no evidence of an optimum; what more training would change is.",
    method=f"Trains the final estimator again and compares decision values or predictions. Where it stops by "
    f"patience (n_iter_no_change), {_TIMES} times as many iterations as it made, without a stopping rule; "
    f"otherwise {_TIMES} times its limit and a hundredth of its tolerance.",
    tier=Tier.REFIT,
    needs=("X_train",),
)
def optimizer_longer(context: AuditContext) -> Finding:
    """Measure how far the outputs move under longer training."""
    params = context.final.get_params(deep=False)
    budget, tol = params.get("max_iter"), params.get("tol")
    if not isinstance(budget, (int, np.integer)) or budget < 1 or not isinstance(tol, (float, int)):
        return not_applicable("The estimator has no iterations and tolerance to extend.")
    if grows_by_iteration(context.final):
        return not_applicable("Each iteration adds a tree, so more of them are another model.")
    if params.get("early_stopping") is True:
        return not_applicable("Training was stopped early on purpose.")
    if context.X_train is None:
        return absent("X_train was not given, so training could not be continued.")
    changes: dict[str, Any] = {"max_iter": int(budget) * _TIMES, "tol": tol / 100.0}
    if "n_iter_no_change" in params and context.trace.n_iter:
        # A smaller tolerance alone would not matter: noise in the objective exhausts the patience.
        iterations = context.trace.n_iter * _TIMES
        changes |= {"max_iter": iterations, "n_iter_no_change": iterations}
    # Other rules that would end it: the clock, and a small gradient.
    changes |= {name: None for name in ("max_seconds", "grad_tol") if params.get(name) is not None}
    if params.get("optimizer") == "auto" and hasattr(context.final, "optimizer_"):
        changes["optimizer"] = context.final.optimizer_  # the choice may hang on what was switched off here
    longer = quiet_clone(context.final).set_params(**changes)
    prefix = f"{context.fitted.final_name}__" if context.fitted.is_pipeline else ""
    fit_params = {key.removeprefix(prefix): value for key, value in context.fit_params.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # running out of iterations here is part of the experiment
        longer.fit(context.fitted.before(-1, context.X_train), context.y_train, **fit_params)
    test = context.fitted.before(-1, context.X_test)
    now, then = context.outputs(context.final, test), context.outputs(longer, test)
    spread = float(np.std(then - then.mean(axis=0)))
    moved = (
        float(np.sqrt(np.mean((now - then) ** 2))) / spread if spread > 0.0 else float(np.any(now != then))
    )
    n_iter_longer = int(np.max(getattr(longer, "n_iter_", 0))) or None
    made = context.trace.n_iter
    if not (n_iter_longer and made):
        counts = "With more iterations"
    elif n_iter_longer > made:
        counts = f"With {n_iter_longer:,} iterations instead of {made:,}"
    else:
        counts = f"With a hundredth of the tolerance, which also took {n_iter_longer:,} iteration(s)"
    return measured(
        f"{counts}, outputs move by {moved:.2%} of their spread.",
        passed=moved <= 0.05,
        value=ramp(moved, good=0.05, bad=0.5),
        relative_change=moved,
        n_iter=made,
        n_iter_longer=n_iter_longer,
    )
