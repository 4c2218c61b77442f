"""audit(): join lineage, training trace, components and measured checks in one record."""

import os
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sgdkit.exceptions import InvalidParameterError
from sgdkit.extras import import_extra
from sgdkit.governance.canonical import to_jsonable
from sgdkit.governance.checks import Check, registered_checks, run_check
from sgdkit.governance.collect import collect
from sgdkit.governance.context import AuditContext
from sgdkit.governance.declaration import Declaration, parse_declaration
from sgdkit.governance.evidence.data import Lineage, trace_lineage
from sgdkit.governance.evidence.environment import describe_environment
from sgdkit.governance.evidence.recipe import Recipe, describe_recipe
from sgdkit.governance.evidence.rows import RowHasher
from sgdkit.governance.exhibits import measure_exhibits
from sgdkit.governance.gates import evaluate_gates
from sgdkit.governance.grading import Grade
from sgdkit.governance.items import Dimension, Tier
from sgdkit.governance.ledger import Ledger, as_ledger
from sgdkit.governance.procedure import Procedure
from sgdkit.governance.progress import Progress, show_progress
from sgdkit.governance.record import AuditRecord
from sgdkit.governance.scoring import WEIGHTS

__all__ = ("LIMITS", "audit", "build_dimensions")

Declared = str | os.PathLike[str] | Mapping[str, Any] | Declaration | None
Store = str | os.PathLike[str] | Ledger | None

LIMITS = (
    "The figures describe this model on these rows; other rows may give others.",
    "A passed statistical check means that no fault was seen at its stated level, not that there is none.",
    "Recorded and declared items were not tested.",
    "Refits ran on this machine with these versions; others were not tried.",
)


def audit(
    model: Any,
    X_test: Any,
    y_test: Any,
    *,
    X_train: Any = None,
    y_train: Any = None,
    sensitive_features: Any = None,
    statements: Mapping[str, Any] | None = None,
    scoring: str | Callable[..., float] | None = None,
    fit_params: Mapping[str, Any] | None = None,
    score_params: Mapping[str, Any] | None = None,
    name: str | None = None,
    tier: str = "refit",
    random_state: int = 0,
    declaration: Declared = None,
    store: Store = None,
    groups: Any = None,
    times: Any = None,
    procedure: Procedure | None = None,
    progress: Progress = False,
) -> AuditRecord:
    """Audit how a fitted model was trained.

    Parameters
    ----------
    model : object
        Fitted estimator, pipeline or search (with ``refit``), from scikit-learn or compatible.
    X_test : array, sparse matrix or data frame of shape (n_samples, n_features)
        Held-out rows, as the model receives them.
    y_test : array-like of shape (n_samples,)
        Their target.
    X_train, y_train : array-like, default=None
        Training rows. With them the audit refits the model and compares train with test.
    sensitive_features : array-like, data frame or dict, default=None
        One label per test row, or several columns of them. Needs ``pip install "sgdkit[fairness]"``.
    statements : dict, default=None
        What people state, by dimension; see `GovernanceReport`. Overrides the pipeline's own.
    scoring : str or callable, default=None
        Metric to report, greater is better; the model's own ``score`` when None.
    fit_params : dict, default=None
        What ``fit`` was given beside X and y, so that refits repeat it.
    score_params : dict, default=None
        What ``score`` needs beside the test rows, such as ``{"qid": qid_test}`` for a ranking.
    name : str, default=None
        Name of the record; the estimator's class when None.
    tier : {"free", "refit", "slow"}, default="refit"
        Most expensive checks to run: "free" only predicts, "refit" trains the model a few times, "slow"
        some eighty times, on at most 5,000 rows each, and once in a process of its own.
    random_state : int, default=0
        Seed of every random part of the audit.
    declaration : path, dict or None, default=None
        What people declare about the model: a TOML file such as ``sgdkit governance init`` begins, or its
        content. It makes statements; `statements` overrides them.
    store : path, Ledger or None, default=None
        Where to add the record; see `sgdkit.governance.Ledger`. Its ``receipt`` names the entry. Checks
        of the chain and of how often the test rows were used need it.
    groups : pair of array-likes, default=None
        The entity (person, household, machine, ...) of each training row and of each test row. No entity
        may stand on both sides.
    times : pair of array-likes, default=None
        The time of each training row and of each test row: numbers, dates, or text that sorts like time.
        No training row may be later than the first test row.
    procedure : Procedure, default=None
        The whole way from raw rows to a model; see `sgdkit.governance.Procedure`. With it the audit tells
        whether held-out rows reach the model.
    progress : bool or callable, default=False
        True shows a bar on the terminal, which needs ``pip install "sgdkit[cli]"``. A callable is called
        with the number of checks done, their number, and the id of the next one (empty at the end).

    Returns
    -------
    AuditRecord
        Score, risk, diagnosis, thirteen dimensions with evidence, gates and a content hash. No rows.

    Raises
    ------
    InvalidParameterError
        For input that does not fit together.
    ImportError
        When sensitive features are given and fairlearn is not installed.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sgdkit.governance import GovernanceReport, audit
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    >>> model = make_pipeline(GovernanceReport(), StandardScaler(), LogisticRegression())
    >>> record = audit(model.fit(X_train, y_train), X_test, y_test, X_train=X_train, y_train=y_train)
    >>> record.items["reproducibility.refit"].summary
    'Two refits equal each other and equal the audited model.'
    >>> [gate.name for gate in record.failed_gates]
    ['every_dimension_has_evidence']
    """
    tiers = tuple(Tier)
    if tier not in tiers:
        raise InvalidParameterError(
            f"tier is {tier!r}; the tiers are {', '.join(tiers)}, each including those before it."
        )
    declared = parse_declaration({} if declaration is None else declaration)
    ledger = as_ledger(store)
    if ledger is not None:
        ledger.prepare()
    context = AuditContext(
        collect(model),
        X_test,
        y_test,
        X_train=X_train,
        y_train=y_train,
        sensitive_features=sensitive_features,
        declared=declared.as_statements(),
        statements=statements,
        scoring=scoring,
        fit_params=fit_params,
        score_params=score_params,
        random_state=random_state,
        groups=groups,
        times=times,
        procedure=procedure,
        ledger=ledger,
        materiality=declared.materiality,
    )
    if context.sensitive_features:
        import_extra("fairlearn.metrics", "fairness", "Auditing groups of a sensitive attribute")
    allowed = tiers[: tiers.index(Tier(tier)) + 1]
    chosen = [check for check in registered_checks() if check.tier in allowed]
    with show_progress(progress) as step:
        dimensions = build_dimensions(context, chosen, step)
    recipe, data = _describe_recipe(context, dimensions)
    record = AuditRecord(
        name=name or type(context.final).__name__,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        subject=_describe_subject(context),
        environment=describe_environment(),
        components=context.components,
        data=tuple(to_jsonable(data)),
        training=to_jsonable(context.trace),
        dimensions=dimensions,
        gates=evaluate_gates(dimensions),
        limits=LIMITS + _limits_of(dimensions) + tuple(f"Not replayable: {why}" for why in recipe.obstacles),
        declaration=declared.to_dict(),
        recipe=to_jsonable(recipe),
        exhibits=to_jsonable(measure_exhibits(context)),
    )
    return record if ledger is None else ledger.keep(record)


def build_dimensions(
    context: AuditContext, checks: Iterable[Check], step: Callable[[int, int, str], None] | None = None
) -> tuple[Dimension, ...]:
    """Run checks and sort their items into the thirteen dimensions; `step` is told about each."""
    checks = tuple(checks)
    items = []
    for done, check in enumerate(checks):
        if step is not None:
            step(done, len(checks), check.id)
        items.append(run_check(check, context))
    if step is not None:
        step(len(checks), len(checks), "")
    return tuple(
        Dimension(name, weight, tuple(item for item in items if item.dimension == name))
        for name, weight in WEIGHTS.items()
    )


def _describe_recipe(
    context: AuditContext, dimensions: Iterable[Dimension]
) -> tuple[Recipe, tuple[Lineage, ...]]:
    """How to train the model again, and the tables that were seen: the lineage and what ``fit`` was given."""
    data = () if context.lineage is None else (context.lineage,)
    place: int | None = 0 if data else None
    if context.fitted.report_index:  # what reached the report is not what `fit` was given
        place = None
        if context.X_train is not None:
            lineage, _ = trace_lineage(
                context.X_train, context.y_train, hasher=RowHasher(b"lineage"), name="X_train"
            )
            data, place = (*data, lineage), len(data)
    items = {item.check_id: item for dimension in dimensions for item in dimension.items}
    refit = items.get("reproducibility.refit")
    recipe = describe_recipe(
        context.model,
        context.final,
        data=place,
        fit_params=context.fit_params,
        refit_equal=None if refit is None else refit.passed,
    )
    return recipe, data


def _describe_subject(context: AuditContext) -> dict[str, Any]:
    digest, count = context.parameters_hash
    return {
        "model": type(context.model).__name__,
        "estimator": type(context.final).__name__,
        "steps": [name for name, _ in context.fitted.steps],
        "task": context.task,
        "searched": context.fitted.search is not None,
        "n_test": len(context.y_test),
        "test_fingerprint": context.test_fingerprint,
        "test_score": context.test_score,
        "parameters_hash": digest,
        "n_parameters": count,
        "sensitive_features": sorted(context.sensitive_features),
    }


def _limits_of(dimensions: Iterable[Dimension]) -> tuple[str, ...]:
    """One sentence for each item that is missing, so that a gap is read and not overlooked."""
    sentences = (
        f"{dimension.name}: {item.summary}"
        for dimension in dimensions
        for item in dimension.items
        if item.grade is Grade.ABSENT and not item.check_id.startswith("statement.")
    )
    return tuple(dict.fromkeys(sentences))  # what several checks lack is said once
