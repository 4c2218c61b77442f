"""Logistic regression."""

from typing import Any

import numpy as np
from scipy.special import expit, softmax

from sgdkit.estimators._classifier import LinearClassifier
from sgdkit.estimators._inspection import SummaryMixin
from sgdkit.losses.base import Loss
from sgdkit.losses.log_loss import Logistic
from sgdkit.losses.softmax import Softmax

__all__ = ("LogisticClassifier",)


class LogisticClassifier(SummaryMixin, LinearClassifier):
    r"""Logistic regression, binary or multinomial.

    Minimises :math:`\frac{1}{\sum_i s_i} \sum_i s_i\, \ell(x_i w + b, y_i) + \alpha\, P(w)` with the log loss
    for two classes and its multinomial form (softmax) for more, and
    :math:`P = \tfrac12 \lVert w \rVert_2^2` for ``penalty="l2"``.

    Parameters
    ----------
    loss : str or Loss, default="log_loss"
        ``"log_loss"``, which is multinomial (``"softmax"``) with more than two classes, or a loss
        object. ``Logistic(smoothing=0.1)`` smooths the labels, also of more than two classes.
    penalty : {"l2", "l1", "elasticnet", None}, default="l2"
        Penalty on the coefficients. ``l1`` and ``elasticnet`` are applied as proximal steps, so
        coefficients become exactly zero.
    alpha : float, default=1e-4
        Strength of the penalty, zero or positive. ``LogisticRegression(C=C)`` has the same
        optimum at ``alpha = 1 / (C * n_samples)``.
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
        so they never lie outside; with more than two classes those of every class. The intercept is free.
    monotone : array-like of shape (n_features,), dict or None, default=None
        In which direction the probability of ``classes_[1]`` may go with each feature, by number or by name:
        ``{"income": 1, "debt": -1}``. 1 allows only coefficients from zero up, -1 only from zero
        down, 0 any. For two classes only.
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
        Rows in a batch; ``"auto"`` is at most 64, or 256 for sparse rows and more
        than two classes, and spreads the rows evenly over the batches.
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
    sampling : {"auto", "replacement", "stratified", "balanced", "importance"}, default="auto"
        Which rows an epoch visits. ``"auto"``: each once, in the order that `shuffle` says.
        ``"replacement"``: as many as there are, drawn independently. ``"stratified"``: each once, every
        batch with the shares of the classes. ``"balanced"``: every batch with equal shares of the
        classes. ``"importance"``: rows of large norm or weight more often. Rows that are visited more
        often count less each time, so the objective stays the same; `class_weight` changes it.
    random_state : int, RandomState or None, default=None
        Seed of the order and of the validation split.
    early_stopping : bool, default=False
        Whether the score on validation rows decides when to stop; the best epoch's weights are
        kept.
    validation_fraction : float, default=0.1
        Share of the rows held out for ``early_stopping`` when no `X_val` is given, in (0, 1).
    n_iter_no_change : int, default=10
        Epochs without progress before stopping.
    class_weight : dict, "balanced" or None, default=None
        Factor on the weight of each class's rows: it changes the objective. ``"balanced"`` gives the
        classes equal weight, in ``partial_fit`` by what has been seen so far.
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
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        Coefficients, in the dtype of X.
    intercept_ : ndarray of shape (1,) or (n_classes,)
        Intercepts.
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
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
    With ``sample_weight``, a row of weight 2 counts like the same row twice in the objective; the
    path of a stochastic run differs, its limit does not.

    References
    ----------
    Duchi, Hazan and Singer, "Adaptive subgradient methods", JMLR 2011 (the default update rule); Boyd
    and Vandenberghe, "Convex optimization", 2004, section 9.5 (Newton's method).

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sgdkit import LogisticClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), LogisticClassifier(alpha=1e-3, random_state=0))
    >>> model.fit(X, y).score(X, y) > 0.97
    True
    """

    def __init__(
        self,
        loss: Any = "log_loss",
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
        class_weight: Any = None,
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
        self.class_weight = class_weight
        self.warm_start = warm_start
        self.clip_norm = clip_norm
        self.clip_value = clip_value
        self.average = average
        self.checkpoint = checkpoint
        self.resume_from = resume_from
        self.backend = backend

    def _resolve_loss(self, n_outputs: int) -> Loss:
        loss = self._loss_of_task(self.loss)
        if n_outputs > 1 and type(loss) is Logistic:
            return Softmax(smoothing=loss.smoothing)
        if n_outputs == 1 and type(loss) is Softmax:
            return Logistic(smoothing=loss.smoothing)
        return super()._resolve_loss(n_outputs)

    def predict_proba(self, X: Any) -> Any:
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Rows sum to 1; columns in the order of ``classes_``.
        """
        raw = self._raw(X)
        if not isinstance(raw, np.ndarray):
            xp = raw.__array_namespace__()
            raw = xp.concat([0.0 * raw, raw], axis=1) if raw.shape[1] == 1 else raw
            scaled = xp.exp(raw - xp.max(raw, axis=1, keepdims=True))
            return scaled / xp.sum(scaled, axis=1, keepdims=True)
        if raw.shape[1] == 1:
            positive = expit(raw)
            return np.hstack([1.0 - positive, positive])
        return softmax(raw, axis=1)

    def predict_log_proba(self, X: Any) -> Any:
        """Return the logarithm of the probability of each class; see `predict_proba`."""
        return np.log(self.predict_proba(X))
