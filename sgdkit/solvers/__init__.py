"""Solvers: whole-problem optimizers, one file each. To add one, write its file and name it here."""

from sgdkit.solvers.base import Solution, Solver, SolverPlan
from sgdkit.solvers.coordinate_descent import CoordinateDescent
from sgdkit.solvers.descent import LBFGS, GradientDescent
from sgdkit.solvers.fista import FISTA
from sgdkit.solvers.interior_point import InteriorPoint
from sgdkit.solvers.newton import Newton, NewtonCG
from sgdkit.solvers.sdca import SDCA
from sgdkit.solvers.variance_reduced import SAGA, SVRG

__all__ = (
    "FISTA",
    "LBFGS",
    "SAGA",
    "SDCA",
    "SVRG",
    "CoordinateDescent",
    "GradientDescent",
    "InteriorPoint",
    "Newton",
    "NewtonCG",
    "Solution",
    "Solver",
    "SolverPlan",
)

BUILTIN = (
    Newton,
    NewtonCG,
    LBFGS,
    GradientDescent,
    CoordinateDescent,
    FISTA,
    InteriorPoint,
    SDCA,
    SAGA,
    SVRG,
)
