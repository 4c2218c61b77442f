"""Linear support vector classification."""

from typing import Any

from sgdkit.estimators._classifier import LinearClassifier

__all__ = ("HingeClassifier",)


class HingeClassifier(LinearClassifier):
    r"""Linear support vector machine.

    Minimises :math:`\frac{1}{\sum_i s_i} \sum_i s_i\, \ell(y_i (x_i w + b)) + \alpha\, P(w)` with labels
    -1 and 1 and :math:`\ell(m) = \max(0, 1 - m)` unless another `loss` is chosen; with more than two classes
    each is set against the rest and the losses are added.

    Parameters
    ----------
    loss : str or Loss, default="hinge"
        ``"hinge"``, ``"squared_hinge"``, ``"smooth_hinge"``, ``"modified_huber"``, ``"perceptron"``, or
        a loss object.
    penalty : {"l2", "l1", "elasticnet", None}, default="l2"
        Penalty on the coefficients. ``l1`` and ``elasticnet`` are applied as proximal steps, so
        coefficients become exactly zero.
    alpha : float, default=1e-4
        Strength of the penalty, zero or positive. ``LinearSVC(C=C, loss="hinge")`` has the
        same optimum at ``alpha = 1 / (C * n_samples)``, up to its penalised intercept; so has
        ``LinearSVC(C=C)`` with ``loss="squared_hinge"`` here.
    l1_ratio : float, default=0.15
        Share of l1 in ``penalty="elasticnet"``, in [0, 1].
    fit_intercept : bool, default=True
        Whether to learn an intercept, which is never penalised.
    optimizer : str, UpdateRule or Solver, default="auto"
        Name or object, built in or from a plugin; ``sgdkit plugins`` lists them. ``"auto"`` is a
        solver where one can prove how far the optimum is, else Adagrad; `optimizer_` and
        `optimizer_reason_` say which and why. `learning_rate`, `batch_size`, `shuffle` and
        `n_iter_no_change` are for update rules: given a value of their own, the first two make
        ``"auto"`` an update rule, as `early_stopping` and ``tol=None`` do; a solver that is asked
        for by name does not read them, and refuses `early_stopping`.
    learning_rate : "auto", float, str or Schedule, default="auto"
        ``"auto"`` derives one rate for each feature from column scales and row norms. A number is
        used as it is, in the units of the raw features. A schedule, by name or object (``"cosine"``,
        ``Cosine(0.1, warmup=5)``), sets the rate of each epoch; without a rate of its own it shapes
        the automatic one.
    batch_size : int or "auto", default="auto"
        Rows in a batch; ``"auto"`` is at most 64, or 256 for sparse rows and more
        than two classes, and spreads the rows evenly over the batches.
    max_iter : int, default=1000
        Iterations of a solver, or passes over the data (epochs), at most.
    tol : float or None, default=1e-4
        A solver stops when its objective is proved to be at most this share of itself above the
        least value. An update rule stops when the objective has not fallen by this share of itself
        for `n_iter_no_change` epochs. With ``early_stopping`` it is the improvement of the validation
        score, in its own units. None trains for `max_iter` epochs
        or iterations.
    shuffle : bool, default=True
        Whether the order of the rows changes from epoch to epoch. Neighbouring rows stay together
        in large data, unless they look ordered by label or time.
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
        Factor on the weight of each class's rows.
    warm_start : bool, default=False
        Whether ``fit`` goes on from the last solution instead of starting anew. The learning rate
        starts anew either way.
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
        Whether the stopping rule was met before `max_iter`.
    optimality_gap_ : float
        The objective of the fitted coefficients is proved to be at most this much above its least
        value; NaN where nothing is proved: after update rules, and without a penalty.
    stop_reason_ : str
        Why training ended: ``"converged"``, ``"early_stopping"``, ``"max_iter"``, ``"callback"``,
        ``"not_finite"``, ``"diverged"``, or ``"stalled"`` where rounding hid a solver's progress.
    history_ : dict of str to ndarray of shape (n_iter_,)
        One value an iteration or epoch of `epoch`, `objective` (in an epoch the running mean loss
        plus penalty), `validation_score`, `gradient_norm`, `learning_rate` (of a solver the length
        of its step), `update_ratio`, `seconds`; a pandas DataFrame takes it as it is.
    objective_ : str
        The formula that was minimised.
    components_ : dict
        Name, class, distribution, version and parameters of each part.
    optimizer_, optimizer_reason_, backend_, backend_reason_ : str
        What ran, and why that.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, if X had them.

    See Also
    --------
    sklearn.calibration.CalibratedClassifierCV : Probabilities from the decision values.
    sklearn.model_selection.TunedThresholdClassifierCV : Another threshold than zero.

    References
    ----------
    Shalev-Shwartz et al., "Pegasos: primal estimated sub-gradient solver for SVM", 2011, eq. (1).

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sgdkit import HingeClassifier
    >>> X, y = load_wine(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), HingeClassifier(random_state=0))
    >>> model.fit(X, y).score(X, y) > 0.97
    True
    """

    def __init__(
        self,
        loss: Any = "hinge",
        *,
        penalty: str | None = "l2",
        alpha: float = 1e-4,
        l1_ratio: float = 0.15,
        fit_intercept: bool = True,
        optimizer: Any = "auto",
        learning_rate: Any = "auto",
        batch_size: Any = "auto",
        max_iter: int = 1000,
        tol: float | None = 1e-4,
        shuffle: bool = True,
        random_state: Any = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        class_weight: Any = None,
        warm_start: bool = False,
        backend: str = "auto",
    ):
        self.loss = loss
        self.penalty = penalty
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.fit_intercept = fit_intercept
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.tol = tol
        self.shuffle = shuffle
        self.random_state = random_state
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.class_weight = class_weight
        self.warm_start = warm_start
        self.backend = backend
