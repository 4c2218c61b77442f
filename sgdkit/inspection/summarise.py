"""Standard errors, tests and likelihood of a fitted linear or logistic model."""

import warnings
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from sgdkit.exceptions import ConvergenceWarning, InvalidParameterError
from sgdkit.inspection.design import Design
from sgdkit.inspection.fitted import coefficients, names_of, on_host
from sgdkit.inspection.likelihood import Likelihood
from sgdkit.inspection.optimum import newton_optimum
from sgdkit.inspection.summary_checks import (
    COVARIANCES,
    check_fit,
    check_options,
    check_rank,
    likelihood_of,
)
from sgdkit.inspection.summary_table import Summary

__all__ = ("summary",)

# In standard errors: what may be called the optimum, and what deserves a warning.
NEAR, FAR = 0.1, 1.0
# Share of the null deviance that is rounding.
EXACT = 1e-20


def summary(
    model: Any,
    X: Any,
    y: Any,
    sample_weight: Any = None,
    *,
    level: float = 0.95,
    covariance: str = "model",
    polish: bool = True,
) -> Summary:
    r"""Return coefficients with standard errors, tests and intervals, and the figures of the fit.

    For `LinearRegressor` with squared error and `LogisticClassifier` with two classes, without a
    penalty or with l2. A stochastic fit ends near the optimum of its objective, while standard
    errors are a statement about the optimum: so the summary takes Newton steps from the model to the
    optimum (on a copy), describes that, and reports how far the model stands from it.

    Parameters
    ----------
    model : LinearRegressor or LogisticClassifier
        Fitted and converged, without early stopping.
    X : array-like or sparse matrix of shape (n_samples, n_features)
        The rows it was fitted on, at most 5,000 columns. Other rows would give another optimum.
    y : array-like of shape (n_samples,)
        Their targets.
    sample_weight : array-like of shape (n_samples,), default=None
        The weights of the fit. As in R's ``lm`` and ``glm``, a weight divides the variance of its
        row (regression) or counts the row that often in the likelihood (classification), and
        `n_samples` counts rows.
    level : float, default=0.95
        Coverage of the intervals, in (0, 1).
    covariance : {"model", "HC0", "HC1"}, default="model"
        ``"model"`` trusts the likelihood: the inverse Hessian times the dispersion. ``"HC0"`` is
        the sandwich, right also where the variance is another than assumed, and ``"HC1"`` the
        same times ``n_samples / degrees_of_freedom``.
    polish : bool, default=True
        Whether to go to the optimum first. False describes the model's own coefficients, and refuses
        where one of them stands more than 0.1 standard errors from the optimum.

    Returns
    -------
    Summary
        A table that prints.

    Raises
    ------
    InvalidParameterError
        For a parameter out of range, columns that depend on each other, too few rows, separable
        classes, or ``polish=False`` far from the optimum.
    UnsupportedCombinationError
        For another loss, more than two classes, an l1 penalty, early stopping, a fit that has not
        converged, or ``covariance="model"`` with ``class_weight``.

    Warns
    -----
    ConvergenceWarning
        Where the model stands more than one standard error from the optimum.

    Notes
    -----
    With weights :math:`s_i`, slopes :math:`\ell'_i` and curvatures :math:`\ell''_i` of the loss at
    the optimum :math:`\hat\beta`, let :math:`I = \sum_i s_i \ell''_i x_i x_i^\top` and
    :math:`A = I + \alpha \sum_i s_i\, D`, where `D` is the identity without the intercept. Then

    .. math::
        V_{model} = \phi\, A^{-1} I A^{-1}, \qquad
        V_{HC0} = A^{-1} \Big(\sum_i \psi_i \psi_i^\top\Big) A^{-1}, \qquad
        \psi_i = s_i (\ell'_i x_i + \alpha D \hat\beta).

    Without a penalty these are the textbook ones. With an l2 penalty they are the standard errors of
    the ridge estimate around *its own mean*: intervals and tests speak of the coefficients that
    the penalised objective would have on endless data, not of those without a penalty. The
    first-order bias is :math:`-\alpha \sum_i s_i A^{-1} D \hat\beta`, given beside them. The degrees of
    freedom are :math:`n - \mathrm{tr}(A^{-1} I)`. For regression :math:`\phi` is the weighted sum of squares
    over the degrees of freedom; for classes it is 1.

    References
    ----------
    White, "A heteroskedasticity-consistent covariance matrix estimator", Econometrica 1980.
    McCullagh and Nelder, "Generalized linear models", 2nd edition 1989, chapters 2 and 4.
    Hoerl and Kennard, "Ridge regression", Technometrics 1970, section 4.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sgdkit import LinearRegressor
    >>> from sgdkit.inspection import summary
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    >>> X = X[["age", "bmi", "bp"]]
    >>> table = summary(LinearRegressor(penalty=None, random_state=0).fit(X, y), X, y)
    >>> table.to_frame()[["coefficient", "standard_error", "p_value"]].round(3)
                 coefficient  standard_error  p_value
    (intercept)     -205.112          22.554    0.000
    age                0.094           0.232    0.685
    bmi                8.502           0.707    0.000
    bp                 1.357           0.235    0.000
    """
    likelihood = likelihood_of(model)
    check_fit(model)
    check_options(model, level, covariance)
    known = {"known": model.classes_} if hasattr(model, "classes_") else {}
    rows = model._prepare(X, y, sample_weight, None, None, reset=False, split=False, **known)
    target = rows.y.astype(np.float64)
    weight = np.ones(len(target)) if rows.weight is None else rows.weight
    design = Design(on_host(rows.X), weight, model.fit_intercept)
    names = ("(intercept)",) * model.fit_intercept + names_of(model)
    check_rank(design, weight, names)

    coef, intercept = coefficients(model)
    fitted = np.concatenate([intercept[: design.n_columns - coef.shape[1]], coef[0]]).astype(np.float64)
    alpha = model.components_["penalty"]["params"]["l2"]
    ridge = alpha * weight.sum() / design.scale**2
    ridge[: len(fitted) - coef.shape[1]] = 0.0
    start = np.linalg.solve(design.to_natural, fitted)
    optimum = newton_optimum(likelihood, design, target, weight, ridge, start)

    theta = optimum if polish else start
    raw = design.times(theta)
    slope = likelihood.loss.evaluate(raw, target, likelihood.loss.hyper_values())[1]
    information = design.gram(weight * likelihood.curvature(raw))
    factor = cho_factor(information + np.diag(ridge))
    parameters = float(np.trace(cho_solve(factor, information))) if alpha else float(len(theta))
    freedom = len(target) - parameters
    if freedom <= 0.0:
        raise InvalidParameterError(
            f"{len(target)} rows for {len(theta)} coefficients leave no degrees of freedom; standard errors "
            "need more rows than coefficients."
        )
    deviance = likelihood.deviance(raw, target, weight)
    null_deviance = _null_deviance(likelihood, target, weight, model.fit_intercept)
    if deviance <= EXACT * null_deviance:
        raise InvalidParameterError(
            f"{type(model).__name__} reproduces y exactly, so no residual is left to estimate standard "
            "errors from."
        )
    dispersion = likelihood.dispersion(deviance, freedom)
    if covariance == "model":
        meat = dispersion * information
    else:
        meat = design.gram((weight * slope) ** 2)
        pull = ridge * theta / weight.sum()
        cross = np.outer(design.summed(weight**2 * slope), pull)
        meat += cross + cross.T + np.outer(pull, pull) * float(weight @ weight)
        if covariance == "HC1":
            meat *= len(target) / freedom
    half = design.to_natural @ cho_solve(factor, np.eye(len(theta)))
    matrix = half @ meat @ half.T
    error = np.sqrt(np.diag(matrix))
    estimate = design.to_natural @ theta
    gaps = np.abs(fitted - design.to_natural @ optimum) / error
    bias = -design.to_natural @ cho_solve(factor, ridge * theta)

    farthest = int(np.argmax(gaps))
    distance = float(gaps[farthest])
    _judge_distance(model, names[farthest], distance, polish)
    statistic = estimate / error
    if likelihood.statistic == "t":
        p_value, quantile = 2.0 * stdtr(freedom, -np.abs(statistic)), stdtrit(freedom, 0.5 + 0.5 * level)
    else:
        p_value, quantile = 2.0 * ndtr(-np.abs(statistic)), ndtri(0.5 + 0.5 * level)
    log_likelihood = likelihood.log_likelihood(deviance, weight)
    no_criterion = _no_criterion(model, alpha)
    return Summary(
        model=f"{type(model).__name__}, {likelihood.loss.name}, {COVARIANCES[covariance]} standard errors",
        names=names,
        coefficient=estimate,
        standard_error=error,
        statistic=statistic,
        p_value=p_value,
        low=estimate - quantile * error,
        high=estimate + quantile * error,
        fitted=fitted,
        bias=bias,
        covariance_matrix=matrix,
        covariance=covariance,
        statistic_name=likelihood.statistic,
        level=float(level),
        n_samples=len(target),
        degrees_of_freedom=freedom,
        dispersion=dispersion,
        deviance=deviance,
        null_deviance=null_deviance,
        log_likelihood=log_likelihood,
        aic=float("nan") if no_criterion else 2.0 * (parameters - log_likelihood),
        bic=float("nan") if no_criterion else parameters * np.log(len(target)) - 2.0 * log_likelihood,
        distance=distance,
        notes=_notes(names, farthest, distance, polish, bias / error, alpha, no_criterion),
    )


def _judge_distance(model: Any, name: str, distance: float, polish: bool) -> None:
    who = type(model).__name__
    where = f"{who} stands {distance:.2g} standard errors from the optimum (coefficient {name!r})"
    remedy = "Use a whole-problem solver or a lower tol, and pass the X, y and sample_weight of the fit."
    if not polish and distance > NEAR:
        raise InvalidParameterError(
            f"{where}, and polish=False allows {NEAR:g}. {remedy} polish=True describes the optimum instead."
        )
    if distance > FAR:
        warnings.warn(
            f"{where}: the summary describes the optimum, not the coefficients it predicts with. {remedy}",
            ConvergenceWarning,
            stacklevel=3,
        )


def _null_deviance(likelihood: Likelihood, y: np.ndarray, weight: np.ndarray, fit_intercept: bool) -> float:
    constant = likelihood.loss.best_constant(y, weight, 1)[0] if fit_intercept else 0.0
    return likelihood.deviance(np.full(len(y), constant), y, weight)


def _no_criterion(model: Any, alpha: float) -> str:
    """Say why the fit has no AIC and BIC; nothing where it has."""
    if alpha:
        return "the fit is penalised, so it is no maximum of the likelihood"
    if getattr(model, "class_weight", None) is not None:
        return "class_weight makes the likelihood another than that of the data"
    return ""


def _notes(
    names: tuple[str, ...],
    farthest: int,
    distance: float,
    polish: bool,
    pulls: np.ndarray,
    alpha: float,
    no_criterion: str,
) -> tuple[str, ...]:
    described = (
        "the optimum, reached from the model by Newton steps" if polish else "the model as it was fitted"
    )
    notes = [
        f"Described is {described}; the model stands at most {distance:.2g} standard errors from the optimum "
        f"({names[farthest]})."
    ]
    if alpha:
        most = int(np.argmax(np.abs(pulls)))
        notes.append(
            "Penalised: intervals and tests are about the penalised optimum; the bias is to first order at "
            f"most {abs(pulls[most]):.2g} standard errors ({names[most]})."
        )
    if no_criterion:
        notes.append(f"No AIC and BIC: {no_criterion}.")
    return tuple(notes)
