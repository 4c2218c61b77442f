"""Every error and warning class of sgdkit.

Errors that a caller can cause also inherit ``ValueError`` or ``TypeError``, so code written
against scikit-learn catches them. Warnings about training inherit scikit-learn's
``ConvergenceWarning``.
"""

from sklearn.exceptions import ConvergenceWarning as _SklearnConvergenceWarning

__all__ = (
    "CacheWarning",
    "ConvergenceWarning",
    "DataWarning",
    "GovernanceWarning",
    "InvalidParameterError",
    "LedgerError",
    "PluginError",
    "PluginWarning",
    "SgdkitError",
    "SgdkitWarning",
    "UnknownComponentError",
    "UnsupportedCombinationError",
)


class SgdkitError(Exception):
    """Base of every error that sgdkit raises on purpose."""


class InvalidParameterError(SgdkitError, ValueError):
    """A parameter has a value outside what is allowed."""


class UnknownComponentError(InvalidParameterError):
    """No registered component has the name that was given."""


class UnsupportedCombinationError(InvalidParameterError):
    """Two valid choices do not work together; the message says which ones do."""


class PluginError(SgdkitError):
    """A plugin could not be loaded, or two distributions claim one name."""


class LedgerError(SgdkitError):
    """A store of records cannot be read or written."""


class SgdkitWarning(UserWarning):
    """Base of sgdkit's own warnings."""


class ConvergenceWarning(SgdkitWarning, _SklearnConvergenceWarning):
    """Training ended before its stopping rule was met, or diverged."""


class DataWarning(SgdkitWarning):
    """The data will train, but slowly or badly; the message says what to do."""


class GovernanceWarning(SgdkitWarning):
    """A model was chosen, or a report written, on less evidence than was asked for."""


class PluginWarning(SgdkitWarning):
    """A plugin was skipped; the message names the distribution and the cause."""


class CacheWarning(SgdkitWarning):
    """Compiled kernels cannot be kept on disk, so each process compiles again."""
