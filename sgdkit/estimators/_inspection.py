"""Methods that look into a fitted model; `sgdkit.inspection` does the work."""

from typing import Any

from sgdkit import inspection

__all__ = ("ExplainMixin", "SummaryMixin")


class ExplainMixin:
    """Gives a linear model the method `explain`."""

    def explain(self, X: Any, *, background: Any = None) -> inspection.Explanation:
        """Return what each feature adds to the raw prediction of each row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows to explain.
        background : array-like or sparse matrix of shape (n_rows, n_features), default=None
            Rows whose column means are the baseline; None is a baseline of zeros.

        Returns
        -------
        Explanation
            See `sgdkit.inspection.explain`.
        """
        return inspection.explain(self, X, background=background)


class SummaryMixin:
    """Gives a model whose loss is a likelihood the method `summary`."""

    def summary(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        level: float = 0.95,
        covariance: str = "model",
        polish: bool = True,
    ) -> inspection.Summary:
        """Return coefficients with standard errors, tests and intervals.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The rows of the fit.
        y : array-like of shape (n_samples,)
            Their targets.
        sample_weight : array-like of shape (n_samples,), default=None
            The weights of the fit.
        level : float, default=0.95
            Coverage of the intervals, in (0, 1).
        covariance : {"model", "HC0", "HC1"}, default="model"
            Inverse Hessian or sandwich.
        polish : bool, default=True
            Whether to describe the optimum near the model, or the model as it is.

        Returns
        -------
        Summary
            See `sgdkit.inspection.summary`.
        """
        return inspection.summary(
            self, X, y, sample_weight, level=level, covariance=covariance, polish=polish
        )
