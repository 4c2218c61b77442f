"""The vectorisable functions are held to NumPy's, in units of the last place (ulp)."""

import numpy as np
import pytest
from numba import njit

from sgdkit.kernels.vector_math import scalar_numpy
from sgdkit.namespaces import rebind

DTYPES = [np.float32, np.float64]


def exp(x):
    return np.exp(x)


def logaddexp(a, b):
    return np.logaddexp(a, b)


def log1p(x):
    return np.log1p(x)


def where(a, b):
    return np.where(a > b, a, b)


def maximum(a, b):
    return np.maximum(a, b)


def minimum(a, b):
    return np.minimum(a, b)


def clip(x, low, high):
    return np.clip(x, low, high)


def _loop(function, n_arguments):
    """Return `function` compiled as a rule would be, in a loop over arrays."""
    scalar = rebind(function, scalar_numpy, finish=njit(error_model="numpy"))
    if n_arguments == 1:

        def loop(a, out):
            for i in range(a.shape[0]):
                out[i] = scalar(a[i])
    elif n_arguments == 2:

        def loop(a, b, out):
            for i in range(a.shape[0]):
                out[i] = scalar(a[i], b[i])
    else:

        def loop(a, b, c, out):
            for i in range(a.shape[0]):
                out[i] = scalar(a[i], b[i], c[i])

    compiled = njit(loop, error_model="numpy")

    def call(*arrays):
        out = np.empty_like(arrays[0])
        compiled(*arrays, out)
        return out

    return call


compiled_exp = _loop(exp, 1)
compiled_log1p = _loop(log1p, 1)
compiled_logaddexp = _loop(logaddexp, 2)


def ulps(found, exact):
    """Return the largest difference in units of the last place of the exact value, rounded."""
    rounded = exact.astype(found.dtype)
    return float(np.max(np.abs(found.astype(np.longdouble) - exact) / np.spacing(np.abs(rounded))))


@pytest.mark.parametrize("dtype", DTYPES)
def test_exp_is_exact_to_three_ulps_over_its_whole_range(dtype):
    low, high = (-87.0, 88.0) if dtype is np.float32 else (-708.0, 709.0)
    x = np.concatenate(
        [
            np.linspace(low, high, 200_001),
            np.linspace(-2.0, 2.0, 100_001),
            np.random.default_rng(0).normal(size=10_000) * 1e-6,
            [0.0, low, high],
        ]
    ).astype(dtype)
    x = x[(x >= low) & (x <= high)]
    assert ulps(compiled_exp(x), np.exp(x.astype(np.longdouble))) <= 3.0


@pytest.mark.parametrize("dtype", DTYPES)
def test_exp_of_zero_is_one(dtype):
    assert compiled_exp(np.zeros(1, dtype))[0] == 1.0


@pytest.mark.parametrize("dtype", DTYPES)
def test_exp_of_infinity_nan_and_what_lies_beyond_the_range(dtype):
    far = np.array([-np.inf, -1e30, -2000.0, 2000.0, 1e30, np.inf, np.nan], dtype)
    assert compiled_exp(far).tolist()[:6] == [0.0, 0.0, 0.0, np.inf, np.inf, np.inf]
    assert np.isnan(compiled_exp(far)[6])


@pytest.mark.parametrize("dtype", DTYPES)
def test_log1p_is_exact_to_four_ulps_from_tiny_to_huge(dtype):
    random = np.random.default_rng(0)
    x = np.concatenate(
        [
            10.0 ** random.uniform(-30.0, 30.0, 100_000),
            -(10.0 ** random.uniform(-30.0, -1.0, 20_000)),
            np.linspace(-0.99, 3.0, 50_001),
        ]
    ).astype(dtype)
    assert ulps(compiled_log1p(x), np.log1p(x.astype(np.longdouble))) <= 4.0


@pytest.mark.parametrize("dtype", DTYPES)
def test_log1p_meets_zero_infinity_nan_and_the_edge_as_numpy_does(dtype):
    x = np.array([0.0, -1.0, -2.0, -np.inf, np.inf, np.nan], dtype)
    with np.errstate(all="ignore"):
        expected = np.log1p(x)
    assert np.array_equal(compiled_log1p(x), expected, equal_nan=True)


@pytest.mark.parametrize("dtype", DTYPES)
def test_logaddexp_with_zero_is_exact_to_four_ulps(dtype):
    x = np.concatenate(
        [np.linspace(-80.0, 200.0, 100_001), np.linspace(-1.0, 1.0, 50_001), [1e4, 1e30]]
    ).astype(dtype)
    exact = np.logaddexp(np.longdouble(0.0), x.astype(np.longdouble))
    assert ulps(compiled_logaddexp(np.zeros_like(x), x), exact) <= 4.0


@pytest.mark.parametrize("dtype", DTYPES)
def test_logaddexp_of_two_numbers_is_close_relative_to_the_larger(dtype):
    random = np.random.default_rng(0)
    a, b = (random.normal(size=20_000) * 20.0 for _ in range(2))
    a, b = a.astype(dtype), b.astype(dtype)
    exact = np.logaddexp(a.astype(np.longdouble), b.astype(np.longdouble))
    size = np.maximum(np.maximum(np.abs(a), np.abs(b)), 1.0)
    gap = np.abs(compiled_logaddexp(a, b) - exact) / size
    assert float(gap.max()) <= 4.0 * np.finfo(dtype).eps


@pytest.mark.parametrize("dtype", DTYPES)
def test_logaddexp_meets_infinities_and_nan_as_numpy_does(dtype):
    a = np.array([0.0, 0.0, np.inf, 0.0, np.nan, -np.inf], dtype)
    b = np.array([-np.inf, np.inf, 0.0, np.nan, 0.0, 3.0], dtype)
    with np.errstate(invalid="ignore"):
        expected = np.logaddexp(a, b)
    assert np.array_equal(compiled_logaddexp(a, b), expected, equal_nan=True)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("function", "count"), [(where, 2), (maximum, 2), (minimum, 2), (clip, 3)])
def test_selecting_functions_equal_numpys(function, count, dtype):
    random = np.random.default_rng(1)
    a, b, c = (random.normal(size=500).astype(dtype) for _ in range(3))
    arguments = (a, np.minimum(b, c), np.maximum(b, c)) if count == 3 else (a, b)
    assert np.array_equal(_loop(function, count)(*arguments), function(*arguments))
