"""Linear regression."""

from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.utils.validation import check_consistent_length

from sgdkit._compat import with_callbacks
from sgdkit.backends.select import is_cupy
from sgdkit.estimators._base import LinearModel
from sgdkit.estimators._inputs import (
    check_offset,
    check_target_interval,
    check_training_data,
    check_weight,
    drop_zero_weights,
)
from sgdkit.estimators._inspection import SummaryMixin
from sgdkit.estimators._rows import TrainingRows, given_validation, hold_out
from sgdkit.exceptions import InvalidParameterError
from sgdkit.losses.base import Loss, PointwiseLoss
from sgdkit.namespaces import rebind

__all__ = ("LinearRegressor",)


class LinearRegressor(SummaryMixin, RegressorMixin, LinearModel):
    r"""Linear regression, by any loss: squares, quantiles, counts, amounts.

    Minimises :math:`\frac{1}{\sum_i s_i} \sum_i s_i\, \ell(x_i w + b + o_i, y_i) + \alpha\, P(w)` with
    :math:`\ell(z, y) = \tfrac12 (z - y)^2` unless another `loss` is chosen, optional offsets `o`, and
    :math:`P = \tfrac12 \lVert w \rVert_2^2` for ``penalty="l2"``. With several targets or quantiles the
    losses of a row are added.

    Parameters
    ----------
    loss : str or Loss, default="squared_error"
        ``"squared_error"``, ``"absolute_error"``, ``"huber"``, ``"quantile"``,
        ``"epsilon_insensitive"``, ``"squared_epsilon_insensitive"``, ``"poisson"``, ``"gamma"``, or a
        loss object such as ``Huber(delta=2.0)``. ``Quantile([0.05, 0.5, 0.95])`` fits three lines in the
        same passes. The user guide says when to take which.
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
    optimizer : str, UpdateRule or Solver, default="auto"
        Name or object, built in or from a plugin; ``sgdkit plugins`` lists them. ``"auto"`` is a
        solver where one can prove how far the optimum is, else Adagrad; `optimizer_` and
        `optimizer_reason_` say which and why. `learning_rate`, `batch_size`, `shuffle` and
        `n_iter_no_change` are for update rules: given a value of their own, the first two make
        ``"auto"`` an update rule, as `early_stopping` and ``tol=None`` do; a solver that is asked
        for by name does not read them, and refuses `early_stopping`.
    learning_rate : "auto", float, str or Schedule, default="auto"
        ``"auto"`` derives one rate for each feature from the columns and the loss. A number is
        used as it is, in the units of the raw features. A schedule, by name or object (``"cosine"``,
        ``Cosine(0.1, warmup=5)``), sets the rate of each epoch; without a rate of its own it shapes
        the automatic one.
    batch_size : int, GrowingBatch or "auto", default="auto"
        Rows in a batch; ``"auto"`` is at most 64, and spreads the rows evenly over the batches.
        `sgdkit.schedules.GrowingBatch` lets it grow from epoch to epoch.
    max_iter : int, default=1000
        Iterations of a solver, or passes over the data (epochs), at most.
    tol : float or None, default=1e-4
        A solver stops when its objective is proved to be at most this share of itself above the
        least value. An update rule stops when the objective has not fallen by this share of itself
        for `n_iter_no_change` epochs. With ``early_stopping`` it is the improvement of the validation
        score, in its own units. None trains for `max_iter` epochs
        or iterations.
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
    clip_norm : float or None, default=None
        Largest norm of the gradient of a batch's mean loss, intercept included, in the units of the raw
        (with an automatic rate: centred) features; a longer one is shortened. None does not clip.
    clip_value : float or None, default=None
        Largest size of each of its components, clipped before the norm.
    average : "auto", bool, int or {"polynomial", "exponential", "schedule_free"}, default="auto"
        Average of the weights on the way, taken up to 16 times an epoch: their mean from the start
        (True) or from that many rows on (int above 1), a mean in which late ones count more, with weight
        9/(t + 8) for the t-th (``"polynomial"``, also robust to a bad start), or one that forgets half in
        an epoch (``"exponential"``). Of the last weights and their average the one with the lower objective
        on the training rows is the model; with ``early_stopping`` the average. ``"auto"`` is
        ``"polynomial"`` in a `fit` with the automatic rate, without early stopping and without an l1 part of
        the penalty (an average has no zeros), else False.
        ``"schedule_free"`` takes gradients between the moving point and its mean, after every batch; the
        mean is the model. That is a momentum: choose a rule without one, such as ``Adam(beta1=0.0)``.
    checkpoint : str, os.PathLike, Checkpoint or None, default=None
        File that ``fit`` keeps the run in, written after every epoch, or as often as a
        `sgdkit.Checkpoint` says. None keeps nothing.
    resume_from : str, os.PathLike or None, default=None
        Checkpoint that ``fit`` goes on from. Data and parameters must be those of the run that wrote it; the
        result has the same bits as if that run had never been interrupted. Under
        a solver it goes on from the weights, to the same proof but not the same bits.
    backend : {"auto", "numba", "reference", "cupy"}, default="auto"
        What computes. ``"auto"`` follows the input: compiled loops for arrays in main memory, CuPy
        for arrays on a GPU. ``"reference"`` is plain NumPy, for comparison.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,) or (n_outputs, n_features)
        Coefficients, in the dtype of X; the second shape for a target of two dimensions or several
        quantiles.
    intercept_ : float or ndarray of shape (n_outputs,)
        Intercept.
    loss_ : Loss
        The loss that was minimised.
    n_iter_ : int
        Iterations or epochs made.
    converged_ : bool
        Whether a stopping rule was met: `tol`, `grad_tol` or early stopping.
    optimality_gap_ : float
        The objective of the fitted coefficients is proved to be at most this much above its least
        value; NaN where nothing is proved: after update rules, and without a penalty.
    stop_reason_ : str
        Why training ended: ``"converged"`` (`tol`), ``"gradient"`` (`grad_tol`), ``"early_stopping"``,
        ``"max_iter"``, ``"max_seconds"``, ``"callback"``, ``"not_finite"``, ``"diverged"``, or ``"stalled"``
        where rounding hid a solver's progress.
    history_ : dict of str to ndarray of shape (n_iter_,)
        One value an iteration or epoch of `epoch`, `objective` (in an epoch the running mean loss
        plus penalty), `validation_score`, `gradient_norm` (of an epoch's batches, root mean square),
        `full_gradient_norm` (NaN without `grad_tol`), `learning_rate` (of a solver the length of its
        step), `update_ratio`, `seconds`; a pandas DataFrame takes it as it is.
    diagnosis_ : list of Finding
        What the run shows to be wrong or worth knowing, with figures and advice; empty for a clean run.
        See `sgdkit.inspection.Finding`.
    objective_ : str
        The formula that was minimised.
    bounds_ : ndarray of shape (n_features_in_, 2) or None
        Lowest and highest coefficient allowed, of `positive`, `bounds` and `monotone` together; None
        without any.
    components_ : dict
        Name, class, distribution, version and parameters of each part.
    optimizer_, optimizer_reason_, backend_, backend_reason_ : str
        What ran, and why that.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, if X had them.

    Notes
    -----
    Lines of several quantiles may cross; ``predict`` sorts them within each row (rearrangement), and
    ``coef_`` keeps what was fitted.

    References
    ----------
    Chernozhukov, Fernández-Val and Galichon, "Quantile and probability curves without crossing",
    Econometrica 2010. Duchi, Hazan and Singer, "Adaptive subgradient methods", JMLR 2011 (the
    default update rule); Boyd and Vandenberghe, "Convex optimization", 2004, section 9.5 (Newton's
    method).

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sgdkit import LinearRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> LinearRegressor(alpha=1e-6, random_state=0).fit(X, y).score(X, y) > 0.5
    True
    """

    _task: ClassVar[str] = "regression"
    __metadata_request__fit = {"X_val": True, "y_val": True, "offset_val": True}
    _n_targets: int | None  # None: y has one dimension

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
        clip_norm: float | None = None,
        clip_value: float | None = None,
        average: Any = "auto",
        checkpoint: Any = None,
        resume_from: Any = None,
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
        self.clip_norm = clip_norm
        self.clip_value = clip_value
        self.average = average
        self.checkpoint = checkpoint
        self.resume_from = resume_from
        self.backend = backend

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _resolve_loss(self, n_outputs: int) -> Loss:
        return self._loss_of_task(self.loss)

    def _publish(self, coef: Any, intercept: Any) -> dict[str, Any]:
        if coef.shape[1] == 1 and self._n_targets is None:
            return {"coef_": coef[:, 0], "intercept_": intercept[0]}
        return {"coef_": coef.T, "intercept_": intercept}

    @with_callbacks
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        offset: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        offset_val: Any = None,
    ) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : array-like, sparse matrix or CuPy array of shape (n_samples, n_features)
            Training rows, finite numbers. float32 and float64 are kept; other types become
            float64. Sparse input becomes CSR, Fortran order becomes C order (a copy).
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Target, finite numbers; zero or positive for ``loss="poisson"``, positive for ``"gamma"``.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, zero or positive; None means 1. In the objective a row of weight 2
            counts like two equal rows, and only the proportions of the weights count: what training
            converges to is that of the repeated rows, while the steps on the way differ. Rows of
            weight 0 are dropped before anything else.
        offset : array-like of shape (n_samples,), default=None
            A known term of each row's raw prediction, in the units of ``Xw + b``: for
            ``loss="poisson"`` and ``"gamma"`` the logarithm of the exposure. None means 0.
        X_val, y_val, offset_val : array-like, default=None
            Validation rows, targets and offsets, scored after each epoch (see `score`); with
            ``early_stopping=True`` they decide when to stop.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For input that cannot be trained on; the estimator is then left as it was.
        """
        return self._fit(
            lambda continued: self._prepare(X, y, sample_weight, offset, X_val, y_val, offset_val)
        )

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, offset: Any = None) -> Self:
        """Train for one epoch on these rows, going on where the last call ended.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows of this chunk.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Their targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, counted in units of the mean weight of all rows so far.
        offset : array-like of shape (n_samples,), default=None
            A known term of each row's raw prediction.

        Returns
        -------
        self
        """
        with self._unchanged_on_failure():
            continued = hasattr(self, "_training")
            rows = self._prepare(X, y, sample_weight, offset, reset=not continued, split=False)
            return self._train(rows, continued=continued, max_iter=1)

    def _prepare(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        offset: Any,
        X_val: Any = None,
        y_val: Any = None,
        offset_val: Any = None,
        reset: bool = True,
        split: bool = True,
    ) -> TrainingRows:
        self._check_parameters()
        X, y = check_training_data(self, X, y, reset=reset, numeric=True, multi_output=True)
        offset = check_offset(offset, X.shape[0])
        weight, X, y, offset = drop_zero_weights(check_weight(sample_weight, X), X, y, offset)
        y = np.asarray(y, dtype=np.float64)
        loss = self._resolve_loss(1)
        check_target_interval(loss, y)
        if X_val is not None and (offset is None) != (offset_val is None):
            raise InvalidParameterError("offset and offset_val must be given together when X_val is given.")
        validation = given_validation(self, X_val, y_val, offset=offset_val)
        if validation is not None:
            check_offset(offset_val, validation["X"].shape[0])
            check_target_interval(loss, np.asarray(y_val.get() if is_cupy(y_val) else y_val, np.float64))
        if validation is None and self.early_stopping and split:
            kept, held = self._kept.split(
                len(y),
                lambda: train_test_split(
                    np.arange(len(y)), test_size=self.validation_fraction, random_state=self.random_state
                ),
            )
            columns = {"y": y} if offset is None else {"y": y, "offset": offset}
            X, weight, columns, validation = hold_out(kept, held, X, weight, **columns)
            y, offset = columns["y"], columns.get("offset")
        self._n_targets = None if y.ndim == 1 else y.shape[1]
        n_outputs = self._n_targets if self._n_targets is not None and self._n_targets > 1 else loss.n_outputs
        loss.hyper_of_outputs(n_outputs)  # refuses values for another number of outputs
        labels, factor = y, None
        if offset is not None:
            with np.errstate(over="ignore", divide="ignore", invalid="ignore"):  # refused below
                y, factor = loss.absorb_offset(y, np.ones(len(y)), offset)
            if not (np.isfinite(y).all() and np.isfinite(factor).all() and factor.all()):
                raise InvalidParameterError(
                    f"offset holds values from {offset.min():g} to {offset.max():g}, too far from zero for "
                    f"loss={loss.name!r}: it is the logarithm of the exposure there, not the exposure."
                )
        metadata = {} if weight is None else {"sample_weight": weight}
        return TrainingRows(X, y, weight, n_outputs, None, validation, labels, metadata, factor)

    def _raw_with_offset(self, X: Any, offset: Any) -> Any:
        raw = self._raw(X)
        known = check_offset(offset, raw.shape[0])
        if known is not None:
            known = known[:, None].astype(raw.dtype)
            raw = raw + (raw.__array_namespace__().asarray(known) if is_cupy(raw) else known)
        several = raw.shape[1] > 1 and self._n_targets in (None, 1)
        if several and isinstance(self.loss_, PointwiseLoss):
            raw = self.loss_.rearrange(raw.__array_namespace__() if is_cupy(raw) else np, raw)
        return raw

    def predict(self, X: Any, offset: Any = None) -> Any:
        """Return the predicted target of each row: the inverse link of ``Xw + b + offset``.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.
        offset : array-like of shape (n_samples,), default=None
            A known term of each row's raw prediction. None means 0, which for ``loss="poisson"`` is
            an exposure of 1.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            In the units of the target. Several quantiles of one target are sorted within a row, in the
            order of their levels.
        """
        raw = self._raw_with_offset(X, offset)
        xp = raw.__array_namespace__() if is_cupy(raw) else np
        predicted = rebind(type(self.loss_).function("inverse_link"), xp)(raw)
        return predicted[:, 0] if np.ndim(self.intercept_) == 0 else predicted

    def score(self, X: Any, y: Any, sample_weight: Any = None, offset: Any = None) -> float:
        r"""Return R², or the share of the deviance explained where the loss is a deviance.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row.
        offset : array-like of shape (n_samples,), default=None
            A known term of each row's raw prediction.

        Returns
        -------
        float
            At most 1, and 0 for a constant. For ``"poisson"`` and ``"gamma"`` it is :math:`D^2`, one minus
            the mean deviance over that of the best constant, as in scikit-learn's ``PoissonRegressor``;
            for several quantiles of one target the same with the pinball loss, averaged over the levels;
            otherwise :math:`R^2`, averaged over the targets.
        """
        several = np.ndim(self.intercept_) > 0 and self._n_targets != len(self.intercept_)
        if not (self.loss_.deviance or several):
            predicted = self.predict(X, offset)
            predicted, y = (v.get() if is_cupy(v) else v for v in (predicted, y))
            return float(r2_score(y, predicted, sample_weight=sample_weight))
        raw = self._raw_with_offset(X, offset)
        raw, y = (np.asarray(v.get() if is_cupy(v) else v, np.float64) for v in (raw, y))
        check_consistent_length(raw, y)
        check_target_interval(self.loss_, y)
        weight = check_weight(sample_weight, raw)
        weight = np.ones(len(y)) if weight is None else weight
        known = check_offset(offset, len(y))
        own, factor, shift = y, weight, np.zeros((1, 1))
        if known is not None:  # the best constant beside the offset
            (own, factor), shift = self.loss_.absorb_offset(y, weight, known), known[:, None]
        constant = self.loss_.best_constant(own, factor, raw.shape[1])
        model, null = (
            weight @ self.loss_.evaluate_outputs(np, prediction, y)[0]
            for prediction in (raw, np.broadcast_to(constant + shift, raw.shape))
        )
        return float(np.mean(1.0 - model / null))
