"""Scalar functions that LLVM can vectorise: exp, log1p, logaddexp, where, maximum, clip.

Without Intel's SVML, Numba calls the C library for every ``exp``: 4 to 8 ns each and no vectors,
half the time of an epoch. These are branch-free polynomials, exact to a few units in the last
place (tests hold them to NumPy's), and a loop over them runs eight or sixteen lanes at once.

The functions are compiled without fast-math and are not inlined by Numba (LLVM does that, and
keeps each instruction's flags): their range reductions rely on the order of operations. The
namespace object `scalar_numpy` is what rules and losses see as ``np``.
"""

import types as python_types
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic, overload

__all__ = ("scalar_numpy",)


@intrinsic
def _power_of_two_f64(typingctx, shifted):
    """Return 2**n from n + 1.5 * 2**52, by moving the low bits into the exponent."""

    def codegen(context, builder, signature, args):
        bits = builder.bitcast(args[0], ir.IntType(64))
        exponent = builder.add(bits, ir.Constant(ir.IntType(64), 1023))
        return builder.bitcast(builder.shl(exponent, ir.Constant(ir.IntType(64), 52)), ir.DoubleType())

    return types.float64(types.float64), codegen


@intrinsic
def _power_of_two_f32(typingctx, shifted):
    """Return 2**n from n + 1.5 * 2**23, by moving the low bits into the exponent."""

    def codegen(context, builder, signature, args):
        bits = builder.bitcast(args[0], ir.IntType(32))
        exponent = builder.add(bits, ir.Constant(ir.IntType(32), 127))
        return builder.bitcast(builder.shl(exponent, ir.Constant(ir.IntType(32), 23)), ir.FloatType())

    return types.float32(types.float32), codegen


@intrinsic
def _select(typingctx, condition, first, second):
    """Return `first` or `second` without a branch, which the vectoriser could not take."""
    common = typingctx.unify_types(first, second)
    if common is None:
        return None

    def codegen(context, builder, signature, args):
        chosen = context.cast(builder, args[1], first, common)
        other = context.cast(builder, args[2], second, common)
        truth = context.cast(builder, args[0], condition, types.boolean)
        return builder.select(truth, chosen, other)

    return common(condition, first, second), codegen


@njit(error_model="numpy", fastmath={"contract"}, forceinline=True)
def _exp64(x):
    magic = 6755399441055744.0  # 1.5 * 2**52: adding it rounds to a whole number
    inside = _select(x > -708.0, x, -708.0)
    inside = _select(inside < 709.0, inside, 709.0)
    shifted = inside * 1.4426950408889634 + magic
    n = shifted - magic
    r = (inside - n * 0.693147180369123816490) - n * 1.90821492927058770002e-10
    p = 2.08767569878681e-09
    p = p * r + 2.50521083854417e-08
    p = p * r + 2.75573192239859e-07
    p = p * r + 2.75573192239859e-06
    p = p * r + 2.48015873015873e-05
    p = p * r + 1.98412698412698e-04
    p = p * r + 1.38888888888889e-03
    p = p * r + 8.33333333333333e-03
    p = p * r + 4.16666666666667e-02
    p = p * r + 1.66666666666667e-01
    p = p * r + 0.5
    value = (p * r * r + r) + 1.0
    value = value * _power_of_two_f64(shifted)
    value = _select(x < -708.0, 0.0, value)
    value = _select(x > 709.0, np.inf, value)
    return _select(x == x, value, x)


@njit(error_model="numpy", fastmath={"contract"}, forceinline=True)
def _exp32(x):
    magic = np.float32(12582912.0)  # 1.5 * 2**23
    inside = _select(x > np.float32(-87.0), x, np.float32(-87.0))
    inside = _select(inside < np.float32(88.0), inside, np.float32(88.0))
    shifted = inside * np.float32(1.44269504) + magic
    n = shifted - magic
    r = (inside - n * np.float32(0.693359375)) + n * np.float32(2.12194440e-4)
    p = np.float32(1.9875691500e-4)
    p = p * r + np.float32(1.3981999507e-3)
    p = p * r + np.float32(8.3334519073e-3)
    p = p * r + np.float32(4.1665795894e-2)
    p = p * r + np.float32(1.6666665459e-1)
    p = p * r + np.float32(5.0000001201e-1)
    value = (p * r * r + r) + np.float32(1.0)
    value = value * _power_of_two_f32(shifted)
    value = _select(x < np.float32(-87.0), np.float32(0.0), value)
    value = _select(x > np.float32(88.0), np.float32(np.inf), value)
    return _select(x == x, value, x)


@intrinsic
def _split_f64(typingctx, x):
    """Return (mantissa in [1, 2), exponent as a float) of a positive normal number."""

    def codegen(context, builder, signature, args):
        i64 = ir.IntType(64)
        bits = builder.bitcast(args[0], i64)
        exponent = builder.sub(builder.lshr(bits, ir.Constant(i64, 52)), ir.Constant(i64, 1023))
        mantissa = builder.or_(
            builder.and_(bits, ir.Constant(i64, (1 << 52) - 1)), ir.Constant(i64, 1023 << 52)
        )
        values = [builder.bitcast(mantissa, ir.DoubleType()), builder.sitofp(exponent, ir.DoubleType())]
        return context.make_tuple(builder, signature.return_type, values)

    return types.UniTuple(types.float64, 2)(types.float64), codegen


@intrinsic
def _split_f32(typingctx, x):
    """Return (mantissa in [1, 2), exponent as a float) of a positive normal number."""

    def codegen(context, builder, signature, args):
        i32 = ir.IntType(32)
        bits = builder.bitcast(args[0], i32)
        exponent = builder.sub(builder.lshr(bits, ir.Constant(i32, 23)), ir.Constant(i32, 127))
        mantissa = builder.or_(
            builder.and_(bits, ir.Constant(i32, (1 << 23) - 1)), ir.Constant(i32, 127 << 23)
        )
        values = [builder.bitcast(mantissa, ir.FloatType()), builder.sitofp(exponent, ir.FloatType())]
        return context.make_tuple(builder, signature.return_type, values)

    return types.UniTuple(types.float32, 2)(types.float32), codegen


@njit(error_model="numpy", fastmath={"contract"}, forceinline=True)
def _log1p64(x):
    u = 1.0 + x
    lost = x - (u - 1.0)  # what the rounding of u dropped
    m, e = _split_f64(u)
    high = m > 1.4142135623730951
    m = _select(high, 0.5 * m, m)
    e = _select(high, e + 1.0, e)
    # lost / u without a second division: 1 / u by a series at 1, good enough for what it corrects, and
    # away from 1 what was lost is less than the last place of the result.
    d = m - 1.0
    lost = _select(e == 0.0, lost * (1.0 - d + d * d), 0.0)
    s = d / (m + 1.0)
    q = s * s
    # atanh(s) / s = 1 + q p(q), at Chebyshev's points of 0 to 0.0295: off by 5e-18
    p = 0.073082927124443109947
    p = p * q + 0.07665855309105385784
    p = p * q + 0.090914447278374730193
    p = p * q + 0.11111105565129938515
    p = p * q + 0.14285714313001634371
    p = p * q + 0.19999999999949721617
    p = p * q + 0.33333333333333348442
    value = e * 0.6931471805599453 + (2.0 * s * (1.0 + q * p) + lost)
    value = _select(x > -1.0, value, _select(x == -1.0, -np.inf, np.nan))
    return _select(x == np.inf, x, value)


@njit(error_model="numpy", fastmath={"contract"}, forceinline=True)
def _log1p32(x):
    u = np.float32(1.0) + x
    lost = x - (u - np.float32(1.0))
    m, e = _split_f32(u)
    high = m > np.float32(1.4142135)
    m = _select(high, np.float32(0.5) * m, m)
    e = _select(high, e + np.float32(1.0), e)
    d = m - np.float32(1.0)
    lost = _select(e == np.float32(0.0), lost * (np.float32(1.0) - d + d * d), np.float32(0.0))
    s = d / (m + np.float32(1.0))
    q = s * s
    p = np.float32(0.14790026521594222)  # as above, off by 3e-9
    p = p * q + np.float32(0.19994389141081404)
    p = p * q + np.float32(0.33333342522578015)
    value = e * np.float32(0.6931472) + (np.float32(2.0) * s * (np.float32(1.0) + q * p) + lost)
    outside = _select(x == np.float32(-1.0), np.float32(-np.inf), np.float32(np.nan))
    value = _select(x > np.float32(-1.0), value, outside)
    return _select(x == np.float32(np.inf), x, value)


def _scalar_log1p(x):
    raise TypeError("only called from compiled code")


@overload(_scalar_log1p, jit_options={"error_model": "numpy", "fastmath": {"contract"}, "forceinline": True})
def _overload_log1p(x):
    if x == types.float32:
        return lambda x: _log1p32(x)
    return lambda x: _log1p64(float(x))


def _scalar_exp(x):
    raise TypeError("only called from compiled code")


def _scalar_logaddexp(a, b):
    raise TypeError("only called from compiled code")


@overload(_scalar_exp, jit_options={"error_model": "numpy", "fastmath": {"contract"}, "forceinline": True})
def _overload_exp(x):
    if x == types.float32:
        return lambda x: _exp32(x)
    return lambda x: _exp64(float(x))


@overload(
    _scalar_logaddexp, jit_options={"error_model": "numpy", "fastmath": {"contract"}, "forceinline": True}
)
def _overload_logaddexp(a, b):
    if a == types.float32 and b == types.float32:

        def log_sum(a, b):
            d = a - b
            return _select(d > 0, a, b) + _log1p32(_exp32(_select(d > 0, -d, d)))
    else:

        def log_sum(a, b):
            d = float(a) - float(b)
            return _select(d > 0, a, b) + _log1p64(_exp64(_select(d > 0, -d, d)))

    return log_sum


@njit(forceinline=True)
def _where(condition, first, second):
    return _select(condition, first, second)


@njit(forceinline=True)
def _clip(x, low, high):
    raised = _select(x > low, x, low)
    return _select(raised < high, raised, high)


@njit(forceinline=True)
def _maximum(a, b):
    return _select(a > b, a, b)


@njit(forceinline=True)
def _minimum(a, b):
    return _select(a < b, a, b)


class _ScalarNumpy(python_types.ModuleType):
    """NumPy as a compiled scalar function sees it."""

    where = staticmethod(_where)
    clip = staticmethod(_clip)
    maximum = staticmethod(_maximum)
    minimum = staticmethod(_minimum)
    exp = staticmethod(_scalar_exp)
    log1p = staticmethod(_scalar_log1p)
    logaddexp = staticmethod(_scalar_logaddexp)

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)


scalar_numpy = _ScalarNumpy("numpy_for_scalars")
