"""Functions with known minima: value and gradient."""

import numpy as np
from scipy.optimize import rosen, rosen_der


def rosenbrock(x):
    return rosen(x), rosen_der(x)


def beale(z):
    x, y = z
    a, b, c = 1.5 - x + x * y, 2.25 - x + x * y**2, 2.625 - x + x * y**3
    by_x = 2 * a * (y - 1) + 2 * b * (y**2 - 1) + 2 * c * (y**3 - 1)
    return a**2 + b**2 + c**2, np.array([by_x, 2 * a * x + 4 * b * x * y + 6 * c * x * y**2])


def himmelblau(z):
    x, y = z
    a, b = x**2 + y - 11, x + y**2 - 7
    return a**2 + b**2, np.array([4 * a * x + 2 * b, 2 * a + 4 * b * y])


def monkey_saddle(z):
    """x³ - 3xy² in a quartic bowl: three equal minima around a saddle without curvature."""
    x, y = z
    q = x**2 + y**2
    return x**3 - 3 * x * y**2 + 0.25 * q**2, np.array([3 * x**2 - 3 * y**2 + q * x, -6 * x * y + q * y])


def plateau(z):
    """A well in a plain whose gradient fades away."""
    e = np.exp(-(z @ z) / 8.0)
    return 1.0 - e, z / 4.0 * e


# Function, start, least value.
LANDSCAPES = {
    "rosenbrock": (rosenbrock, [-1.2, 1.0], 0.0),
    "beale": (beale, [1.0, 1.0], 0.0),
    "himmelblau": (himmelblau, [0.0, 0.0], 0.0),
    "monkey saddle": (monkey_saddle, [0.1, 0.5], -6.75),
    "plateau": (plateau, [5.0, 5.0], 0.0),
}
