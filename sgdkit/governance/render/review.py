"""The ten steps of a review, in the order of the report, and the ten pitfalls with their verdicts."""

from collections.abc import Mapping
from dataclasses import dataclass

from sgdkit.governance.grading import Grade
from sgdkit.governance.items import EvidenceItem
from sgdkit.governance.record import AuditRecord

__all__ = ("PITFALLS", "STEPS", "Pitfall", "Step", "Verdict", "judge_pitfalls")


@dataclass(frozen=True, slots=True)
class Step:
    """A chapter: what is asked, and the dimensions whose evidence answers it."""

    number: int
    title: str
    asks: str
    dimensions: tuple[str, ...] = ()


STEPS = (
    Step(1, "Task", "What is predicted, for which use, and what does an error cost whom?"),
    Step(2, "Loss", "Does the loss stand for what matters?", ("objective_documentation",)),
    Step(3, "Data", "Where do the rows come from, and what is wrong with them?", ("data_documentation",)),
    Step(4, "Features", "Were features scaled, and on training rows alone?", ("feature_scaling_review",)),
    Step(5, "Optimizer", "What was chosen, and what was left at its default?", ("optimizer_documentation",)),
    Step(
        6, "Learning rate", "Where does the rate come from, and is it stable?", ("learning_rate_rationale",)
    ),
    Step(7, "Training", "Did anyone watch the loss and its gradients, and where did they end?"),
    Step(
        8,
        "Validation",
        "Does the model hold on rows that played no part, under a penalty, and when features change?",
        ("validation_discipline", "regularization_review", "robustness_review"),
    ),
    Step(
        9,
        "People",
        "Whom does it serve worse, and who has looked at that?",
        ("fairness_review", "governance_review"),
    ),
    Step(
        10,
        "Record",
        "Can it be trained again, traced and understood?",
        ("reproducibility", "traceability", "communication_clarity"),
    ),
)
"""The ten steps. Every dimension stands in exactly one."""


@dataclass(frozen=True, slots=True)
class Pitfall:
    """A known way to go wrong: the steps it belongs to, and the checks or gates that look for it."""

    name: str
    steps: str
    checks: tuple[str, ...]
    gates: tuple[str, ...] = ()


PITFALLS = (
    Pitfall(
        "Wrong loss",
        "1, 2",
        (
            "objective.gain_over_baseline",
            "objective.calibration",
            "objective.loss_metric_agreement",
            "objective.metric_direction",
        ),
    ),
    Pitfall(
        "Unstable learning rate",
        "6",
        (
            "learning_rate.stability",
            "learning_rate.curvature_bound",
            "learning_rate.sensitivity",
            "learning_rate.search_edge",
            "optimizer.divergence",
        ),
    ),
    Pitfall("Overfitting", "8", ("regularization.train_test_gap", "regularization.path")),
    Pitfall(
        "Leakage into validation",
        "3, 8",
        (
            "validation.duplicates",
            "validation.near_duplicates",
            "validation.held_out_intervention",
            "validation.group_overlap",
            "validation.time_order",
            "validation.search_folds",
            "validation.target_leak",
            "validation.label_permutation",
            "scaling.before_split",
            "scaling.train_statistics",
        ),
    ),
    Pitfall("Class imbalance", "1, 2, 3", ("data.class_balance", "objective.class_recall")),
    Pitfall(
        "Spurious correlation",
        "8",
        (
            "robustness.single_feature",
            "robustness.worst_slice",
            "robustness.covariate_shift",
            "robustness.feature_dropout",
        ),
    ),
    Pitfall(
        "Poor reproducibility",
        "10",
        (
            "reproducibility.refit",
            "reproducibility.fresh_process",
            "reproducibility.workers",
            "reproducibility.row_order",
            "reproducibility.seed_spread",
        ),
    ),
    Pitfall(
        "Gradients nobody watched",
        "7",
        ("optimizer.divergence", "optimizer.exit_gradient", "optimizer.longer_training"),
    ),
    Pitfall("Opaque optimizer", "5", ("optimizer.components", "learning_rate.origin")),
    Pitfall(
        "Weak governance",
        "9, 10",
        ("governance.sign_off",),
        ("fairness_examined", "signed_off", "every_dimension_has_evidence"),
    ),
)
"""The ten pitfalls."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a record says about a pitfall: ``"seen"``, ``"not seen"`` or ``"not tested"``, and why."""

    pitfall: Pitfall
    outcome: str
    reasons: tuple[str, ...]


def judge_pitfalls(record: AuditRecord) -> tuple[Verdict, ...]:
    """Judge the ten pitfalls by a record.

    Parameters
    ----------
    record : AuditRecord
        An audit.

    Returns
    -------
    tuple of Verdict
        A pitfall is *seen* where a check or gate for it failed, *not seen* where at least one looked and none
        failed, and *not tested* otherwise. "Not seen" is no proof of absence.
    """
    items = record.items
    gates = {gate.name: gate for gate in record.gates}
    verdicts = []
    for pitfall in PITFALLS:
        found = [items[name] for name in pitfall.checks if name in items and _looked(items[name])]
        asked = [gates[name] for name in pitfall.gates if name in gates and gates[name].tested]
        failed = [item.summary for item in found if item.passed is False]
        failed += [gate.reason for gate in asked if gate.failed]
        passed = [item.summary for item in found] + [gate.asks for gate in asked]
        if failed:
            verdicts.append(Verdict(pitfall, "seen", tuple(failed)))
        elif passed:
            verdicts.append(Verdict(pitfall, "not seen", tuple(passed)))
        else:
            verdicts.append(Verdict(pitfall, "not tested", _why(pitfall, items)))
    return tuple(verdicts)


def _looked(item: EvidenceItem) -> bool:
    return item.grade in (Grade.MEASURED, Grade.RECORDED)


def _why(pitfall: Pitfall, items: Mapping[str, EvidenceItem]) -> tuple[str, ...]:
    said = tuple(items[name].summary for name in pitfall.checks if name in items)
    return said or ("No check for it ran.",)
