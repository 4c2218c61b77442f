"""The proximal step of the elastic net, once and many times over in closed form, and of an interval.

Written once, with ``np`` functions only, like a rule: the array backends and the compiled loops
run the same text (see `sgdkit.namespaces`).
"""

import numpy as np

__all__ = ("fits_series", "proximal_step", "proximal_steps", "proximal_steps_series", "within")


def proximal_step(w, step, l1, l2):
    """Return the minimiser of ``|x - w|² / 2 + step (l1 |x| + l2 x² / 2)``, coordinate by coordinate.

    Parameters
    ----------
    w, step : scalar or array
        Weight and step size.
    l1, l2 : scalar or array
        Penalty strengths.
    """
    return _shrink(w, 1.0, step * l1) / (1.0 + step * l2)


def proximal_steps(w, step, k, l1, l2):
    """Return the result of `k` proximal steps of one size, in closed form.

    Each step takes ``|w|`` to ``(|w| - step l1) / (1 + step l2)``, so `k` of them take it to
    ``|w| q^k - (l1 / l2) (1 - q^k)`` with ``q = 1 / (1 + step l2)``, as long as that is positive.

    Parameters
    ----------
    w, step, k : scalar or array
        Weight, step size and number of steps.
    l1, l2 : scalar or array
        Penalty strengths.
    """
    growth = step * l2
    exponent = k * np.log1p(growth)
    factor = np.exp(-exponent)
    # (1 - factor) / l2, from the series where the difference would cancel; l2 can be 0.
    logarithm = 1.0 - growth * (0.5 - growth / 3.0)  # log(1 + growth) / growth
    series = k * step * logarithm * (1.0 - 0.5 * exponent * (1.0 - exponent / 3.0))
    reach = np.where(exponent < 1e-4, series, (1.0 - factor) / (l2 + 1e-30))
    return _shrink(w, factor, l1 * reach)


def fits_series(step, k, l2):
    """Return a figure that is below 1 where `proximal_steps_series` is exact to rounding."""
    growth = step * l2
    return growth * (1e4 + 4.0 * k)


def proximal_steps_series(w, step, k, l1, l2):
    """Return the same as `proximal_steps` for small steps, without exp, log or division."""
    growth = step * l2
    reach = k * step * (1.0 - growth * (0.5 - growth * 0.3333333333333333))  # k log(1 + growth) / l2
    x = l2 * reach
    # (1 - exp(-x)) / x to the twelfth order, in Horner's form: one fused operation a term.
    share = 1.6059043836821613e-10 * x - 2.08767569878681e-09
    share = share * x + 2.505210838544172e-08
    share = share * x - 2.755731922398589e-07
    share = share * x + 2.7557319223985893e-06
    share = share * x - 2.48015873015873e-05
    share = share * x + 0.0001984126984126984
    share = share * x - 0.001388888888888889
    share = share * x + 0.008333333333333333
    share = share * x - 0.041666666666666664
    share = share * x + 0.16666666666666666
    share = share * x - 0.5
    share = share * x + 1.0
    return _shrink(w, 1.0 - x * share, l1 * reach * share)


def within(w, low, high):
    """Return `w` moved to the nearest end of ``[low, high]`` if it lies outside; NaN stays NaN.

    After `proximal_step` this is the proximal step of the penalty on the interval: in one
    dimension the minimiser of a convex function on an interval is its free minimiser, moved inside.
    """
    return np.where(w < low, low, np.where(w > high, high, w))


def _shrink(w, factor, threshold):
    """Multiply by `factor`, then move toward zero by `threshold`, not past it."""
    kept = np.abs(w) * factor - threshold
    kept = np.where(kept > 0.0, kept, 0.0 * kept)
    return np.where(w < 0.0, -kept, kept)
