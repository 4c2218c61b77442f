"""Search, cross-validate and audit one case."""

from dataclasses import dataclass
from typing import Any

from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    GroupShuffleSplit,
    cross_validate,
    train_test_split,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sgdkit.demo.cases import Case
from sgdkit.governance import GovernanceReport, ParameterTrace, audit, governance_scoring
from sgdkit.governance.render import Run

__all__ = ("GRID", "SEARCH_FOLDS", "Outcome", "train_case", "train_ranking_case")

GRID = {"model__optimizer": ["adagrad", "adam", "ftrl"], "model__alpha": [1e-3, 1e-2, 1e-1, 1.0]}
SEARCH_FOLDS, FOLDS = 3, 5


@dataclass(frozen=True)
class Outcome:
    """What came of a case.

    Attributes
    ----------
    case : Case
        The problem.
    search : GridSearchCV
        Fitted on the training rows.
    run : Run
        Audit, trace and folds, for the report.
    """

    case: Case
    search: Any
    run: Run


def build_pipeline(case: Case, trace: ParameterTrace | None = None) -> Pipeline:
    """Return the unfitted pipeline of a case; the trace, if any, follows the estimator's epochs."""
    pipeline = Pipeline(
        [
            ("report", GovernanceReport(statements=dict(case.statements))),
            ("scale", StandardScaler()),
            ("model", clone(case.estimator)),
        ]
    )
    if trace is not None:
        pipeline["model"].set_callbacks(trace)
    return pipeline


def train_case(case: Case) -> Outcome:
    """Search on three quarters of the rows, audit on the last one, cross-validate on all."""
    X, y = case.X, case.y
    classes = y if case.metric == "accuracy" else None
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=0.25, stratify=classes, random_state=0
    )
    trace = ParameterTrace(feature_names=list(X.columns))
    scoring = governance_scoring(case.metric, sensitive_features=case.sensitive)
    search = GridSearchCV(
        build_pipeline(case, trace), GRID, cv=SEARCH_FOLDS, scoring=scoring, refit=case.metric
    )
    search.fit(X_train, y_train)
    record = audit(
        search,
        X_test,
        y_test,
        X_train=X_train,
        y_train=y_train,
        sensitive_features=None if case.sensitive is None else X_test[case.sensitive],
        name=case.name,
    )
    # Clones share callbacks, so folds get a pipeline of their own: they would overwrite the trace.
    best = build_pipeline(case).set_params(**search.best_params_)
    folds = cross_validate(best, X, y, cv=FOLDS, scoring=scoring)
    return Outcome(case, search, Run(case.name, case.context, case.goal, record, trace, folds))


def train_ranking_case(case: Case) -> Outcome:
    """Do the same for a ranking, whose queries stay whole in every split."""
    X, y, queries = case.X, case.y, case.queries
    assert queries is not None
    train, test = next(GroupShuffleSplit(1, test_size=0.25, random_state=0).split(X, y, groups=queries))
    trace = ParameterTrace(feature_names=list(X.columns))
    with config_context(enable_metadata_routing=True):
        search = GridSearchCV(build_pipeline(case, trace), GRID, cv=GroupKFold(SEARCH_FOLDS))
        search.fit(X.iloc[train], y[train], qid=queries[train], groups=queries[train])
        best = build_pipeline(case).set_params(**search.best_params_)
        scores = cross_validate(best, X, y, cv=GroupKFold(FOLDS), params={"qid": queries, "groups": queries})
    record = audit(
        search,
        X.iloc[test],
        y[test],
        X_train=X.iloc[train],
        y_train=y[train],
        sensitive_features=X.iloc[test][case.sensitive],
        fit_params={"model__qid": queries[train]},
        score_params={"qid": queries[test]},
        name=case.name,
    )
    folds = {"test_ndcg_at_5": scores["test_score"]}
    return Outcome(case, search, Run(case.name, case.context, case.goal, record, trace, folds))
