"""Update rules on a function of your own: `minimize`, and the same as a method of SciPy's."""

from sgdkit.minimization.descent import minimize
from sgdkit.minimization.scipy_style import scipy_method

__all__ = ("minimize", "scipy_method")
