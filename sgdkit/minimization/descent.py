"""Minimise a smooth function of the user's with an update rule."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import OptimizeResult
from sklearn.utils import check_random_state

from sgdkit.exceptions import InvalidParameterError
from sgdkit.minimization.box import box_of
from sgdkit.minimization.function import CountedFunction
from sgdkit.minimization.outcome import Trace, result_of
from sgdkit.minimization.run import Run, Stop
from sgdkit.minimization.steps import DistanceRate, GivenRate, Rate, Stepper
from sgdkit.optimizers.base import UpdateRule
from sgdkit.plugin.registry import default_registry
from sgdkit.schedules.base import Schedule
from sgdkit.schedules.constant import Constant

__all__ = ("minimize",)


def minimize(
    fun: Callable[..., Any],
    x0: Any,
    args: Any = (),
    *,
    method: Any = "adam",
    jac: Any = None,
    learning_rate: Any = "auto",
    bounds: Any = None,
    max_iter: int = 10_000,
    tol: float | None = None,
    gtol: float = 1e-5,
    callback: Callable[..., Any] | None = None,
    escape_saddles: bool = False,
    keep_path: bool = False,
    random_state: Any = None,
) -> OptimizeResult:
    r"""Minimise a smooth function of one or more variables by an update rule.

    Parameters
    ----------
    fun : callable
        The function, convex or not: ``fun(x, *args)`` returns its value, a number, at an array of shape
        (n,). With ``jac=True`` it returns value and gradient. NaN and infinity may be returned where it
        is not defined.
    x0 : array-like of shape (n,)
        Where to start; finite. Moved into the bounds.
    args : tuple, default=()
        Further arguments of `fun` and `jac`.
    method : str or UpdateRule, default="adam"
        Any update rule, built in or from a plugin, by name or as an object.
    jac : callable, True, "2-point", "3-point" or None, default=None
        The gradient: ``jac(x, *args)`` returns an array of shape (n,). None and ``"2-point"`` take
        forward differences, n more evaluations for each gradient and seven digits at best;
        ``"3-point"`` central ones, 2n more and ten digits.
    learning_rate : "auto", float, str or Schedule, default="auto"
        ``"auto"`` needs no tuning: DoWG on the rule's own step, and steps that lead nowhere are taken
        back. A number is used as it is, and nothing is taken back. A schedule by name or object gives
        the rate of each step (its epochs are steps); without a rate of its own it shapes the automatic one.
    bounds : scipy.optimize.Bounds or sequence of (low, high), default=None
        Box that `x` stays in: each step is projected onto it.
    max_iter : int, default=10000
        Steps at most.
    tol : float or None, default=None
        Ends the run, as a success, once the least value has not fallen by this share of its size in 100
        steps. None leaves it to `gtol`.
    gtol : float, default=1e-5
        Ends the run, as a success, once no component of the gradient that the bounds leave free exceeds it.
    callback : callable, default=None
        Called after each step as ``callback(x)``, or as ``callback(intermediate_result=...)`` with an
        OptimizeResult if that is its parameter's name. Raising StopIteration ends the run.
    escape_saddles : bool, default=False
        Whether to look for a way down where the gradient vanishes: along the direction of least
        curvature and some random ones. Takes about 100 evaluations each time.
    keep_path : bool, default=False
        Whether ``trace`` keeps all points, as `path`.
    random_state : int, RandomState or None, default=None
        Draws those directions.

    Returns
    -------
    OptimizeResult
        `x`, `fun`, `jac` (the gradient there), `nit`, `nfev`, `njev`, `success`, `status`, `message`, and

        - `trace`: dict of arrays of shape (nit + 1,), one value for each point, the start first: `fun`,
          `gradient_norm` (without what bounds hold back), `rate` and `step_norm` of the step that led there
          (NaN and 0 for the start);
        - `distance_left`, `fun_left`, `condition`: for runs that end without success and have at most 20
          variables, how far the minimum of the local quadratic is, how much lower, and how
          ill-conditioned it is; NaN otherwise, and where the function is not convex at `x`.

        `x` is the best point that was visited, so never worse than the start. Status 0: the gradient is
        small; 1: `max_iter`; 2: `tol`; 3: a value that is not finite; 4: no step lowers the function any
        more; 99: the callback stopped it. 0 and 2 are successes.

    Raises
    ------
    InvalidParameterError
        For arguments outside what is allowed.

    Notes
    -----
    What is minimised is `fun` alone: no penalty, no weight decay.

    Where a Hessian or line searches are affordable, ``scipy.optimize.minimize`` with BFGS needs fewer
    evaluations. Update rules are for comparing optimizers, for gradients with errors that break line
    searches, and as the polish behind a global search; see `scipy_method`. A small gradient is no proof
    of a minimum: plateaus and saddles have one too.

    References
    ----------
    Khaled, Mishchenko and Jin, "DoWG unleashed", NeurIPS 2023 (the automatic rate).

    Examples
    --------
    >>> from scipy.optimize import rosen, rosen_der
    >>> from sgdkit import minimize
    >>> result = minimize(rosen, [-1.2, 1.0], jac=rosen_der)
    >>> result.success, result.x.round(3).tolist()
    (True, [1.0, 1.0])
    >>> slow = minimize(rosen, [-1.2, 1.0], jac=rosen_der, method="sgd", learning_rate=1e-4, max_iter=100)
    >>> slow.success, slow.status
    (False, 1)
    """
    start = np.atleast_1d(np.array(x0, dtype=np.float64))
    if start.ndim != 1 or start.size == 0 or not np.isfinite(start).all():
        raise InvalidParameterError(
            f"x0 has shape {start.shape} or values that are not finite; pass one finite number a variable."
        )
    _check_number("max_iter", max_iter, 1, whole=True)
    _check_number("gtol", gtol, 0.0)
    if tol is not None:
        _check_number("tol", tol, 0.0)
    box = box_of(bounds, start.size)
    function = CountedFunction(fun, jac, args if isinstance(args, tuple) else (args,), box)
    rule, schedule = _rule_of(method), _schedule_of(learning_rate, int(max_iter))
    start = box.project(start)
    rate: Rate
    if schedule is None or schedule.automatic:
        rate = DistanceRate(start, rule.step == "free", schedule, max_iter)
    else:
        rate = GivenRate(schedule, max_iter)
    run = Run(
        function, box, Stepper(rule, start.size), rate, start, Trace(keep_path),
        random=check_random_state(random_state) if escape_saddles else None,
    )  # fmt: skip
    status = run.until(Stop(int(max_iter), gtol, tol), callback)
    return result_of(run, status)


def _check_number(name: str, value: Any, least: float, *, whole: bool = False) -> None:
    fits = isinstance(value, int | float | np.number) and not isinstance(value, bool) and value >= least
    if not fits or (whole and value != int(value)):
        kind = "a whole number" if whole else "a number"
        raise InvalidParameterError(f"{name}={value!r} must be {kind}, at least {least:g}.")


def _rule_of(method: Any) -> UpdateRule:
    rule = default_registry().resolve("optimizer", method, UpdateRule)
    if not isinstance(rule, UpdateRule):
        raise InvalidParameterError(
            f"method={method!r} is a solver for whole data sets; here it must be an update rule such as "
            "'adam'. For functions, scipy.optimize.minimize has line-search methods."
        )
    rule.hyper_values()  # refuses bad ones
    return rule


def _schedule_of(learning_rate: Any, max_iter: int) -> Schedule | None:
    """Return the schedule, or None for the automatic rate."""
    if isinstance(learning_rate, str) and learning_rate == "auto":
        return None
    if isinstance(learning_rate, int | float | np.number) and not isinstance(learning_rate, bool):
        learning_rate = Constant(float(learning_rate))
    schedule: Schedule = default_registry().resolve("learning_rate", learning_rate, Schedule)
    schedule.check(max_iter)
    return schedule
