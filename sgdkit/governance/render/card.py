"""A model card, made by skops, whose figures and statements are those of the record."""

from collections.abc import Mapping
from typing import Any

from sgdkit.extras import import_extra
from sgdkit.governance.declaration import TEXTS
from sgdkit.governance.grading import Grade
from sgdkit.governance.render.markdown import plain
from sgdkit.governance.render.review import judge_pitfalls
from sgdkit.governance.render.run import Run

__all__ = ("to_model_card",)

_SECTIONS = {
    "Intended use": ("task", "intended_use", "cost_of_errors"),
    "Evaluation": ("metric",),
    "Training data": ("data_source", "consent"),
    "Groups and harms": ("groups", "harms"),
    "Limits": ("limits",),
}
"""Sections, and the fields of a declaration that speak in them."""


def to_model_card(run: Run, model: Any = None) -> str:
    """Render a model card as Markdown.

    Parameters
    ----------
    run : Run
        The audited model.
    model : estimator, default=None
        The model itself; with it the card shows its diagram.

    Returns
    -------
    str
        What nobody declared is said to be missing; nothing is left as a placeholder.

    Raises
    ------
    ImportError
        Without skops: ``pip install "sgdkit[report]"``.
    """
    cards = import_extra("skops.card", "report", "Writing a model card")
    record = run.record
    card = cards.Card(model, template=None, model_diagram="Model/Diagram" if model is not None else False)
    subject, training = record.subject, record.training
    card.add(**{"Model": plain(run.context or record.name) + "\n"})
    card.add_table(
        **{
            "Model/Facts": _facts(
                {
                    "Name": run.name,
                    "Estimator": subject.get("estimator"),
                    "Steps": ", ".join(subject.get("steps", ())),
                    "Task": subject.get("task"),
                    "Trained with": _versions(record.environment),
                    "Iterations": training.get("n_iter"),
                    "Stopped because": training.get("stop_reason") or None,
                    "Hash of the learned parameters": subject.get("parameters_hash"),
                    "Record": record.content_hash,
                    "Audited": record.created,
                }
            )
        }
    )
    for section, fields in _SECTIONS.items():
        card.add(**{section: _declared(record.declaration, fields)})
    card.add_table(**{"Evaluation/Test rows": _facts(_evaluation(run))})
    if record.data:
        data = record.data[0]
        shown = ("n_rows", "n_columns", "n_missing", "n_duplicate_rows", "n_conflicting_rows", "fingerprint")
        card.add_table(**{"Training data/Lineage": _facts({name: data.get(name) for name in shown})})
    if groups := record.exhibits.get("groups"):
        card.add_table(**{"Groups and harms/Metrics by group": _group_table(groups)})
    card.add_table(**{"Governance": _facts(_governance(run))})
    card.add(
        **{"Governance/Gates that fail": _bullets([f"{g.name}: {g.reason}" for g in record.failed_gates])}
    )
    seen = [f"{v.pitfall.name}: {' '.join(v.reasons)}" for v in judge_pitfalls(record) if v.outcome == "seen"]
    card.add(**{"Governance/Pitfalls seen": _bullets(seen)})
    card.add(**{"Limits/What this record does not show": _bullets(list(record.limits))})
    return str(card.render())


def _declared(declaration: Mapping[str, Any], fields: tuple[str, ...]) -> str:
    lines = []
    for name in fields:
        label = name.replace("_", " ").capitalize()
        said = declaration.get(name)
        lines.append(
            f"**{label}**: {plain(said)}" if said else f"**{label}**: not declared. {TEXTS[name][1]}"
        )
    return "\n\n".join(lines) + "\n"


def _evaluation(run: Run) -> dict[str, Any]:
    subject = run.record.subject
    means = {
        f"{name}, mean of {n} folds": f"{float(values.mean()):.6g}"
        for name, values in run.folds.items()
        if not name.startswith("governance_") and (n := len(values))
    }
    return {
        "Rows": subject.get("n_test"),
        "Score": subject.get("test_score"),
        "Fingerprint": subject.get("test_fingerprint"),
        **means,
    }


def _governance(run: Run) -> dict[str, Any]:
    record = run.record
    graded = {grade: sum(item.grade is grade for item in record.items.values()) for grade in Grade}
    return {
        "Score (of 100)": f"{record.score:.2f}",
        "Risk (of 100)": f"{record.risk:.2f}",
        "Score from measurements alone": f"{record.measured_score:.2f}",
        "Share of the weight that is measured": f"{record.measured_share:.2f}",
        "Diagnosis": record.diagnosis,
        "Evidence": ", ".join(f"{n} {grade.value.replace('_', ' ')}" for grade, n in graded.items() if n),
    }


def _group_table(groups: Any) -> dict[str, list[str]]:
    def interval(one: Mapping[str, Any]) -> str:
        return "" if one["value"] is None else f"{one['low']:.3f} to {one['high']:.3f}"

    return {
        "Attribute": [plain(one["attribute"]) for one in groups],
        "Group": [plain(one["group"]) for one in groups],
        "Metric": [one["metric"] for one in groups],
        "Value": ["fewer than ten rows" if one["value"] is None else f"{one['value']:.3f}" for one in groups],
        "95 % interval": [interval(one) for one in groups],
        "Rows": [str(one["n"]) for one in groups],
    }


def _facts(facts: Mapping[str, Any]) -> dict[str, list[str]]:
    known = {name: value for name, value in facts.items() if value not in (None, "")}
    return {
        "Fact": [name.replace("_", " ") for name in known],
        "Value": [plain(value) for value in known.values()],
    }


def _bullets(lines: list[str]) -> str:
    return "\n".join(f"- {plain(line)}" for line in lines) + "\n" if lines else "None.\n"


def _versions(environment: Mapping[str, Any]) -> str:
    packages = environment.get("packages", {})
    chosen = [
        f"{name} {packages[name]}" for name in ("sgdkit", "scikit-learn", "numpy") if packages.get(name)
    ]
    return ", ".join([f"Python {environment.get('python', '?')}", *chosen])
