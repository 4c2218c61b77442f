"""Linear ranking by a pairwise loss over the documents of each query."""

import warnings
from typing import Any, ClassVar, Self

import numpy as np
from sklearn import get_config
from sklearn.model_selection import GroupShuffleSplit

from sgdkit._compat import with_callbacks
from sgdkit.estimators._base import LinearModel
from sgdkit.estimators._inputs import check_training_data, check_weight, drop_zero_weights
from sgdkit.estimators._params import check_number
from sgdkit.estimators._rows import TrainingRows, given_validation, hold_out
from sgdkit.exceptions import DataWarning, InvalidParameterError
from sgdkit.losses.base import Loss
from sgdkit.ranking.groups import check_qid, contiguous_queries
from sgdkit.ranking.metrics import grouped_ndcg_score

__all__ = ("LinearRanker",)

LONG_QUERY = 5_000


class LinearRanker(LinearModel):
    r"""Linear learning to rank.

    Minimises :math:`\frac{1}{\sum_i s_i} \sum_q S_q\, \ell_q(w) + \alpha\, P(w)`, where
    :math:`\ell_q` is the mean
    logistic loss over the pairs of query `q` in which one row has the higher grade, and
    :math:`S_q` the sum of the query's weights. A linear score needs no intercept: it would shift
    all rows alike.

    Parameters
    ----------
    loss : str or Loss, default="pairwise_logistic"
        Name or object.
    penalty : {"l2", "l1", "elasticnet", None}, default="l2"
        Penalty on the coefficients. ``l1`` and ``elasticnet`` are applied as proximal steps, so
        coefficients become exactly zero.
    alpha : float, default=1e-4
        Strength of the penalty, zero or positive. The unit is that of the mean loss.
    l1_ratio : float, default=0.15
        Share of l1 in ``penalty="elasticnet"``, in [0, 1].
    positive : bool, default=False
        Whether coefficients must be zero or positive.
    bounds : pair, array-like of shape (n_features, 2), dict or None, default=None
        Lowest and highest allowed coefficient, in the units of the raw features: one pair for all,
        a pair for each feature, or pairs by feature name or column number, ``{"age": (0, 2)}``. None
        or an infinite number in a pair is no limit. Coefficients are moved inside after every step,
        so they never lie outside. The intercept is free.
    monotone : array-like of shape (n_features,), dict or None, default=None
        In which direction the score may go with each feature, by number or by name:
        ``{"income": 1, "debt": -1}``. 1 allows only coefficients from zero up, -1 only from zero
        down, 0 any.
    optimizer : str or UpdateRule, default="auto"
        Name or object, built in or from a plugin; ``sgdkit plugins`` lists them. ``"auto"`` is
        Adagrad; solvers, which see rows and not queries, are refused.
    learning_rate : "auto", float, str or Schedule, default="auto"
        ``"auto"`` derives one rate for each feature from the columns and the loss. A number is
        used as it is, in the units of the raw features. A schedule, by name or object (``"cosine"``,
        ``Cosine(0.1, warmup=5)``), sets the rate of each epoch; without a rate of its own it shapes
        the automatic one.
    batch_size : int, GrowingBatch or "auto", default="auto"
        Rows in a batch, filled with whole queries; ``"auto"`` is about 64.
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
    sampling : {"auto", "replacement"}, default="auto"
        Which queries an epoch visits. ``"auto"``: each once, in the order that `shuffle` says.
        ``"replacement"``: as many as there are, drawn independently.
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
        result has the same bits as if that run had never been interrupted.
    backend : {"auto", "numba", "reference", "cupy"}, default="auto"
        What computes. ``"auto"`` follows the input: compiled loops for arrays in main memory, CuPy
        for arrays on a GPU. ``"reference"`` is plain NumPy, for comparison.
    ndcg_k : int, default=10
        Depth of the NDCG that ``score`` returns.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        Coefficients, in the dtype of X.
    intercept_ : float
        Intercept, always 0.
    n_iter_ : int
        Epochs made.
    converged_ : bool
        Whether a stopping rule was met: `tol`, `grad_tol` or early stopping.
    optimality_gap_ : float
        NaN: nothing proves how far a ranking's optimum is.
    stop_reason_ : str
        Why training ended: ``"converged"`` (`tol`), ``"gradient"`` (`grad_tol`), ``"early_stopping"``,
        ``"max_iter"``, ``"max_seconds"``, ``"callback"``, ``"not_finite"`` or ``"diverged"``.
    history_ : dict of str to ndarray of shape (n_iter_,)
        One value an epoch of `epoch`, `objective` (running mean loss plus penalty),
        `validation_score`, `gradient_norm` (of the batches, root mean square),
        `full_gradient_norm` (NaN without `grad_tol`), `learning_rate`, `update_ratio`, `seconds`; a
        pandas DataFrame takes it as it is.
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
    `qid` is routed without any request when metadata routing is on: ``cross_validate(ranker, X, y,
    cv=GroupKFold(5), params={"qid": qid, "groups": qid})``. Splitters name it `groups`.

    References
    ----------
    Burges et al., "Learning to rank using gradient descent", ICML 2005.

    Examples
    --------
    >>> import numpy as np
    >>> from sgdkit import LinearRanker
    >>> rng = np.random.default_rng(0)
    >>> X, qid = rng.normal(size=(300, 4)), np.repeat(np.arange(30), 10)
    >>> y = np.digitize(X[:, 0] + 0.1 * rng.normal(size=300), [-1, 0, 1])
    >>> ranker = LinearRanker(random_state=0).fit(X, y, qid=qid)
    >>> ranker.score(X, y, qid=qid) > 0.95
    True
    """

    _task: ClassVar[str] = "ranking"
    _shift_invariant: ClassVar[bool] = True
    __metadata_request__fit = {"qid": True, "X_val": True, "y_val": True, "qid_val": True}
    __metadata_request__partial_fit = {"qid": True}
    __metadata_request__score = {"qid": True}

    def __init__(
        self,
        loss: Any = "pairwise_logistic",
        *,
        penalty: str | None = "l2",
        alpha: float = 1e-4,
        l1_ratio: float = 0.15,
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
        ndcg_k: int = 10,
    ):
        self.loss = loss
        self.penalty = penalty
        self.alpha = alpha
        self.l1_ratio = l1_ratio
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
        self.ndcg_k = ndcg_k

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_number(self, "ndcg_k", 1, integer=True)

    def _resolve_loss(self, n_outputs: int) -> Loss:
        return self._loss_of_task(self.loss)

    def _publish(self, coef: Any, intercept: Any) -> dict[str, Any]:
        return {"coef_": coef[:, 0], "intercept_": 0.0}

    @with_callbacks
    def fit(
        self,
        X: Any,
        y: Any,
        qid: Any = None,
        sample_weight: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        qid_val: Any = None,
    ) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : array-like, sparse matrix or CuPy array of shape (n_samples, n_features)
            One row a document.
        y : array-like of shape (n_samples,)
            Grades; greater is better. Only their order within a query counts for the loss.
        qid : array-like of shape (n_samples,), default=None
            Query of each row, in any order; None means that all rows are one query. The cost of a
            query grows with the square of its rows.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, zero or positive; None means 1.
        X_val, y_val, qid_val : array-like, default=None
            Validation documents, scored (NDCG) after each epoch; with ``early_stopping=True`` they
            decide when to stop.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For input that cannot be trained on; the estimator is then left as it was.
        """
        return self._fit(lambda continued: self._prepare(X, y, qid, sample_weight, X_val, y_val, qid_val))

    def partial_fit(self, X: Any, y: Any, qid: Any = None, sample_weight: Any = None) -> Self:
        """Train for one epoch on these rows, going on where the last call ended.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Documents of this chunk; a query must be whole within one call.
        y : array-like of shape (n_samples,)
            Their grades.
        qid : array-like of shape (n_samples,), default=None
            Query of each row; None means one query.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, counted in units of the mean weight of all rows so far.

        Returns
        -------
        self
        """
        with self._unchanged_on_failure():
            continued = hasattr(self, "_training")
            rows = self._prepare(X, y, qid, sample_weight, reset=not continued, split=False)
            return self._train(rows, continued=continued, max_iter=1)

    def _prepare(
        self,
        X: Any,
        y: Any,
        qid: Any,
        sample_weight: Any,
        X_val: Any = None,
        y_val: Any = None,
        qid_val: Any = None,
        reset: bool = True,
        split: bool = True,
    ) -> TrainingRows:
        self._check_parameters()
        X, y = check_training_data(self, X, y, reset=reset, numeric=True)
        qid = check_qid(qid, X.shape[0])
        weight, X, y, qid = drop_zero_weights(
            check_weight(sample_weight, X), X, np.asarray(y, np.float64), qid
        )
        if (qid_val is None) != (X_val is None) and (qid_val is not None or len(np.unique(qid)) > 1):
            raise InvalidParameterError(
                "qid_val must be given with X_val and y_val when training has queries."
            )
        validation = given_validation(self, X_val, y_val, qid=qid_val)
        if validation is not None:
            check_qid(qid_val, validation["X"].shape[0])
        if validation is None and self.early_stopping and split:
            if len(np.unique(qid)) < 2:
                raise InvalidParameterError(
                    "early_stopping=True holds out whole queries, but there is only one: pass qid, or X_val."
                )
            splitter = GroupShuffleSplit(
                1, test_size=self.validation_fraction, random_state=self.random_state
            )
            kept, held = self._kept.split(len(y), lambda: next(splitter.split(X, y, groups=qid)))
            X, weight, columns, validation = hold_out(kept, held, X, weight, y=y, qid=qid)
            y, qid = columns["y"], columns["qid"]
        order, edges = contiguous_queries(qid)
        if (longest := int(np.diff(edges).max())) > LONG_QUERY:
            warnings.warn(
                f"A query has {longest} rows, and the loss compares all their pairs: each epoch takes about "
                f"{longest**2 * 8e-9:.1g} seconds for it. Pass qid if the rows belong to several queries.",
                DataWarning,
                stacklevel=4,
            )
        if order is not None:
            X, y = X[order], y[order]
            weight = None if weight is None else weight[order]
        metadata = {} if weight is None else {"sample_weight": weight}
        if get_config()["enable_metadata_routing"]:  # without it scorers refuse it
            metadata["qid"] = np.repeat(np.arange(len(edges) - 1), np.diff(edges))
        return TrainingRows(X, y, weight, 1, edges, validation, y, metadata)

    def predict(self, X: Any) -> Any:
        """Return the score of each document; greater ranks higher.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Documents.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return self._raw(X)[:, 0]

    def score(self, X: Any, y: Any, qid: Any = None, sample_weight: Any = None) -> float:
        """Return the mean NDCG at `ndcg_k` over the queries.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Documents.
        y : array-like of shape (n_samples,)
            Grades, zero or positive.
        qid : array-like of shape (n_samples,), default=None
            Query of each row; None means one query.
        sample_weight : array-like of shape (n_samples,), default=None
            A query counts with the mean weight of its rows; rows of weight 0 are left out.

        Returns
        -------
        float
            In [0, 1]; see `sgdkit.ranking.metrics.grouped_ndcg_score`.
        """
        return grouped_ndcg_score(y, self.predict(X), qid=qid, k=self.ndcg_k, sample_weight=sample_weight)
