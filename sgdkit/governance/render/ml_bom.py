"""A machine-learning bill of materials: CycloneDX JSON with a model card, made from a record.

The CycloneDX library for Python cannot write a ``modelCard``, so this is plain JSON; tests hold it against
the schema that the library ships.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from sgdkit.governance.render.run import Run

__all__ = ("SPEC_VERSION", "to_ml_bom")

SPEC_VERSION = "1.6"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://sgdkit.readthedocs.io/ml-bom")


def to_ml_bom(run: Run) -> dict[str, Any]:
    """Return the bill of materials of a run as plain JSON types.

    Parameters
    ----------
    run : Run
        The audited model.

    Returns
    -------
    dict
        CycloneDX 1.6: the model with its card, the libraries it was trained with, and the training data by
        their fingerprint. Equal records give equal bills.
    """
    record = run.record
    digest = record.content_hash.removeprefix("sha256:")
    libraries = [_library(name, str(version)) for name, version in _packages(record.environment).items()]
    return {
        "$schema": f"http://cyclonedx.org/schema/bom-{SPEC_VERSION}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": SPEC_VERSION,
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, digest)}",
        "version": 1,
        "metadata": {
            "timestamp": record.created,
            "tools": {"components": [{"type": "application", "name": "sgdkit", "version": _version()}]},
            "component": _model(run),
        },
        "components": [*libraries, *_data(run)],
        "dependencies": [
            {"ref": "model", "dependsOn": [one["bom-ref"] for one in (*libraries, *_data(run))]}
        ],
    }


def _model(run: Run) -> dict[str, Any]:
    record, subject = run.record, run.record.subject
    component: dict[str, Any] = {
        "type": "machine-learning-model",
        "bom-ref": "model",
        "name": run.name,
        "version": str(subject.get("parameters_hash", ""))[len("sha256:") :][:12] or "unknown",
        "description": run.context or f"{subject.get('estimator')} trained with scikit-learn's interface.",
        "modelCard": _card(run),
        "properties": _properties(
            {
                "sgdkit:record": record.content_hash,
                "sgdkit:parameters_hash": subject.get("parameters_hash"),
                "sgdkit:governance_score": f"{record.score:.6g}",
                "sgdkit:governance_risk": f"{record.risk:.6g}",
                "sgdkit:measured_score": f"{record.measured_score:.6g}",
                "sgdkit:measured_share": f"{record.measured_share:.6g}",
                "sgdkit:failed_gates": ", ".join(gate.name for gate in record.failed_gates) or "none",
                "sgdkit:diagnosis": record.diagnosis,
            }
        ),
    }
    if owner := record.declaration.get("owner"):
        component["authors"] = [{"name": owner}]
    return component


def _card(run: Run) -> dict[str, Any]:
    record, declaration = run.record, run.record.declaration
    parameters: dict[str, Any] = {
        "approach": {"type": "supervised"},
        "task": str(record.subject.get("task", "other")),
        "architectureFamily": str(record.subject.get("estimator")),
        "modelArchitecture": " > ".join(record.subject.get("steps", ())) or str(record.subject.get("model")),
    }
    if record.data:
        parameters["datasets"] = [{"ref": "training-data"}]
    considerations: dict[str, Any] = {"technicalLimitations": list(record.limits)}
    if uses := [declaration[name] for name in ("task", "intended_use") if declaration.get(name)]:
        considerations["useCases"] = uses
    if cost := declaration.get("cost_of_errors"):
        considerations["performanceTradeoffs"] = [cost]
    if declaration.get("groups") or declaration.get("harms"):
        assessment = {"groupAtRisk": declaration.get("groups"), "harms": declaration.get("harms")}
        considerations["fairnessAssessments"] = [{key: text for key, text in assessment.items() if text}]
    return {
        "modelParameters": parameters,
        "quantitativeAnalysis": {"performanceMetrics": _metrics(run)},
        "considerations": considerations,
    }


def _metrics(run: Run) -> list[dict[str, Any]]:
    score = run.record.subject.get("test_score")
    metrics: list[dict[str, Any]] = [] if score is None else [{"type": "test score", "value": f"{score:.6g}"}]
    for one in run.record.exhibits.get("groups", ()):
        if one["value"] is not None:
            metrics.append(
                {
                    "type": one["metric"],
                    "value": f"{one['value']:.6g}",
                    "slice": f"{one['attribute']} = {one['group']} ({one['n']} rows)",
                    "confidenceInterval": {
                        "lowerBound": f"{one['low']:.6g}",
                        "upperBound": f"{one['high']:.6g}",
                    },
                }
            )
    return metrics


def _data(run: Run) -> list[dict[str, Any]]:
    if not run.record.data:
        return []
    data = run.record.data[0]
    return [
        {
            "type": "data",
            "bom-ref": "training-data",
            "name": f"training data of {run.name}",
            "description": f"{data['n_rows']} rows, {data['n_columns']} columns; no row is stored here.",
            "properties": _properties({"sgdkit:fingerprint": data.get("fingerprint")}),
            "data": [{"type": "dataset", "name": str(data.get("name"))}],
        }
    ]


def _library(name: str, version: str) -> dict[str, Any]:
    purl = f"pkg:pypi/{name.lower().replace('_', '-')}@{version}"
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def _packages(environment: Mapping[str, Any]) -> dict[str, Any]:
    return {name: version for name, version in environment.get("packages", {}).items() if version}


def _version() -> str:
    import sgdkit

    return sgdkit.__version__


def _properties(values: Mapping[str, Any]) -> list[dict[str, str]]:
    return [{"name": name, "value": str(value)} for name, value in values.items() if value is not None]
