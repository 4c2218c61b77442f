"""Update rules as methods of ``scipy.optimize.minimize``."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from sgdkit.exceptions import InvalidParameterError, UnsupportedCombinationError
from sgdkit.minimization.descent import minimize

__all__ = ("scipy_method",)


def scipy_method(method: Any = "adam", **settings: Any) -> Callable[..., Any]:
    """Return an update rule in the form that ``scipy.optimize.minimize(method=...)`` takes.

    Parameters
    ----------
    method : str or UpdateRule, default="adam"
        Name or object, as for `sgdkit.minimize`.
    **settings : dict
        Keywords of `sgdkit.minimize`, among them `learning_rate` and `max_iter`. SciPy's ``options``
        override them, ``maxiter`` being another word for `max_iter`.

    Returns
    -------
    callable
        With the signature that SciPy asks of custom methods. ``minimize``'s ``tol`` becomes `tol`.

    Raises
    ------
    UnsupportedCombinationError
        When called with constraints; bounds are fine.

    Examples
    --------
    >>> from scipy.optimize import minimize, rosen, rosen_der
    >>> from sgdkit import scipy_method
    >>> result = minimize(rosen, [-1.2, 1.0], jac=rosen_der, method=scipy_method("adam"))
    >>> result.success, result.x.round(3).tolist()
    (True, [1.0, 1.0])
    """
    return functools.partial(_run, method, settings)


def _run(
    method: Any,
    settings: dict[str, Any],
    fun: Callable[..., Any],
    x0: Any,
    args: Any = (),
    *,
    jac: Any = None,
    hess: Any = None,
    hessp: Any = None,
    bounds: Any = None,
    constraints: Any = (),
    callback: Any = None,
    **options: Any,
) -> Any:
    if np.any(constraints):
        raise UnsupportedCombinationError(
            "constraints were given, but an update rule knows bounds only; use method='SLSQP' or "
            "'trust-constr'."
        )
    if hess is not None or hessp is not None:
        raise UnsupportedCombinationError("hess and hessp are of no use to an update rule; leave them out.")
    if "maxiter" in options:
        if "max_iter" in options:
            raise InvalidParameterError("options has both maxiter and max_iter; pass one of them.")
        options["max_iter"] = options.pop("maxiter")
    return minimize(
        fun, x0, args, method=method, jac=jac, bounds=bounds, callback=callback, **(settings | options)
    )
