"""What a summary refuses, each in a sentence."""

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sgdkit.exceptions import InvalidParameterError, UnsupportedCombinationError
from sgdkit.inspection.design import Design
from sgdkit.inspection.likelihood import LIKELIHOODS, Likelihood

__all__ = ("COVARIANCES", "check_fit", "check_options", "check_rank", "likelihood_of")

COVARIANCES = {
    "model": "model-based",
    "HC0": "sandwich (HC0)",
    "HC1": "sandwich (HC1)",
}


def likelihood_of(model: Any) -> Likelihood:
    """Return the likelihood that the model maximises."""
    check_is_fitted(model, "coef_")
    loss = getattr(model, "components_", {}).get("loss", {}).get("name")
    if loss in ("softmax", "log_loss") and len(model.classes_) > 2:
        raise UnsupportedCombinationError(
            f"{type(model).__name__} was fitted to {len(model.classes_)} classes; a summary is for two. "
            "Fit one model for each pair or each class against the rest."
        )
    if loss not in LIKELIHOODS or not hasattr(model, "fit_intercept"):
        raise UnsupportedCombinationError(
            f"{type(model).__name__} with loss {loss!r} has no summary: standard errors are computed for "
            f"{' and '.join(map(repr, LIKELIHOODS))}, whose optimum is a maximum of a likelihood."
        )
    if model.components_["loss"].get("params", {}).get("smoothing", 0.0) != 0.0:
        raise UnsupportedCombinationError(
            "Label smoothing moves the targets, so the optimum is no maximum of a likelihood. Fit with "
            "loss='log_loss'."
        )
    if np.size(model.intercept_) > 1 or np.ndim(model.intercept_) > 1:
        raise UnsupportedCombinationError(
            f"{type(model).__name__} has {np.size(model.intercept_)} targets; a summary is for one. "
            "Fit one model for each target."
        )
    return LIKELIHOODS[loss]


def check_fit(model: Any) -> None:
    """Refuse fits that are no solution of an estimating equation over all rows."""
    if model.components_["penalty"]["params"]["l1"] > 0.0:
        raise UnsupportedCombinationError(
            f"penalty={model.penalty!r} selects features, and standard errors after selection on the same "
            "rows are too small. Refit with penalty=None on the selected columns and on other rows."
        )
    if getattr(model, "_training", {}).get("offset"):
        raise UnsupportedCombinationError(
            "The model was fitted with an offset, which a summary does not take. For a loss of residuals, "
            "fit and summarise with y - offset as the target."
        )
    if model.early_stopping:
        raise UnsupportedCombinationError(
            "early_stopping=True ends training before the optimum, on part of the rows, so the coefficients "
            "solve no equation that has standard errors. Fit with early_stopping=False."
        )
    if getattr(model, "bounds_", None) is not None:
        raise UnsupportedCombinationError(
            "positive, bounds or monotone keep coefficients within limits, and an estimate at its limit is "
            "not normally distributed. Bootstrap the whole fit, or fit without the limits."
        )
    if not model.converged_:
        raise UnsupportedCombinationError(
            f"The model has not converged (stop_reason_={model.stop_reason_!r}); standard errors are those "
            "of an optimum. Raise max_iter, scale the features, or use a whole-problem solver."
        )


def check_options(model: Any, level: float, covariance: str) -> None:
    """Refuse options out of range, or meaningless for this fit."""
    if not isinstance(level, float) or not 0.0 < level < 1.0:
        raise InvalidParameterError(f"level={level!r}: must be a number in (0, 1), for example 0.95.")
    if covariance not in COVARIANCES:
        raise InvalidParameterError(
            f"covariance={covariance!r} is not known; use one of {', '.join(map(repr, COVARIANCES))}."
        )
    if covariance == "model" and getattr(model, "class_weight", None) is not None:
        raise UnsupportedCombinationError(
            f"class_weight={model.class_weight!r} makes rows count otherwise than they occurred, so the "
            "inverse Hessian is no variance. Use covariance='HC0'."
        )


def check_rank(design: Design, weight: np.ndarray, names: tuple[str, ...]) -> None:
    """Refuse columns that the data cannot tell apart, penalty or not."""
    dependent = [names[j] for j in design.dependent(weight)]
    if dependent:
        more = f" and {len(dependent) - 8} more" if len(dependent) > 8 else ""
        raise InvalidParameterError(
            f"Column(s) {', '.join(map(repr, dependent[:8]))}{more} are constant or follow from the other "
            "columns, so the data do not determine their coefficients. Leave them out and fit again; "
            "OneHotEncoder(drop='first') avoids the usual case."
        )
