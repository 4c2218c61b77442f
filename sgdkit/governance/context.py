"""What a check may look at: the fitted model, the test data and what else the caller gave."""

import zlib
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn import config_context
from sklearn.base import is_classifier, is_regressor
from sklearn.metrics import get_scorer, r2_score
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import check_consistent_length

from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance.collect import FittedModel, parameters_hash
from sgdkit.governance.evidence.components import describe_components, plain_params
from sgdkit.governance.evidence.conditioning import Conditioning, measure_conditioning
from sgdkit.governance.evidence.data import Lineage, trace_lineage
from sgdkit.governance.evidence.fingerprint import fingerprint
from sgdkit.governance.evidence.linear_objective import LinearObjective, linear_objective
from sgdkit.governance.evidence.rows import RowHasher
from sgdkit.governance.evidence.training import TrainingTrace, trace_training
from sgdkit.governance.inputs import flat_target, paired_labels, sensitive_columns
from sgdkit.governance.perturb import varying_columns
from sgdkit.governance.refit import quiet_clone, silent_fit, take_params
from sgdkit.governance.statements import Statement, parse_statements
from sgdkit.governance.tabular import on_host, take_rows

if TYPE_CHECKING:
    from sgdkit.governance.ledger import Ledger
    from sgdkit.governance.procedure import Procedure

__all__ = ("MAX_REFIT_ROWS", "AuditContext")

MAX_REFIT_ROWS = 5000
"""Rows that experiments with many refits train on at most."""


class AuditContext:
    """Inputs of an audit, with everything that several checks need computed once.

    Parameters
    ----------
    fitted : FittedModel
        The model in its parts.
    X_test, y_test : array-like
        Held-out data.
    X_train, y_train : array-like or None
        Training data, where the caller supplies them.
    sensitive_features : array-like or None
        One column per sensitive attribute of the test rows.
    declared : mapping or None
        Statements of a declaration; they override those that travel with the pipeline.
    statements : mapping or None
        Statements by dimension; they override both.
    scoring : str, callable or None
        The metric that checks compare, greater is better; the model's own ``score`` when None.
    fit_params : mapping or None
        What ``fit`` was given beside X and y; refits pass it on.
    score_params : mapping or None
        What ``score`` needs beside the test rows, such as the ``qid`` of a ranking.
    random_state : int
        Seed of every random part.
    groups, times : pair of array-likes or None
        The entity, and the time, of each training and of each test row.
    procedure : Procedure or None
        The way from raw rows to a model.
    ledger : Ledger or None
        Where the record will be kept.
    materiality : str or None
        How much hangs on the model, as declared.
    """

    def __init__(
        self,
        fitted: FittedModel,
        X_test: Any,
        y_test: Any,
        *,
        X_train: Any = None,
        y_train: Any = None,
        sensitive_features: Any = None,
        declared: Mapping[str, Statement] | None = None,
        statements: Mapping[str, Any] | None = None,
        scoring: str | Callable[..., float] | None = None,
        fit_params: Mapping[str, Any] | None = None,
        score_params: Mapping[str, Any] | None = None,
        random_state: int = 0,
        groups: Any = None,
        times: Any = None,
        procedure: "Procedure | None" = None,
        ledger: "Ledger | None" = None,
        materiality: str | None = None,
    ) -> None:
        if (X_train is None) != (y_train is None):
            raise InvalidParameterError("X_train and y_train come together; give both, or neither.")
        self.X_test = X_test if hasattr(X_test, "shape") else np.asarray(X_test)
        self.y_test = flat_target(y_test)
        check_consistent_length(self.X_test, self.y_test)
        if not len(self.y_test):
            raise InvalidParameterError("The test set is empty; an audit needs held-out rows.")
        self.X_train = X_train if X_train is None or hasattr(X_train, "shape") else np.asarray(X_train)
        self.y_train = None if y_train is None else flat_target(y_train)
        if self.X_train is not None:
            check_consistent_length(self.X_train, self.y_train)
        self.fitted = fitted
        self.model = fitted.model
        self.final = fitted.final
        self.random_state = random_state
        self.fit_params = dict(fit_params or {})
        self.score_params = dict(score_params or {})
        lengths = (None if self.y_train is None else len(self.y_train), len(self.y_test))
        self.groups = paired_labels("groups", groups, lengths)
        self.times = paired_labels("times", times, lengths)
        self.procedure = procedure
        self.ledger = ledger
        self.materiality = materiality
        self.sensitive_features = sensitive_columns(sensitive_features, len(self.y_test))
        inherited = parse_statements(getattr(fitted.report, "statements", None))
        self.statements: dict[str, Statement] = {
            **inherited,
            **(declared or {}),
            **parse_statements(statements),
        }
        self._scorer = get_scorer(scoring) if isinstance(scoring, str) else scoring

    def score_test_rows(self, scorer: Callable[..., Any] | None) -> Any:
        """What a scorer, or the model's own ``score`` for None, says about the test rows."""
        # Parameters of `score` reach the last step of a pipeline only while routing is on.
        with config_context(enable_metadata_routing=True) if self.score_params else nullcontext():
            if scorer is None:
                return self.model.score(self.X_test, self.y_test, **self.score_params)
            return scorer(self.model, self.X_test, self.y_test, **self.score_params)

    def score_rows(self, rows: npt.NDArray[Any], targets: npt.NDArray[Any]) -> float:
        """The metric on some test rows, with the targets of the same or of other ones."""
        X, y = take_rows(self.X_test, rows), self.y_test[targets]
        return float(self.model.score(X, y) if self._scorer is None else self._scorer(self.model, X, y))

    @cached_property
    def missing_score_params(self) -> tuple[str, ...]:
        """What the estimator's ``score`` asks for and the caller did not give."""
        if not hasattr(self.final, "get_metadata_routing"):
            return ()
        try:
            request = getattr(get_routing_for_object(self.final), "score", None)
        except RecursionError:  # RidgeCV asks its scorer, which asks RidgeCV
            request = None
        requests = {} if request is None else request.requests
        return tuple(
            name for name, wanted in requests.items() if wanted is True and name not in self.score_params
        )

    def generator(self, check_id: str) -> np.random.Generator:
        """Random numbers of one check: fixed by the seed, independent of every other check's."""
        return np.random.default_rng([self.random_state, zlib.crc32(check_id.encode())])

    @cached_property
    def is_classifier(self) -> bool:
        """Whether the model predicts classes."""
        return bool(is_classifier(self.model))

    @cached_property
    def is_regressor(self) -> bool:
        """Whether the model predicts numbers."""
        return bool(is_regressor(self.model))

    @cached_property
    def task(self) -> str:
        """``"classification"``, ``"regression"`` or ``"other"``."""
        return "classification" if self.is_classifier else "regression" if self.is_regressor else "other"

    def quality(self, y: Any, predictions: Any) -> float:
        """Accuracy of classes or R² of numbers: the scale that thresholds are stated on."""
        if self.is_classifier:
            return float(np.mean(np.asarray(y) == np.asarray(predictions)))
        return float(r2_score(y, predictions))

    @cached_property
    def test_quality(self) -> float:
        """Accuracy or R² on the test rows."""
        return self.quality(self.y_test, self.predictions)

    @cached_property
    def test_quality_error(self) -> float:
        """Standard error of `test_quality`."""
        n = len(self.y_test)
        if self.is_classifier:
            return float(np.sqrt(self.test_quality * (1.0 - self.test_quality) / n))
        generator = self.generator("test_quality_error")
        # The error falls with the root of n; that of a subsample, rescaled, is close and much cheaper.
        rows = generator.integers(0, n, size=(200, min(n, 5000)))
        target = np.asarray(self.y_test, dtype=np.float64).reshape(n, -1)
        residual = np.square(target - np.asarray(self.predictions, dtype=np.float64).reshape(n, -1))
        drawn = target[rows]
        total = np.square(drawn - drawn.mean(axis=1, keepdims=True)).sum(axis=1)
        lost = residual[rows].sum(axis=1)
        qualities = (1.0 - np.divide(lost, total, out=np.zeros_like(lost), where=total > 0.0)).mean(axis=1)
        return float(np.std(qualities) * np.sqrt(rows.shape[1] / n))

    @cached_property
    def test_score(self) -> float | None:
        """The metric on the test rows; None when its scorer lacks something that the caller did not give."""
        if self._scorer is None and self.missing_score_params:
            return None
        return float(self.score_test_rows(self._scorer))

    @cached_property
    def predictions(self) -> npt.NDArray[Any]:
        """Predictions for the test rows."""
        return self.predict(self.X_test)

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Predictions of the model; of several quantiles of one target the middle one stands for it."""
        predictions = np.asarray(self.model.predict(X))
        if predictions.ndim == 2 and np.ndim(self.y_test) == 1:
            return predictions[:, predictions.shape[1] // 2]
        return predictions

    def row_losses(self, y: Any, predictions: Any) -> npt.NDArray[np.float64]:
        """What each row takes from `quality`: their mean is one minus it."""
        if self.is_classifier:
            return (np.asarray(y) != np.asarray(predictions)).astype(np.float64)
        target = np.asarray(y, dtype=np.float64).reshape(len(y), -1)
        residual = np.square(target - np.asarray(predictions, dtype=np.float64).reshape(len(y), -1))
        spread = np.square(target - target.mean(axis=0)).mean(axis=0)
        return np.asarray(np.divide(residual, spread, out=residual * 0.0, where=spread > 0.0).mean(axis=1))

    @cached_property
    def continuous_columns(self) -> list[int]:
        """Positions of the dense numeric columns with more than a few values."""
        return varying_columns(self.X_test)

    @cached_property
    def test_losses(self) -> npt.NDArray[np.float64]:
        """`row_losses` of the test rows."""
        return self.row_losses(self.y_test, self.predictions)

    @cached_property
    def train_sample(self) -> npt.NDArray[np.intp]:
        """Positions of at most 5,000 training rows, drawn without replacement, in order."""
        n = len(self.y_train)  # type: ignore[arg-type]
        if n <= MAX_REFIT_ROWS:
            return np.arange(n)
        return np.sort(self.generator("train_sample").choice(n, MAX_REFIT_ROWS, replace=False))

    def refit(
        self,
        rows: npt.NDArray[Any] | None = None,
        *,
        y: npt.NDArray[Any] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Any:
        """A clone of the model, trained silently on training rows.

        Parameters
        ----------
        rows : ndarray of int, default=None
            Positions among the training rows, repeats allowed; all of them when None.
        y : ndarray, default=None
            Another target for all training rows.
        params : mapping, default=None
            Parameters to change, under the model's own names.
        """
        model = quiet_clone(self.model).set_params(**(params or {}))
        y = self.y_train if y is None else y
        if rows is None:
            return silent_fit(model, self.X_train, y, self.fit_params)
        fit_params = take_params(self.fit_params, rows, len(self.y_train))  # type: ignore[arg-type]
        return silent_fit(model, take_rows(self.X_train, rows), y[rows], fit_params)  # type: ignore[index]

    def losses_on_train(self, model: Any, rows: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """`row_losses` of another model on training rows."""
        y = self.y_train[rows]  # type: ignore[index]
        return self.row_losses(y, model.predict(take_rows(self.X_train, rows)))

    def outputs(self, model: Any, X: Any) -> npt.NDArray[np.float64]:
        """What a model says before it decides: decision values, probabilities or predicted numbers."""
        for name in ("decision_function", "predict_proba"):
            if hasattr(model, name):
                return np.asarray(getattr(model, name)(X), dtype=np.float64)
        return np.asarray(model.predict(X), dtype=np.float64)

    def distance(self, one: Any, other: Any) -> float:
        """Root mean square difference of two models' outputs on the test rows, in spreads of the first's."""
        ours, theirs = self.outputs(one, self.X_test), self.outputs(other, self.X_test)
        spread = float(np.std(ours - ours.mean(axis=0)))
        moved = float(np.sqrt(np.mean(np.square(ours - theirs))))
        return moved / spread if spread > 0.0 else float(moved > 0.0)

    @property
    def today(self) -> str:
        """The date, in universal time, as ISO text."""
        return datetime.now(UTC).date().isoformat()

    def movement(self, model: Any) -> float:
        """How far another model's answers on the test rows lie from the audited model's, in [0, ∞).

        The share of rows with another class, or the root mean square difference of the predicted numbers
        in standard deviations of the audited model's.
        """
        theirs = np.asarray(model.predict(self.X_test))
        if theirs.ndim == 2 and np.ndim(self.y_test) == 1:
            theirs = theirs[:, theirs.shape[1] // 2]
        if self.is_classifier:
            return float(np.mean(theirs != self.predictions))
        spread = float(np.std(self.predictions))
        moved = float(np.sqrt(np.mean(np.square(theirs - self.predictions))))
        return moved / spread if spread > 0.0 else float(moved > 0.0)

    @cached_property
    def probabilities(self) -> npt.NDArray[np.float64] | None:
        """Class probabilities for the test rows, where the model gives them."""
        if not self.is_classifier or not hasattr(self.model, "predict_proba"):
            return None
        return np.asarray(self.model.predict_proba(self.X_test), dtype=np.float64)

    @cached_property
    def lineage(self) -> Lineage | None:
        """Lineage of the training data: from a GovernanceReport, or from the training rows given."""
        if self.fitted.report is not None:
            return self.fitted.report.lineage_
        if self.X_train is None:
            return None
        return trace_lineage(self.X_train, self.y_train, hasher=RowHasher(b"lineage"), name="X_train")[0]

    @cached_property
    def trace(self) -> TrainingTrace:
        """Training trace of the final estimator."""
        return trace_training(self.final)

    @cached_property
    def components(self) -> tuple[dict[str, Any], ...]:
        """Components of the model."""
        return describe_components(self.fitted.steps)

    @cached_property
    def params(self) -> dict[str, Any]:
        """Parameters of the final estimator as plain values."""
        return plain_params(self.final)

    @cached_property
    def default_params(self) -> dict[str, Any]:
        """Parameters that the final estimator's class starts with, where it can be built bare."""
        try:
            return plain_params(type(self.final)())
        except TypeError:
            return {}

    @cached_property
    def parameters_hash(self) -> tuple[str, int]:
        """Hash of the learned parameters, and how many numbers it covers."""
        return parameters_hash(self.model)

    @cached_property
    def test_fingerprint(self) -> str:
        """Content hash of the test table."""
        return fingerprint(self.X_test)

    @cached_property
    def received(self) -> Any:
        """The rows that the final estimator receives: training rows where given, else test rows."""
        return self.fitted.before(-1, self.X_test if self.X_train is None else self.X_train)

    @cached_property
    def received_spread(self) -> npt.NDArray[np.float64]:
        """Standard deviation of each column that the final estimator receives, shape (n_columns,)."""
        X = self.received
        if sp.issparse(X):
            mean = np.asarray(X.mean(axis=0)).ravel()
            square = np.asarray(X.multiply(X).mean(axis=0)).ravel()
            return np.sqrt(np.maximum(0.0, square - mean**2))
        return np.asarray(np.asarray(on_host(X), dtype=np.float64).std(axis=0))

    @cached_property
    def objective(self) -> tuple[LinearObjective, npt.NDArray[Any], npt.NDArray[Any]] | str:
        """Objective and learned parameters of a linear model on its training rows, or why not, in words."""
        if self.X_train is None:
            return "X_train was not given, so the objective could not be computed"
        return linear_objective(self.final, on_host(self.received), self.y_train, self.fit_params)

    @cached_property
    def conditioning_received(self) -> Conditioning:
        """Conditioning of what the final estimator receives."""
        return measure_conditioning(self.received)

    @cached_property
    def conditioning_raw(self) -> Conditioning:
        """Conditioning of what enters the pipeline."""
        return measure_conditioning(self.X_test if self.X_train is None else self.X_train)
