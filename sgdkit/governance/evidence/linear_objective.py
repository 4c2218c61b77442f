"""The objective of a fitted linear model, written down again from what the model says about itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.optimize import minimize
from scipy.sparse.linalg import LinearOperator, eigsh

__all__ = ("LinearObjective", "linear_objective")

Array = npt.NDArray[np.float64]

# Largest second derivative of each loss with respect to its score.
_CURVATURE = {"squared_error": 1.0, "log_loss": 0.25, "softmax": 0.5}
_MAX_CELLS = 5e7


@dataclass(frozen=True, slots=True)
class LinearObjective:
    """``mean loss(X w + b, y) + l2 / 2 |w|²`` with an intercept that is not penalised.

    Attributes
    ----------
    loss : {"squared_error", "log_loss", "softmax"}
        ``(z - y)² / 2``; ``log(1 + exp(-z))`` for labels of two classes; cross-entropy of several.
    X : ndarray or sparse array of shape (n_rows, n_columns)
        What the estimator received.
    Y : ndarray of shape (n_rows, n_outputs)
        Numbers; -1 and 1; or indicators of classes.
    l2 : float
        Strength of the penalty.
    fit_intercept : bool
        Whether there is an intercept.
    """

    loss: str
    X: Any
    Y: Array
    l2: float
    fit_intercept: bool

    def value_and_gradient(self, W: Array, b: Array) -> tuple[float, Array, Array]:
        """The objective and its gradients at W of shape (n_columns, n_outputs) and b of (n_outputs,)."""
        Z = self.X @ W + b
        n = len(self.Y)
        if self.loss == "squared_error":
            R = Z - self.Y
            value = float(np.square(R).sum() / 2.0)
        elif self.loss == "log_loss":
            M = self.Y * Z
            value = float(np.logaddexp(0.0, -M).sum())
            R = -self.Y * np.exp(-np.logaddexp(0.0, M))
        else:
            Z -= Z.max(axis=1, keepdims=True)
            total = np.log(np.exp(Z).sum(axis=1, keepdims=True))
            value = float((total - Z)[self.Y > 0.0].sum())
            R = np.exp(Z - total) - self.Y
        value = value / n + self.l2 / 2.0 * float(np.square(W).sum())
        return value, np.asarray(self.X.T @ R) / n + self.l2 * W, R.mean(axis=0) * self.fit_intercept

    def spread(self) -> Array:
        """Standard deviation of each column, 1 where it is 0; shape (n_columns,)."""
        if sp.issparse(self.X):
            mean = np.asarray(self.X.mean(axis=0)).ravel()
            square = np.asarray(self.X.multiply(self.X).mean(axis=0)).ravel()
            found = np.sqrt(np.maximum(0.0, square - mean**2))
        else:
            found = self.X.std(axis=0)
        return np.where(found > 0.0, found, 1.0)

    def gradient_share(self, W: Array, b: Array) -> float:
        """Length of the gradient over its length at the best constant, in units of each column's spread."""
        unit = 1.0 / self.spread()[:, None]

        def length(W: Array, b: Array) -> float:
            _, gradient, _ = self.value_and_gradient(W, b)
            return float(np.linalg.norm(gradient * unit))

        start = length(np.zeros_like(W), self.constant())
        return length(W, b) / start if start > 0.0 else 0.0

    def constant(self) -> Array:
        """The intercepts of the best model without columns."""
        if not self.fit_intercept:
            return np.zeros(self.Y.shape[1])
        mean = self.Y.mean(axis=0)
        if self.loss == "squared_error":
            return mean
        if self.loss == "log_loss":
            share = np.clip((1.0 + mean) / 2.0, 1e-12, 1.0 - 1e-12)
            return np.asarray(np.log(share / (1.0 - share)))
        return np.asarray(np.log(np.clip(mean, 1e-12, None)))

    def largest_curvature(self) -> float:
        """Largest eigenvalue that the second derivative can have, columns taken from their mean.

        Centring takes the intercept's share out; with it the curvature is as large or larger, so a rate
        above two over this one is too high either way.
        """
        n, p = self.X.shape
        mean = np.asarray(self.X.mean(axis=0)).ravel() * self.fit_intercept
        factor = _CURVATURE[self.loss]
        if p == 1:
            column = self.X.toarray() if sp.issparse(self.X) else self.X
            return factor * float(np.square(column - mean).mean()) + self.l2
        if not sp.issparse(self.X) and p <= 500:
            gram = self.X.T @ self.X / n - np.outer(mean, mean)
            return factor * float(np.linalg.eigvalsh(gram)[-1]) + self.l2

        def product(v: Array) -> Array:
            v = np.ravel(v)
            s = self.X @ v - mean @ v
            return np.asarray(self.X.T @ s - mean * s.sum()) / n

        operator = LinearOperator((p, p), matvec=product, dtype=np.float64)
        start = np.random.default_rng(0).normal(size=p)
        top = eigsh(operator, k=1, which="LA", v0=start, tol=1e-4, return_eigenvectors=False)
        return factor * float(top[0]) + self.l2

    def lowest_value(self, W: Array, b: Array, max_iter: int = 500) -> float:
        """The least value that L-BFGS finds from the given model on; an upper bound on the optimum.

        It works in units of each column's spread about its mean, so that raw columns do not slow it down.
        """
        spread = self.spread()
        mean = np.zeros(self.X.shape[1])
        if self.fit_intercept:
            mean = np.asarray(self.X.mean(axis=0)).ravel() / spread
        shape = W.shape

        def unpack(theta: Array) -> tuple[Array, Array]:
            U, c = theta[: W.size].reshape(shape), theta[W.size :]
            return U / spread[:, None], c - mean @ U

        def function(theta: Array) -> tuple[float, Array]:
            value, gW, gb = self.value_and_gradient(*unpack(theta))
            gU = gW / spread[:, None] - np.outer(mean, gb)
            return value, np.concatenate([gU.ravel(), gb])

        best = np.inf
        for W0, b0 in ((W, b), (np.zeros_like(W), self.constant())):
            U0 = W0 * spread[:, None]
            theta = np.concatenate([U0.ravel(), (b0 + mean @ U0) * self.fit_intercept])
            options = {"maxiter": max_iter, "maxfun": 2 * max_iter, "ftol": 1e-12, "gtol": 1e-9}
            found = minimize(function, theta, jac=True, method="L-BFGS-B", options=options)
            best = min(best, float(found.fun), function(theta)[0])
        return best


def linear_objective(
    estimator: Any, X: Any, y: Any, fit_params: Mapping[str, Any]
) -> tuple[LinearObjective, Array, Array] | str:
    """Write the objective of a fitted linear model down, on the rows it was trained on.

    Parameters
    ----------
    estimator : object
        Fitted; one of sgdkit's with squares, log loss or softmax and an L2 penalty or none, or
        scikit-learn's LinearRegression, Ridge, LogisticRegression, SGDRegressor or SGDClassifier likewise.
    X, y : array-like
        What its ``fit`` received.
    fit_params : mapping
        What it received beside them.

    Returns
    -------
    tuple or str
        The objective, and the learned W of shape (n_columns, n_outputs) and b of (n_outputs,); or, in words,
        why it is not known. Nothing is guessed: weights, constraints and other losses end here.
    """
    kind = _kind_of(estimator)
    if kind is None:
        return f"The objective of {type(estimator).__name__} is not one that can be computed here"
    loss, l2 = kind
    params = estimator.get_params(deep=False)
    if params.get("class_weight") is not None or any(v is not None for v in fit_params.values()):
        return "The rows were weighted, and the weighted objective is not computed here"
    if np.ndim(y) != 1 or not hasattr(X, "shape"):
        return "The target has several columns"
    if float(np.prod(X.shape, dtype=np.float64)) > _MAX_CELLS and not sp.issparse(X):
        return "The table is too large to compute the objective again"
    if sp.issparse(X):
        X = sp.csr_array(X).astype(np.float64)
    else:
        X = np.asarray(X)
        if X.dtype.kind not in "biuf":
            return "The estimator received columns that are no numbers"
        X = np.asarray(X, dtype=np.float64)
    coef = np.atleast_2d(np.asarray(estimator.coef_, dtype=np.float64))
    if not np.all(np.isfinite(coef)):
        return "The coefficients are not finite"
    W, b = coef.T, np.broadcast_to(np.ravel(np.asarray(estimator.intercept_, dtype=np.float64)), len(coef))
    if loss == "squared_error":
        Y = np.asarray(y, dtype=np.float64)[:, None]
    else:
        classes = np.asarray(estimator.classes_)
        Y = (np.asarray(y)[:, None] == classes).astype(np.float64)
        if loss == "log_loss":
            if classes.size != 2 or W.shape[1] != 1:
                return "One-against-rest models have one objective for each class"
            Y = 2.0 * Y[:, 1:] - 1.0
    if W.shape != (X.shape[1], Y.shape[1]):
        return "The coefficients do not fit the columns"
    if isinstance(l2, str):
        l2 = float(params[l2]) / len(Y) if l2 == "alpha" else 1.0 / (float(params["C"]) * len(Y))
    objective = LinearObjective(loss, X, Y, l2, bool(params.get("fit_intercept", True)))
    return objective, W, np.array(b)


def _kind_of(estimator: Any) -> tuple[str, float | str] | None:
    """Loss, and the strength of the L2 penalty or the parameter that it follows from."""
    if not hasattr(estimator, "coef_") or not hasattr(estimator, "intercept_"):
        return None
    parts = getattr(estimator, "components_", None)
    if isinstance(parts, Mapping) and {"loss", "penalty"} <= set(parts):
        return _own_kind(estimator, parts)
    params, name = estimator.get_params(deep=False), type(estimator).__name__
    if not type(estimator).__module__.startswith("sklearn.linear_model"):
        return None
    if name == "LinearRegression":
        return None if params["positive"] else ("squared_error", 0.0)
    if name == "Ridge":
        return None if params["positive"] or np.ndim(params["alpha"]) else ("squared_error", "alpha")
    if name == "LogisticRegression":
        plain = params["penalty"] in ("l2", "deprecated") and params.get("l1_ratio") in (None, 0, 0.0)
        if not plain or params["solver"] == "liblinear":
            return None
        return ("log_loss" if len(estimator.classes_) == 2 else "softmax", "C")
    if name in ("SGDRegressor", "SGDClassifier"):
        plain = params["penalty"] in ("l2", None) and params["loss"] in ("squared_error", "log_loss")
        return (params["loss"], params["alpha"] * (params["penalty"] == "l2")) if plain else None
    return None


def _own_kind(estimator: Any, parts: Mapping[str, Any]) -> tuple[str, float | str] | None:
    """The same from the components that an estimator reports."""
    loss, penalty = parts["loss"], parts["penalty"].get("params", {})
    plain = loss.get("name") in _CURVATURE and not loss.get("params", {}).get("smoothing")
    free = getattr(estimator, "bounds_", None) is None and not penalty.get("l1")
    return (str(loss["name"]), float(penalty.get("l2", 0.0))) if plain and free else None
