"""The table of a summary: arrays by coefficient, figures of the whole fit, text and data frame."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sgdkit.extras import import_extra
from sgdkit.text_table import format_table

__all__ = ("Summary",)


@dataclass(frozen=True, eq=False, repr=False)
class Summary:
    """Coefficients with their uncertainty; `sgdkit.inspection.summary` makes it.

    ``print`` shows it as a table.

    Attributes
    ----------
    model : str
        What was summarised, in words.
    names : tuple of str
        One name a coefficient, ``"(intercept)"`` first where there is one. All arrays follow it.
    coefficient, standard_error : ndarray of shape (n_parameters,)
        Estimates and their standard errors, in the units of X.
    statistic, p_value : ndarray of shape (n_parameters,)
        Coefficient over standard error, and the two-sided probability of one as large if the
        coefficient were 0.
    low, high : ndarray of shape (n_parameters,)
        Ends of the confidence interval.
    fitted : ndarray of shape (n_parameters,)
        What the model itself predicts with: `coefficient`, up to the distance that training left.
    bias : ndarray of shape (n_parameters,)
        How far the penalty pulls each coefficient, to first order; 0 without a penalty.
    covariance_matrix : ndarray of shape (n_parameters, n_parameters)
        Covariance of the estimates.
    covariance : {"model", "HC0", "HC1"}
        How it was estimated.
    statistic_name : {"t", "z"}
        Distribution of the statistic.
    level : float
        Coverage of the intervals, in (0, 1).
    n_samples : int
        Rows of positive weight.
    degrees_of_freedom : float
        Rows minus parameters; with a penalty minus the effective number of parameters.
    dispersion : float
        Variance of a row of weight 1 (regression), or 1.
    deviance, null_deviance : float
        Twice the sum of the losses; of the model with the intercept alone.
    log_likelihood, aic, bic : float
        ``aic`` and ``bic`` are NaN where the fit is no unweighted-class, unpenalised maximum of
        the likelihood; a note says so. The dispersion is not counted as a parameter.
    distance : float
        Largest ``|fitted - coefficient| / standard_error``.
    notes : tuple of str
        What a reader must know.
    """

    model: str
    names: tuple[str, ...]
    coefficient: np.ndarray
    standard_error: np.ndarray
    statistic: np.ndarray
    p_value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    fitted: np.ndarray
    bias: np.ndarray
    covariance_matrix: np.ndarray
    covariance: str
    statistic_name: str
    level: float
    n_samples: int
    degrees_of_freedom: float
    dispersion: float
    deviance: float
    null_deviance: float
    log_likelihood: float
    aic: float
    bic: float
    distance: float
    notes: tuple[str, ...]

    def __str__(self) -> str:
        tail = 0.5 * (1.0 - self.level)
        columns = (
            "name",
            "coefficient",
            "std. error",
            self.statistic_name,
            "p value",
            f"{tail:g}",
            f"{1.0 - tail:g}",
        )
        figures = (
            self.coefficient,
            self.standard_error,
            self.statistic,
            self.p_value,
            self.low,
            self.high,
        )
        rows = [
            [name, *map(float, row)]
            for name, row in zip(self.names, np.column_stack(figures).tolist(), strict=True)
        ]
        size = (
            f"{self.n_samples} rows, {self.degrees_of_freedom:g} degrees of freedom, "
            f"dispersion {self.dispersion:.4g}"
        )
        fit = (
            f"Deviance {self.deviance:.4g} (null {self.null_deviance:.4g}), "
            f"log-likelihood {self.log_likelihood:.4g}"
        )
        if np.isfinite(self.aic):
            fit += f", AIC {self.aic:.4g}, BIC {self.bic:.4g}"
        return "\n".join([self.model, format_table(columns, rows, floats=".4g"), size, fit, *self.notes])

    __repr__ = __str__

    def to_frame(self) -> Any:
        """Return one row a coefficient as a pandas DataFrame, indexed by name.

        Returns
        -------
        DataFrame of shape (n_parameters, 8)
            `coefficient`, `standard_error`, `statistic`, `p_value`, `low`, `high`, `fitted`,
            `bias`.

        Raises
        ------
        ImportError
            Without pandas.
        """
        pandas = import_extra("pandas", "inspect", "A data frame")
        columns = ("coefficient", "standard_error", "statistic", "p_value", "low", "high", "fitted", "bias")
        return pandas.DataFrame({name: getattr(self, name) for name in columns}, index=list(self.names))
