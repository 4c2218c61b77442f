"""Linear regression by stochastic gradient descent."""

from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.model_selection import train_test_split

from sgdkit._compat import with_callbacks
from sgdkit.estimators._base import LinearModel
from sgdkit.estimators._inputs import check_training_data, check_weight, drop_zero_weights
from sgdkit.estimators._inspection import SummaryMixin
from sgdkit.estimators._rows import TrainingRows, given_validation, hold_out
from sgdkit.losses.base import Loss

__all__ = ("LinearRegressor",)


class LinearRegressor(SummaryMixin, RegressorMixin, LinearModel):
    r"""Linear regression.

    Minimises :math:`\frac{1}{\sum_i s_i} \sum_i s_i \tfrac12 (x_i w + b - y_i)^2 + \alpha\, P(w)` with
    :math:`P = \tfrac12 \lVert w \rVert_2^2` for ``penalty="l2"``.

    Parameters
    ----------
    loss : str or Loss, default="squared_error"
        Name or object.
    penalty : {"l2", "l1", "elasticnet", None}, default="l2"
        Penalty on the coefficients. ``l1`` and ``elasticnet`` are applied as proximal steps, so
        coefficients become exactly zero.
    alpha : float, default=1e-4
        Strength of the penalty, zero or positive. ``Ridge(alpha=a)`` has the same optimum
        at ``alpha = a / n_samples``.
    l1_ratio : float, default=0.15
        Share of l1 in ``penalty="elasticnet"``, in [0, 1].
    fit_intercept : bool, default=True
        Whether to learn an intercept, which is never penalised.
    positive : bool, default=False
        Whether coefficients must be zero or positive.
    bounds : pair, array-like of shape (n_features, 2), dict or None, default=None
        Lowest and highest allowed coefficient, in the units of the raw features: one pair for all,
        a pair for each feature, or pairs by feature name or column number, ``{"age": (0, 2)}``. None
        or an infinite number in a pair is no limit. Coefficients are moved inside after every step,
        so they never lie outside. The intercept is free.
    monotone : array-like of shape (n_features,), dict or None, default=None
        In which direction the prediction may go with each feature, by number or by name:
        ``{"income": 1, "debt": -1}``. 1 allows only coefficients from zero up, -1 only from zero
        down, 0 any.
    optimizer : str or UpdateRule, default="auto"
        Name or object, built in or from a plugin; ``sgdkit plugins`` lists them. ``"auto"`` is
        Adagrad.
    learning_rate : "auto", float, str or Schedule, default="auto"
        ``"auto"`` derives one rate for each feature from column scales and row norms. A number is
        used as it is, in the units of the raw features. A schedule, by name or object (``"cosine"``,
        ``Cosine(0.1, warmup=5)``), sets the rate of each epoch; without a rate of its own it shapes
        the automatic one.
    batch_size : int, GrowingBatch or "auto", default="auto"
        Rows in a batch; ``"auto"`` is at most 64, and spreads the rows evenly over the batches.
        `sgdkit.schedules.GrowingBatch` lets it grow from epoch to epoch.
    max_iter : int, default=1000
        Passes over the data (epochs) at most.
    tol : float or None, default=1e-4
        Training stops when the objective has not fallen by this share of itself for
        `n_iter_no_change` epochs. With ``early_stopping`` it is the improvement of the validation
        score, in its own units. None does not stop on it.
    grad_tol : float or None, default=None
        Training also stops when the gradient of the whole objective is at most this share, in
        (0, 1), of its norm at the model without features. It is measured at a point, over all rows,
        not from the noisy batches, which costs about one more pass an epoch; see
        `sgdkit.engine.gradient.FullGradient`. Shares down to 0.01 are within reach of the automatic
        rate; smaller ones need ``learning_rate="constant"`` and large batches.
    max_seconds : float or None, default=None
        Time budget of ``fit`` in seconds, positive. The epoch in which it runs out is the last one
        and is completed. Where it decides, the result depends on the machine and its load and is
        not reproducible; `stop_reason_` then says ``"max_seconds"``. ``partial_fit`` makes its one
        epoch regardless.
    shuffle : bool, default=True
        Whether the order of the rows changes from epoch to epoch. Neighbouring rows stay together
        in large data, unless they look ordered by label or time.
    sampling : {"auto", "replacement", "importance"}, default="auto"
        Which rows an epoch visits. ``"auto"``: each once, in the order that `shuffle` says.
        ``"replacement"``: as many as there are, drawn independently. ``"importance"``: rows of large norm
        or weight more often, and with less weight each time, so the objective stays the same.
    random_state : int, RandomState or None, default=None
        Seed of the order and of the validation split.
    early_stopping : bool, default=False
        Whether the score on validation rows decides when to stop; the best epoch's weights are
        kept.
    validation_fraction : float, default=0.1
        Share of the rows held out for ``early_stopping`` when no `X_val` is given, in (0, 1).
    n_iter_no_change : int, default=10
        Epochs without progress before stopping.
    warm_start : bool, default=False
        Whether ``fit`` goes on from the last solution instead of starting anew. The learning rate
        starts anew either way.
    backend : {"auto", "numba", "reference", "cupy"}, default="auto"
        What computes. ``"auto"`` follows the input: compiled loops for arrays in main memory, CuPy
        for arrays on a GPU. ``"reference"`` is plain NumPy, for comparison.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        Coefficients, in the dtype of X.
    intercept_ : float
        Intercept.
    n_iter_ : int
        Epochs made.
    converged_ : bool
        Whether a stopping rule was met: `tol`, `grad_tol` or early stopping.
    stop_reason_ : str
        Why training ended: ``"converged"`` (`tol`), ``"gradient"`` (`grad_tol`), ``"early_stopping"``,
        ``"max_iter"``, ``"max_seconds"``, ``"callback"``, ``"not_finite"`` or ``"diverged"``.
    history_ : dict of str to ndarray of shape (n_iter_,)
        One value an epoch of `epoch`, `objective` (running mean loss plus penalty),
        `validation_score`, `gradient_norm` (of the batches, root mean square),
        `full_gradient_norm` (NaN without `grad_tol`), `learning_rate`, `update_ratio`, `seconds`; a
        pandas DataFrame takes it as it is.
    objective_ : str
        The formula that was minimised.
    bounds_ : ndarray of shape (n_features_in_, 2) or None
        Lowest and highest coefficient allowed, of `positive`, `bounds` and `monotone` together; None
        without any.
    components_ : dict
        Name, class, distribution, version and parameters of each part.
    optimizer_, backend_, backend_reason_ : str
        What ran, and why there.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, if X had them.

    References
    ----------
    Duchi, Hazan and Singer, "Adaptive subgradient methods", JMLR 2011 (the default optimizer).

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sgdkit import LinearRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> LinearRegressor(alpha=1e-6, random_state=0).fit(X, y).score(X, y) > 0.5
    True
    """

    _task: ClassVar[str] = "regression"
    __metadata_request__fit = {"X_val": True, "y_val": True}

    def __init__(
        self,
        loss: Any = "squared_error",
        *,
        penalty: str | None = "l2",
        alpha: float = 1e-4,
        l1_ratio: float = 0.15,
        fit_intercept: bool = True,
        positive: bool = False,
        bounds: Any = None,
        monotone: Any = None,
        optimizer: Any = "auto",
        learning_rate: Any = "auto",
        batch_size: Any = "auto",
        max_iter: int = 1000,
        tol: float | None = 1e-4,
        grad_tol: float | None = None,
        max_seconds: float | None = None,
        shuffle: bool = True,
        sampling: str = "auto",
        random_state: Any = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        warm_start: bool = False,
        backend: str = "auto",
    ):
        self.loss = loss
        self.penalty = penalty
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.fit_intercept = fit_intercept
        self.positive = positive
        self.bounds = bounds
        self.monotone = monotone
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.tol = tol
        self.grad_tol = grad_tol
        self.max_seconds = max_seconds
        self.shuffle = shuffle
        self.sampling = sampling
        self.random_state = random_state
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.warm_start = warm_start
        self.backend = backend

    def _resolve_loss(self, n_outputs: int) -> Loss:
        return self._loss_of_task(self.loss)

    def _publish(self, coef: Any, intercept: Any) -> dict[str, Any]:
        return {"coef_": coef[:, 0], "intercept_": intercept[0]}

    @with_callbacks
    def fit(self, X: Any, y: Any, sample_weight: Any = None, X_val: Any = None, y_val: Any = None) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : array-like, sparse matrix or CuPy array of shape (n_samples, n_features)
            Training rows, finite numbers. float32 and float64 are kept; other types become
            float64. Sparse input becomes CSR, Fortran order becomes C order (a copy).
        y : array-like of shape (n_samples,)
            Target, finite numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, zero or positive; None means 1. In the objective a row of weight 2
            counts like two equal rows, and only the proportions of the weights count: what training
            converges to is that of the repeated rows, while the steps on the way differ. Rows of
            weight 0 are dropped before anything else.
        X_val, y_val : array-like, default=None
            Validation rows and targets, scored (R²) after each epoch; with
            ``early_stopping=True`` they decide when to stop.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For input that cannot be trained on; the estimator is then left as it was.
        """
        return self._fit(lambda continued: self._prepare(X, y, sample_weight, X_val, y_val))

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for one epoch on these rows, going on where the last call ended.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows of this chunk.
        y : array-like of shape (n_samples,)
            Their targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, counted in units of the mean weight of all rows so far.

        Returns
        -------
        self
        """
        with self._unchanged_on_failure():
            continued = hasattr(self, "_training")
            rows = self._prepare(X, y, sample_weight, None, None, reset=not continued, split=False)
            return self._train(rows, continued=continued, max_iter=1)

    def _prepare(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        X_val: Any,
        y_val: Any,
        reset: bool = True,
        split: bool = True,
    ) -> TrainingRows:
        self._check_parameters()
        X, y = check_training_data(self, X, y, reset=reset, numeric=True)
        weight, X, y = drop_zero_weights(check_weight(sample_weight, X), X, y)
        y = np.asarray(y, dtype=np.float64)
        validation = given_validation(self, X_val, y_val)
        if validation is None and self.early_stopping and split:
            kept, held = train_test_split(
                np.arange(len(y)), test_size=self.validation_fraction, random_state=self.random_state
            )
            X, weight, columns, validation = hold_out(kept, held, X, weight, y=y)
            y = columns["y"]
        metadata = {} if weight is None else {"sample_weight": weight}
        return TrainingRows(X, y, weight, 1, None, validation, y, metadata)

    def predict(self, X: Any) -> Any:
        """Return the predicted target of each row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return self._raw(X)[:, 0]
