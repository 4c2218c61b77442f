"""What the classifiers share: labels, class weights, decision values."""

from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.model_selection import train_test_split
from sklearn.utils import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets

from sgdkit._compat import with_callbacks
from sgdkit.estimators._base import LinearModel
from sgdkit.estimators._inputs import check_training_data, check_weight, drop_zero_weights
from sgdkit.estimators._rows import TrainingRows, given_validation, hold_out
from sgdkit.exceptions import InvalidParameterError
from sgdkit.losses.base import Loss

__all__ = ("LinearClassifier",)


def balanced_factors(counts: np.ndarray) -> np.ndarray:
    r"""Return the factor of each class that makes the classes count alike.

    Parameters
    ----------
    counts : ndarray of shape (n_classes,)
        Weight of the rows of each class; 0 for one that has not been seen.

    Returns
    -------
    ndarray of shape (n_classes,)
        With :math:`n_c` the counts and `K` the classes that were seen, :math:`\sum_k n_k / (K n_c)`, which is
        scikit-learn's formula where all were seen; 1 for those that were not.
    """
    seen = counts > 0.0
    return np.where(seen, counts.sum() / (seen.sum() * np.where(seen, counts, 1.0)), 1.0)


class LinearClassifier(ClassifierMixin, LinearModel):
    """Base of the classifiers."""

    _task: ClassVar[str] = "classification"
    __metadata_request__fit = {"X_val": True, "y_val": True}

    @with_callbacks
    def fit(self, X: Any, y: Any, sample_weight: Any = None, X_val: Any = None, y_val: Any = None) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : array-like, sparse matrix or CuPy array of shape (n_samples, n_features)
            Training rows, finite numbers. float32 and float64 are kept; other types become
            float64. Sparse input becomes CSR, Fortran order becomes C order (a copy).
        y : array-like of shape (n_samples,)
            Class labels, at least two different ones.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, zero or positive; None means 1. In the objective a row of weight 2
            counts like two equal rows, and only the proportions of the weights count: what training
            converges to is that of the repeated rows, while the steps on the way differ. Rows of
            weight 0 are dropped before anything else.
        X_val, y_val : array-like, default=None
            Validation rows and labels, scored after each epoch; with ``early_stopping=True`` they
            decide when to stop. Inside a Pipeline, ``Pipeline(transform_input=["X_val"])``
            transforms them like X.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For input that cannot be trained on; the estimator is then left as it was.
        """
        return self._fit(
            lambda continued: self._prepare(
                X, y, sample_weight, X_val, y_val, known=self.classes_ if continued else None
            )
        )

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        r"""Train for one epoch on these rows, going on where the last call ended.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows of this chunk.
        y : array-like of shape (n_samples,)
            Their labels; all must be among the classes.
        classes : array-like of shape (n_classes,), default=None
            Every class that will come; needed in the first call.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, counted in units of the mean weight of all rows so far.

        Returns
        -------
        self

        Notes
        -----
        With ``class_weight="balanced"`` a row of class `c` counts :math:`\sum_k n_k / (K n_c)` times, where
        :math:`n_c` is the weight of all rows of the class so far, these included, and `K` the number of
        classes seen so far. Early rows are thus weighed by what was known then.

        Raises
        ------
        ValueError
            For unusable input, missing or unseen classes.
        """
        with self._unchanged_on_failure():
            continued = hasattr(self, "_training")
            if not continued and classes is None:
                raise InvalidParameterError("classes must be passed on the first call to partial_fit.")
            known = self.classes_ if continued else np.unique(classes)
            if continued and classes is not None and not np.array_equal(np.unique(classes), known):
                raise InvalidParameterError(
                    f"classes={list(np.unique(classes))!r} differ from those of the first call, "
                    f"{list(known)!r}."
                )
            rows = self._prepare(
                X, y, sample_weight, None, None, known=known, reset=not continued, split=False, stream=True
            )
            return self._train(rows, continued=continued, max_iter=1)

    def _prepare(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        X_val: Any,
        y_val: Any,
        known: Any = None,
        reset: bool = True,
        split: bool = True,
        stream: bool = False,
    ) -> TrainingRows:
        self._check_parameters()
        X, y = check_training_data(self, X, y, reset=reset, numeric=False)
        if y.dtype == object and any(label is None for label in y):
            raise InvalidParameterError("y holds None; every row needs a label.")
        check_classification_targets(y)
        weight, X, y = drop_zero_weights(check_weight(sample_weight, X), X, y)
        classes = np.unique(y) if known is None else known
        if known is not None and (unseen := np.setdiff1d(y, known)).size:
            raise InvalidParameterError(
                f"y holds the label(s) {unseen.tolist()!r}, not among the classes {list(classes)!r}. "
                "Pass every class in the first call to partial_fit, or fit again."
            )
        if len(classes) < 2:
            raise InvalidParameterError(
                f"y holds only one class, {classes[0]!r}; a classifier needs at least two."
            )
        self.classes_ = classes
        validation = given_validation(self, X_val, y_val)
        if validation is None and self.early_stopping and split:
            try:
                kept, held = self._kept.split(
                    len(y),
                    lambda: train_test_split(
                        np.arange(len(y)),
                        test_size=self.validation_fraction,
                        stratify=y,
                        random_state=self.random_state,
                    ),
                )
            except InvalidParameterError:
                raise
            except ValueError as error:
                raise InvalidParameterError(
                    f"early_stopping=True cannot hold out validation_fraction={self.validation_fraction} of "
                    f"{len(y)} rows with every class: {error} Pass X_val and y_val, or more rows."
                ) from error
            X, weight, columns, validation = hold_out(kept, held, X, weight, y=y)
            y = columns["y"]
        labels, metadata = y, {} if weight is None else {"sample_weight": weight}
        y = np.searchsorted(classes, y)
        counts = np.bincount(y, weights=weight, minlength=len(classes)).astype(np.float64)
        if stream and hasattr(self, "_training"):
            counts += self._training["class_counts"]
        if self.class_weight is not None:
            if isinstance(self.class_weight, str) and self.class_weight == "balanced":
                factor = balanced_factors(counts)
            else:
                factor = compute_class_weight(self.class_weight, classes=classes, y=labels)
            if not (np.isfinite(factor) & (factor >= 0.0)).all() or not factor[y].any():
                raise InvalidParameterError(
                    f"class_weight={self.class_weight!r}: weights must be finite and zero or positive, "
                    "and at least one class must count."
                )
            weight = factor[y] if weight is None else weight * factor[y]
        n_outputs = 1 if len(classes) == 2 else len(classes)
        return TrainingRows(X, y, weight, n_outputs, None, validation, labels, metadata, class_counts=counts)

    def _resolve_loss(self, n_outputs: int) -> Loss:
        loss = self._loss_of_task(self.loss)
        if loss.multi_output and n_outputs == 1:
            raise InvalidParameterError(
                f"loss={self.loss!r} needs more than two classes in {type(self).__name__}; y has two. Use "
                "LogisticClassifier, or another loss."
            )
        return loss

    def _publish(self, coef: Any, intercept: Any) -> dict[str, Any]:
        return {"coef_": coef.T, "intercept_": intercept}

    def decision_function(self, X: Any) -> Any:
        """Return the raw prediction ``Xw + b``.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            With two classes one value a row, positive for ``classes_[1]``; otherwise one a class.
        """
        raw = self._raw(X)
        return raw[:, 0] if raw.shape[1] == 1 else raw

    def predict(self, X: Any) -> Any:
        """Return the most likely class of each row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
            Labels from ``classes_``.
        """
        raw = self._raw(X)
        index = (raw[:, 0] > 0).astype(np.intp) if raw.shape[1] == 1 else raw.argmax(axis=1)
        if isinstance(index, np.ndarray):
            return self.classes_[index]
        return index.__array_namespace__().asarray(self.classes_)[index]
