"""Audit the model of a run again, on other rows, and say what changed."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance import AuditRecord, read_declaration, verify_json
from sgdkit.governance.collect import parameters_hash
from sgdkit.governance.load import load_record
from sgdkit.runs.config import RunConfig, make_config
from sgdkit.runs.files import file_digest, format_of, read_frame, read_svmlight
from sgdkit.runs.metrics import measure
from sgdkit.runs.model_file import load_model
from sgdkit.runs.pipeline import feature_columns
from sgdkit.runs.predict import as_features, config_beside
from sgdkit.runs.rows import Rows, read_rows
from sgdkit.runs.split import split_rows
from sgdkit.runs.train import audit_run
from sgdkit.runs.watch import Watch

__all__ = ("Changes", "Reaudit", "fault_of", "reaudit", "written_record")


@dataclass(frozen=True)
class Changes:
    """What differs between two records of one model.

    Attributes
    ----------
    metrics : tuple of (str, float, float)
        Name, then and now.
    gates, items : tuple of (str, str, str, str)
        Name, outcome then, outcome now, and the reason or finding now. Outcomes are ``"holds"``,
        ``"failed"`` and ``"not tested"``.
    """

    metrics: tuple[tuple[str, float, float], ...]
    gates: tuple[tuple[str, str, str, str], ...]
    items: tuple[tuple[str, str, str, str], ...]

    @property
    def worse(self) -> bool:
        """Whether a gate fails now that did not before."""
        return any(now == "failed" for _, _, now, _ in self.gates)


@dataclass(frozen=True)
class Reaudit:
    """A new record of a run's model, and what changed since the written one.

    Attributes
    ----------
    record : AuditRecord
        Chained to the written one.
    changes : Changes
        Since then.
    refitted : str
        Why refits were or were not part of it.
    """

    record: AuditRecord
    changes: Changes
    refitted: str


def written_record(folder: str | Path) -> AuditRecord:
    """Return the record that a run left in its folder.

    Raises
    ------
    InvalidParameterError
        If there is none, or it was altered.
    """
    return load_record(_record_text(folder))


def fault_of(folder: str | Path) -> str:
    """Return one sentence where record and model in a folder are not as they were written, or nothing."""
    text = _record_text(folder)
    if not verify_json(text):
        return "The record was altered after it was written: its content does not have the hash it names."
    if parameters_hash(load_model(folder))[0] != load_record(text).subject["parameters_hash"]:
        return "The model is not the one on record: its parameters have another hash."
    return ""


def _record_text(folder: str | Path) -> str:
    path = Path(folder) / "record.json"
    if not path.exists():
        raise InvalidParameterError(
            f"There is no record at {str(path)!r}; give the folder that sgdkit train wrote."
        )
    return path.read_text(encoding="utf-8")


def reaudit(
    folder: str | Path,
    data: str | Path,
    watch: Watch | None = None,
    *,
    declaration: str | Path | None = None,
    tier: str = "refit",
    **reading: Any,
) -> Reaudit:
    """Audit the model in a folder on the rows of a file.

    Where the file of the run is still what it was, the training rows are taken from it, so that the
    audit refits the model too.

    Parameters
    ----------
    folder : str or Path
        What ``train_run`` wrote.
    data : str or Path
        Rows with the features, the target, and whatever else the run's file had.
    watch : Watch, default=None
        Takes what is said meanwhile.
    declaration : str or Path, default=None
        TOML file with what people declare about the model, such as ``sgdkit governance init`` begins.
    tier : {"free", "refit", "slow"}, default="refit"
        Most expensive checks to run; see `sgdkit.audit`.
    **reading : dict
        ``format``, ``columns``, ``separator`` and ``missing``, where they differ from the run's.

    Returns
    -------
    Reaudit

    Raises
    ------
    InvalidParameterError
        For a folder or file that does not fit.
    """
    watch = watch or Watch()
    declared = None if declaration is None else read_declaration(declaration)
    before, model = written_record(folder), load_model(folder)
    watch.step(f"reading {Path(data).name}")
    config = config_beside(folder, data, **reading)
    rows = _like(read_rows(config), model, config)
    train, refitted = _training_rows(folder, watch)
    if train is not None and tier == "free":
        refitted = "Not refitted: checks of the free tier only predict."
    watch.step("auditing")
    record = audit_run(config, model, train, rows, declared, tier=tier, watch=watch)
    record = record.chained(before.content_hash)
    return Reaudit(record, _changes(before, record, folder, measure(model, rows)), refitted)


def _like(rows: Rows, model: Pipeline, config: RunConfig) -> Rows:
    """Return rows with the features that the model takes, of the types it takes them in."""
    if format_of(config.data, config.format) == "svmlight":
        n_features = int(model["report"].n_features_in_)
        return replace(rows, X=read_svmlight(config.data, config, n_features=n_features)[0])
    frame = read_frame(config.data, config, text=feature_columns(model).get("categories", ()))
    rows = replace(rows, X=as_features(model, frame, config.data))
    known = getattr(model, "classes_", None)
    if known is not None and (strange := sorted(set(rows.target.y.tolist()) - set(known.tolist()))):
        raise InvalidParameterError(
            f"The target holds {strange[0]!r}, which the model does not know; its classes are "
            f"{', '.join(map(str, known))}."
        )
    return rows


def _training_rows(folder: str | Path, watch: Watch) -> tuple[Rows | None, str]:
    config = make_config({}, Path(folder) / "config.toml")
    path = Path(config.data)
    if not path.exists():
        return None, f"Not refitted: the training file {path} is gone."
    metrics = json.loads((Path(folder) / "metrics.json").read_text(encoding="utf-8"))
    if file_digest(path) != metrics["data_sha256"]:
        return None, f"Not refitted: the training file {path} has changed since."
    watch.step(f"reading {path.name}")
    rows = read_rows(config)
    train, _, _ = split_rows(rows, config.test_size, config.seed)
    return rows.take(np.asarray(train)), f"Refitted on the training rows of {path}."


def _changes(before: AuditRecord, after: AuditRecord, folder: str | Path, now: dict[str, float]) -> Changes:
    metrics = json.loads((Path(folder) / "metrics.json").read_text(encoding="utf-8"))["test"]
    gates = {gate.name: gate.outcome for gate in before.gates}
    items = {name: _outcome(item.passed) for name, item in before.items.items()}
    return Changes(
        tuple((name, metrics[name], value) for name, value in now.items() if name in metrics),
        tuple(
            (gate.name, gates.get(gate.name, "not tested"), gate.outcome, gate.reason)
            for gate in after.gates
            if gate.outcome != gates.get(gate.name, "not tested")
        ),
        tuple(
            (name, items.get(name, "not tested"), _outcome(item.passed), item.summary)
            for name, item in after.items.items()
            if _outcome(item.passed) != items.get(name, "not tested")
        ),
    )


def _outcome(passed: bool | None) -> str:
    return "not tested" if passed is None else "holds" if passed else "failed"
