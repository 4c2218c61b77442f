"""What cannot be measured on poor data is said to be absent or not applicable, with the reason."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from sgdkit.governance import GovernanceReport, audit


@pytest.fixture(scope="module")
def records():
    random = np.random.default_rng(0)
    flags = random.integers(0, 2, (80, 3)).astype(float)
    y = (flags[:, 0] + random.random(80) > 1.0).astype(int)
    ones = y == 1
    linear = make_pipeline(GovernanceReport(), LogisticRegression()).fit(flags, y)
    column = random.normal(size=(80, 1))
    tree = make_pipeline(GovernanceReport(), DecisionTreeClassifier(max_depth=2)).fit(column, y)
    few = {"X_train": flags, "y_train": y, "tier": "free"}
    words = pd.DataFrame({"a": random.choice(["x", "y", "z"], 80), "b": random.choice(["p", "q"], 80)})
    coded = make_pipeline(GovernanceReport(), OneHotEncoder(), LogisticRegression()).fit(words, y)
    numbers = pd.DataFrame(random.normal(size=(240, 3)), columns=list("uvw"))
    amounts = numbers["u"] + 0.1 * random.normal(size=240)
    ridge = make_pipeline(GovernanceReport(), Ridge()).fit(numbers[:120], amounts[:120])
    two = {"a": random.choice(["s", "t"], 120), "b": np.where(numbers["v"][120:] > 0.0, "high", "low")}
    return {
        "ten rows, all wrong": audit(linear, flags[:10], 1 - linear.predict(flags[:10]), **few),
        "words": audit(
            coded,
            words[:40],
            y[:40],
            X_train=words,
            y_train=y,
            tier="free",
            sensitive_features=words["a"][:40],
        ),
        "amounts in groups": audit(
            ridge,
            numbers[120:],
            amounts[120:],
            X_train=numbers[:120],
            y_train=amounts[:120],
            tier="free",
            sensitive_features=two,
        ),
        "flags and one class": audit(linear, flags[ones], y[ones], X_train=flags, y_train=y),
        "one column and a tree": audit(tree, column[:20], y[:20], X_train=column, y_train=y),
    }


@pytest.mark.parametrize(
    ("which", "item", "grade", "summary"),
    [
        ("flags and one class", "objective.gain_over_baseline", "absent", "a single class"),
        ("flags and one class", "scaling.scale_ratio", "not_applicable", "Only indicator columns"),
        ("flags and one class", "robustness.noise", "not_applicable", "No feature is continuous"),
        ("one column and a tree", "scaling.scale_ratio", "not_applicable", "learns no coefficients"),
        ("one column and a tree", "scaling.before_split", "not_applicable", "Fewer than two numeric columns"),
        ("one column and a tree", "optimizer.divergence", "absent", "Neither coefficients nor a trace"),
        ("one column and a tree", "optimizer.longer_training", "not_applicable", "no iterations"),
        ("one column and a tree", "learning_rate.stability", "absent", "no trace of its objective"),
        ("ten rows, all wrong", "data.two_sample_auc", "absent", "Fewer than 20 rows on one side"),
        ("ten rows, all wrong", "robustness.worst_slice", "absent", "No slice has at least 30 test rows"),
        ("ten rows, all wrong", "robustness.single_feature", "absent", "Every class is too rare"),
        ("words", "data.train_test_drift", "absent", "0 numeric columns"),
        ("words", "data.two_sample_auc", "absent", "0 numeric columns"),
        ("words", "validation.target_leak", "absent", "0 numeric columns"),
        ("words", "fairness.true_positive_gap", "absent", "Fewer than two groups"),
        ("words", "fairness.proxy", "absent", "No group is large enough"),
        ("words", "fairness.intersections", "not_applicable", "One attribute"),
        ("amounts in groups", "fairness.threshold_sweep", "not_applicable", "two classes"),
        ("amounts in groups", "robustness.adversarial_margin", "not_applicable", "Only classifiers"),
    ],
)
def test_what_cannot_be_measured_says_why(records, which, item, grade, summary):
    found = records[which].items[item]
    assert (found.grade, found.passed) == (grade, None)
    assert summary in found.summary


def test_a_model_that_is_never_right_has_no_margin(records):
    found = records["ten rows, all wrong"].items["robustness.adversarial_margin"]
    assert found.passed is False
    assert found.summary == "No test row is judged rightly, so none has a margin."


def test_errors_of_a_regression_are_compared_in_every_combination_of_groups(records):
    found = records["amounts in groups"].items["fairness.intersections"]
    assert found.grade == "measured"
    assert found.summary.startswith("Absolute error in combinations differs by")
    assert "between groups of 'a x b'" in found.summary


def test_poor_data_still_give_a_score(records):
    for record in records.values():
        assert 0.0 < record.score < 100.0
