"""What cannot be measured on poor data is said to be absent or not applicable, with the reason."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
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
    return {
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
    ],
)
def test_what_cannot_be_measured_says_why(records, which, item, grade, summary):
    found = records[which].items[item]
    assert (found.grade, found.passed) == (grade, None)
    assert summary in found.summary


def test_poor_data_still_give_a_score(records):
    for record in records.values():
        assert 0.0 < record.score < 100.0
