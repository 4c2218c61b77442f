"""governance_scoring(): audit columns for every fold of cross-validation and search."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sklearn.metrics import get_scorer
from sklearn.utils.metadata_routing import MetadataRequest

from sgdkit.exceptions import InvalidParameterError
from sgdkit.extras import import_extra
from sgdkit.governance.audit import Store, build_dimensions
from sgdkit.governance.checks import registered_checks
from sgdkit.governance.collect import collect
from sgdkit.governance.context import AuditContext
from sgdkit.governance.gates import evaluate_gates
from sgdkit.governance.items import Tier
from sgdkit.governance.ledger import Ledger, as_ledger
from sgdkit.governance.record import AuditRecord
from sgdkit.governance.tabular import column_names, columns

__all__ = ("GovernanceScorer", "governance_scoring")

Scoring = str | Callable[..., float] | Sequence[str] | Mapping[str, str | Callable[..., float]] | None

# A fold's scorer sees the fitted pipeline and the held-out fold, and nothing else that an audit may be given.
_UNSEEN_IN_A_FOLD = frozenset({"X_train", "search", "groups", "times", "procedure", "store"})


def governance_scoring(
    scoring: Scoring = None,
    *,
    prefix: str = "governance_",
    sensitive_features: str | int | None = None,
    random_state: int = 0,
    store: Store = None,
) -> "GovernanceScorer":
    """Make a scorer that adds governance columns to ``cross_validate`` and ``GridSearchCV``.

    Parameters
    ----------
    scoring : str, callable, list of str, dict or None, default=None
        The task's own metrics. A string or a list gives columns of those names, a dict of its keys, a
        callable a column of its ``__name__``. None gives ``task_score``, the estimator's own ``score``.
    prefix : str, default="governance_"
        Start of every governance column. It keeps a plain column ``score`` from becoming what a search
        tunes on.
    sensitive_features : str, int or None, default=None
        Column of X, by name or position, that holds the sensitive attribute. With metadata routing on, an
        array can be passed instead: ``cross_validate(..., params={"sensitive_features": groups})``.
    random_state : int, default=0
        Seed of the checks.
    store : path, Ledger or None, default=None
        Where to add one entry for each fold that is scored, from every process of a search; see
        `sgdkit.governance.Ledger`. The columns are the same with and without.

    Returns
    -------
    GovernanceScorer
        Callable ``(estimator, X, y)`` that returns a dict of floats: ``governance_score``,
        ``governance_risk``, ``governance_measured_score``, ``governance_measured_share``,
        ``governance_failed_gates`` (a count), one column per dimension, and the task's metrics. A search
        needs ``refit`` to name one of them.

    Notes
    -----
    Only checks that need no refit, no training rows and no search run, so the columns compare models with
    each other and are not the score of a full `audit`. A dimension without evidence is 0.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import cross_validate
    >>> from sgdkit.governance import governance_scoring
    >>> X, y = load_iris(return_X_y=True)
    >>> model = LogisticRegression(max_iter=1000)
    >>> columns = cross_validate(model, X, y, scoring=governance_scoring("accuracy"), cv=3)
    >>> columns["test_accuracy"].round(2).tolist()
    [0.98, 0.96, 0.98]
    >>> "test_governance_score" in columns
    True
    """
    return GovernanceScorer(
        _task_scorers(scoring), prefix, sensitive_features, random_state, as_ledger(store)
    )


class GovernanceScorer:
    """Scorer that returns governance columns; made by `governance_scoring`."""

    def __init__(
        self,
        scorers: Mapping[str, Callable[..., float] | None],
        prefix: str,
        sensitive_features: str | int | None,
        random_state: int,
        ledger: Ledger | None = None,
    ) -> None:
        if not prefix.isidentifier():
            raise InvalidParameterError(
                f"prefix is {prefix!r}; give letters, digits and underscores, such as 'governance_', because "
                "columns without a prefix would collide with the task's own metrics."
            )
        clash = sorted(name for name in scorers if name.startswith(prefix))
        if clash:
            raise InvalidParameterError(
                f"The metrics {', '.join(clash)} start with the prefix {prefix!r}; rename them or the prefix."
            )
        self.scorers = dict(scorers)
        self.prefix = prefix
        self.sensitive_features = sensitive_features
        self.random_state = random_state
        self.ledger = ledger

    def __call__(
        self, estimator: Any, X: Any, y: Any = None, *, sensitive_features: Any = None, **kwargs: Any
    ) -> dict[str, float]:
        """Score one fitted estimator on one held-out fold."""
        if sensitive_features is None and self.sensitive_features is not None:
            sensitive_features = self._column(X)
        if sensitive_features is not None:
            import_extra("fairlearn.metrics", "fairness", "Scoring groups of a sensitive attribute")
        context = AuditContext(
            collect(estimator), X, y, sensitive_features=sensitive_features, random_state=self.random_state
        )
        checks = (c for c in registered_checks() if c.tier is Tier.FREE and not c.needs & _UNSEEN_IN_A_FOLD)
        dimensions = build_dimensions(context, checks)
        record = AuditRecord("", "", {}, {}, (), (), {}, dimensions, evaluate_gates(dimensions))
        columns = {
            "score": record.score,
            "risk": record.risk,
            "measured_score": record.measured_score,
            "measured_share": record.measured_share,
            "failed_gates": len(record.failed_gates),
            **{name: value or 0.0 for name, value in record.values.items()},
        }
        prefixed = {f"{self.prefix}{name}": float(value) for name, value in columns.items()}
        scores = {**self.task_metrics(estimator, X, y, **kwargs), **prefixed}
        if self.ledger is not None:
            content = {"subject": _describe_fold(context), "scores": scores}
            self.ledger.add(content, kind="fold", name=type(context.final).__name__)
        return scores

    def task_metrics(self, estimator: Any, X: Any, y: Any = None, **kwargs: Any) -> dict[str, float]:
        """The task's own metrics alone."""
        return {
            name: float(
                estimator.score(X, y, **kwargs) if scorer is None else scorer(estimator, X, y, **kwargs)
            )
            for name, scorer in self.scorers.items()
        }

    def get_metadata_routing(self) -> MetadataRequest:
        """Ask for ``sensitive_features`` where metadata routing is on."""
        request = MetadataRequest(owner=self)
        request.score.add_request(param="sensitive_features", alias=True)
        return request

    def __repr__(self) -> str:
        return f"governance_scoring({sorted(self.scorers)}, prefix={self.prefix!r})"

    def _column(self, X: Any) -> Any:
        wanted = self.sensitive_features
        for j, (name, _, values) in enumerate(columns(X)):
            if wanted in (name, j):
                return values
        raise InvalidParameterError(
            f"sensitive_features names {wanted!r}, which is no column of X; "
            f"the columns are {', '.join(column_names(X)[:20])}."
        )


def _describe_fold(context: AuditContext) -> dict[str, Any]:
    """Which model was scored on which rows."""
    digest, _ = context.parameters_hash
    return {
        "estimator": type(context.final).__name__,
        "params": context.params,
        "parameters_hash": digest,
        "n_test": len(context.y_test),
        "test_fingerprint": context.test_fingerprint,
        "train_fingerprint": None if context.lineage is None else context.lineage.fingerprint,
    }


def _task_scorers(scoring: Scoring) -> dict[str, Callable[..., float] | None]:
    if scoring is None:
        return {"task_score": None}
    if isinstance(scoring, str):
        return {scoring: get_scorer(scoring)}
    if isinstance(scoring, Mapping):
        return {
            name: get_scorer(value) if isinstance(value, str) else value for name, value in scoring.items()
        }
    if callable(scoring):
        name = getattr(scoring, "__name__", "task_score")
        return {name if name.isidentifier() and name != "score" else "task_score": scoring}
    return {name: get_scorer(name) for name in scoring}
