"""Estimators of other libraries: what cannot be measured there is absent or does not apply, never guessed."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sgdkit.governance import GovernanceReport, audit
from sgdkit.governance.grading import Grade

MODELS = {
    "logistic": LogisticRegression(),
    "sgd": SGDClassifier(random_state=0),
    "boosting": make_pipeline(
        GovernanceReport(), HistGradientBoostingClassifier(max_iter=10, random_state=0)
    ),
    "search": GridSearchCV(
        make_pipeline(StandardScaler(), LogisticRegression()),
        {"logisticregression__C": [0.01, 0.1, 1.0, 10.0, 100.0]},
        scoring={"accuracy": "accuracy", "neg_log_loss": "neg_log_loss"},
        refit="accuracy",
        cv=3,
    ),
}
TIERS = {"logistic": "slow", "boosting": "slow"}
# What no run of these can know without being told.
UNTOLD = {
    "validation.group_overlap",
    "validation.time_order",
    "validation.held_out_intervention",
    "validation.test_reuse",
    "traceability.record_chain",
    "governance.sign_off",
    "fairness.group_counts",
    "fairness.proxy",
    "fairness.outcome_gap",
}
MISSING = {
    "logistic": {"learning_rate.stability", "optimizer.optimality_gap"},
    "sgd": {"learning_rate.stability", "optimizer.reference_gap", "objective.calibration"},
    "boosting": {"optimizer.reference_gap", "optimizer.exit_gradient", "regularization.search"},
    "search": {"learning_rate.stability"},
}
MEASURED = {
    "logistic": {"optimizer.reference_gap", "optimizer.agreement", "regularization.path"},
    "sgd": {"reproducibility.row_order", "robustness.adversarial_margin"},
    "boosting": {"reproducibility.fresh_process", "robustness.label_noise", "validation.label_permutation"},
    "search": {"objective.loss_metric_agreement", "regularization.search", "validation.fold_spread"},
}
INAPPLICABLE = {
    "logistic": {"learning_rate.curvature_bound", "validation.search_folds"},
    "sgd": {"learning_rate.curvature_bound", "optimizer.agreement"},
    "boosting": {
        "robustness.adversarial_margin",
        "optimizer.longer_training",
        "regularization.penalty_scale",
    },
    "search": {"learning_rate.search_edge"},
}


@pytest.fixture(scope="module")
def records():
    generator = np.random.default_rng(0)
    X = generator.normal(size=(500, 6))
    y = (X @ np.linspace(-2, 2, 6) + generator.normal(size=500) > 0).astype(int)
    rows = X[:350], y[:350]
    return {
        name: audit(
            model.fit(*rows),
            X[350:],
            y[350:],
            X_train=rows[0],
            y_train=rows[1],
            tier=TIERS.get(name, "refit"),
        ).items
        for name, model in MODELS.items()
    }


def of_grade(items, *grades):
    return {item.check_id for item in items.values() if item.grade in grades}


@pytest.mark.parametrize("name", MODELS)
def test_what_cannot_be_measured_is_absent_with_a_reason(records, name):
    items = records[name]
    assert of_grade(items, Grade.ABSENT) >= UNTOLD | MISSING[name]
    assert of_grade(items, Grade.MEASURED) >= MEASURED[name]
    assert of_grade(items, Grade.NOT_APPLICABLE) >= INAPPLICABLE[name]
    for item in items.values():
        assert item.summary.endswith((".", "…"))
        assert "could not run" not in item.summary, item
        if item.grade in (Grade.ABSENT, Grade.NOT_APPLICABLE):
            assert (item.value, item.passed, dict(item.measured)) == (0.0, None, {})


@pytest.mark.parametrize("name", MODELS)
def test_every_measurement_says_what_was_asked_and_how_sure_it_is(records, name):
    for item in records[name].values():
        if item.grade is Grade.MEASURED:
            assert item.passed in (True, False) and 0.0 <= item.value <= 1.0
            assert item.threshold and item.why and item.method and item.norm_refs and item.measured, item
