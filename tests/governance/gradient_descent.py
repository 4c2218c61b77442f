"""A small regressor with the fitted attributes that sgdkit's estimators leave behind."""

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.callback import CallbackSupportMixin, with_callbacks
from sklearn.utils.validation import check_is_fitted, validate_data


class GradientDescent(CallbackSupportMixin, RegressorMixin, BaseEstimator):
    def __init__(self, learning_rate=0.1, alpha=0.0, max_iter=200, tol=1e-4, random_state=0):
        self.learning_rate = learning_rate
        self.alpha = alpha
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state

    @with_callbacks
    def fit(self, X, y):
        X, y = validate_data(self, X, y)
        context = self._init_callback_context(max_subtasks=self.max_iter)
        context.call_on_fit_task_begin(estimator=self)
        w, b, objective, gradient_norm = np.zeros(X.shape[1]), 0.0, [], []
        self.converged_, self.stop_reason_ = False, "max_iter reached"
        for _ in range(self.max_iter):
            epoch = context.subcontext(task_name="epoch")
            epoch.call_on_fit_task_begin(estimator=self)
            error = X @ w + b - y
            objective.append(np.mean(error**2) / 2 + self.alpha * w @ w / 2)
            gradient = X.T @ error / len(y) + self.alpha * w
            gradient_norm.append(np.linalg.norm(gradient))
            w, b = w - self.learning_rate * gradient, b - self.learning_rate * error.mean()
            state = {"coef_": w.copy(), "intercept_": b}
            epoch.call_on_fit_task_end(estimator=self, X=X, y=y, reconstruction_attributes=lambda s=state: s)
            if gradient_norm[-1] < self.tol * gradient_norm[0]:
                self.converged_, self.stop_reason_ = True, "gradient below tol"
                break
        self.coef_, self.intercept_, self.n_iter_ = w, b, len(objective)
        self.objective_ = "mean(1/2 (Xw + b - y)^2) + alpha * 1/2 ||w||^2"
        self.history_ = {
            "epoch": np.arange(1.0, len(objective) + 1.0),
            "objective": np.array(objective),
            "gradient_norm": np.array(gradient_norm),
            "seconds": np.random.default_rng().random(len(objective)),
        }
        part = {"distribution": "sgdkit", "version": "0.1.0", "params": {}}
        self.components_ = {
            "loss": {"name": "squared_error", "class": "SquaredError", **part},
            "optimizer": {"name": "sgd", "class": "SGD", **part},
        }
        context.call_on_fit_task_end(estimator=self, X=X, y=y, reconstruction_attributes={})
        return self

    def predict(self, X):
        check_is_fitted(self)
        return validate_data(self, X, reset=False) @ self.coef_ + self.intercept_
