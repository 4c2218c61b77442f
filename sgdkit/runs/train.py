"""From a configuration to a folder: read, split, fit, score, audit, write."""

import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold
from sklearn.pipeline import Pipeline

from sgdkit.exceptions import InvalidParameterError
from sgdkit.extras import import_extra
from sgdkit.governance import AuditRecord, Declaration, ParameterTrace, audit, governance_scoring
from sgdkit.governance.canonical import to_jsonable
from sgdkit.governance.collect import parameters_hash
from sgdkit.governance.render import Run, write_report
from sgdkit.runs.config import RunConfig
from sgdkit.runs.describe import describe_fit, describe_metrics, describe_result, describe_rows
from sgdkit.runs.files import file_digest, stem_of
from sgdkit.runs.metrics import baseline, measure
from sgdkit.runs.model_file import MODEL_FILE, save_model
from sgdkit.runs.pipeline import build_pipeline
from sgdkit.runs.rows import Rows, read_rows
from sgdkit.runs.split import split_rows
from sgdkit.runs.staging import staged_folder
from sgdkit.runs.watch import Watch

__all__ = ("TrainedRun", "audit_run", "check_extras", "fit_params", "train_run")

# Tried in this order, so that what is missing is said before anything is read.
_NEEDED = ("pandas", "skops.io", "jinja2", "matplotlib")


@dataclass(frozen=True)
class TrainedRun:
    """What came of a run.

    Attributes
    ----------
    config : RunConfig
        With what the data decided filled in.
    model : Pipeline
        Fitted on the training rows.
    record : AuditRecord
        Audit on the test rows.
    metrics : dict
        What ``metrics.json`` holds.
    paths : tuple of Path
        Files in the folder of the run.
    """

    config: RunConfig
    model: Pipeline
    record: AuditRecord
    metrics: dict[str, Any]
    paths: tuple[Path, ...]

    @property
    def diverged(self) -> bool:
        """Whether training ended without a usable model."""
        return self.model["model"].stop_reason_ in ("diverged", "not_finite")


def train_run(config: RunConfig, watch: Watch | None = None) -> TrainedRun:
    """Train on the rows of a file, audit on held-out ones, and write everything into one folder.

    Parameters
    ----------
    config : RunConfig
        What to do.
    watch : Watch, default=None
        Takes what is said meanwhile; None is silence.

    Returns
    -------
    TrainedRun

    Raises
    ------
    InvalidParameterError
        For settings or data that cannot be trained on; nothing is written then.
    ImportError
        Naming what to install, if a package of the extras is missing.
    OSError
        If a file cannot be read or written.
    """
    watch = watch or Watch()
    check_extras(config)
    watch.step(f"reading {Path(config.data).name}")
    rows = read_rows(config)
    train, test, how = split_rows(rows, config.test_size, config.seed)
    config = config.resolved(task=rows.target.task, zero_based=rows.zero_based, name=_name(config))
    train_rows, test_rows = rows.take(train), rows.take(test)
    pipeline = build_pipeline(config, train_rows)
    watch.say(describe_rows(config, rows, train_rows, test_rows, how, pipeline))
    with staged_folder(config.out) as stage:
        folds = _cross_validate(config, train_rows, watch)
        watch.step("training")
        trace, told = _fit(pipeline, train_rows, watch)
        watch.say(describe_fit(pipeline, told))
        metrics = _metrics(config, pipeline, train_rows, test_rows, folds)
        watch.say(describe_metrics(metrics))
        watch.step("auditing")
        record = audit_run(config, pipeline, train_rows, test_rows, watch=watch)
        watch.step("writing")
        run = Run(
            record.name,
            context=_context(config, rows),
            goal=f"Predict {config.target or 'the label'}.",
            audit=record,
            trace=trace,
            cv_results=folds,
        )
        names = [path.name for path in write_report(stage, [run], title=record.name, reference=False)]
        save_model(pipeline, stage / MODEL_FILE)
        (stage / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
        (stage / "config.toml").write_text(config.to_toml(), encoding="utf-8")
    names += [MODEL_FILE, "metrics.json", "config.toml"]
    trained = TrainedRun(config, pipeline, record, metrics, tuple(Path(config.out) / name for name in names))
    watch.say(describe_result(record, trained.paths))
    return trained


def check_extras(config: RunConfig) -> None:
    """Refuse to start where a package is missing.

    Raises
    ------
    ImportError
        Naming what to install.
    """
    for module in (*_NEEDED, *(("fairlearn.metrics",) if config.sensitive else ())):
        import_extra(module, "all", "sgdkit train")


def fit_params(rows: Rows) -> dict[str, Any]:
    """Return what the pipeline's ``fit`` takes beside X and y."""
    found = {"model__qid": rows.queries if rows.target.task == "ranking" else None}
    found["model__sample_weight"] = rows.weights
    return {name: value for name, value in found.items() if value is not None}


def audit_run(
    config: RunConfig,
    model: Pipeline,
    train: Rows | None,
    test: Rows,
    declaration: Declaration | None = None,
    *,
    tier: str = "refit",
    watch: Watch,
) -> AuditRecord:
    """Return the audit of a run's model on test rows; without the training rows, no refits."""

    def first_metric(model: Any, X: Any, y: Any) -> float:
        return next(iter(measure(model, test).values()))

    return audit(
        model,
        test.X,
        test.target.y,
        X_train=None if train is None else train.X,
        y_train=None if train is None else train.target.y,
        sensitive_features=test.groups,
        scoring=first_metric,  # a pipeline's own score knows neither queries nor weights
        fit_params=None if train is None else fit_params(train),
        name=config.name,
        random_state=config.seed,
        declaration=declaration,
        tier=tier,
        progress=watch.count,
    )


def _fit(pipeline: Pipeline, rows: Rows, watch: Watch) -> tuple[ParameterTrace, list[str]]:
    """Fit; return the trace and what training had to say about its end."""
    trace = ParameterTrace()
    pipeline["model"].set_callbacks(trace, *watch.callbacks)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            pipeline.fit(rows.X, rows.target.y, **fit_params(rows))
        except InvalidParameterError:
            raise
        except ValueError as error:
            raise InvalidParameterError(f"Training failed: {str(error).partition(chr(10))[0]}") from error
        finally:
            pipeline["model"].set_callbacks()
    if hasattr(rows.X, "columns"):
        trace.feature_names = list(pipeline[:-1].get_feature_names_out())
    told = [str(warning.message) for warning in caught if issubclass(warning.category, ConvergenceWarning)]
    return trace, told


def _cross_validate(config: RunConfig, rows: Rows, watch: Watch) -> dict[str, list[float]] | None:
    """Return each metric on each fold of the training rows, with the governance columns of the fold."""
    if not config.cv:
        return None
    kinds: dict[str, Any] = {"ranking": GroupKFold, "regression": KFold}
    splitter = kinds.get(rows.target.task, StratifiedKFold)(config.cv, shuffle=True, random_state=config.seed)
    governance = governance_scoring({})
    found: dict[str, list[float]] = {}
    try:
        folds = list(splitter.split(np.zeros(len(rows)), rows.target.y, rows.queries))
    except ValueError as error:
        raise InvalidParameterError(f"--cv {config.cv}: {str(error).rstrip('.')}.") from error
    for number, (train, test) in enumerate(folds):
        watch.step(f"cross-validating, fold {number + 1} of {config.cv}")
        model, held = build_pipeline(config, rows), rows.take(np.sort(test))
        _fit(model, rows.take(np.sort(train)), watch)
        figures = measure(model, held) | governance(model, held.X, held.target.y)
        for name, value in figures.items():
            found.setdefault(f"test_{name}", []).append(value)
    return found


def _metrics(
    config: RunConfig, model: Pipeline, train: Rows, test: Rows, folds: dict[str, list[float]] | None
) -> dict[str, Any]:
    """Return what ``metrics.json`` holds: nothing in it depends on time, so equal runs give equal files."""
    found = {
        "task": config.task,
        "estimator": type(model["model"]).__name__,
        "n_train": len(train),
        "n_test": len(test),
        "n_columns": int(model["model"].n_features_in_),
        "n_iter": int(model["model"].n_iter_),
        "converged": bool(model["model"].converged_),
        "stop_reason": model["model"].stop_reason_,
        "train": measure(model, train),
        "test": measure(model, test),
        "constant": baseline(train, test),
        "cross_validation": {
            name.removeprefix("test_"): values
            for name, values in (folds or {}).items()
            if not name.startswith("test_governance_")
        },
        "data_sha256": file_digest(config.data),
        "parameters_hash": parameters_hash(model)[0],
    }
    return dict(to_jsonable(found))


def _name(config: RunConfig) -> str:
    stem = stem_of(config.data)
    return config.name or (f"{stem}: {config.target}" if config.target else stem)


def _context(config: RunConfig, rows: Rows) -> str:
    size = f"{len(rows):,} rows and {rows.X.shape[1]:,} columns of {Path(config.data).name}"
    weighed = f", weighed by {config.weight}" if config.weight else ""
    kind = {"binary": "Two classes", "multiclass": "Several classes"}.get(rows.target.task, rows.target.task)
    return f"{kind.capitalize()}, from {size}{weighed}."
