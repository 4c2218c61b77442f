import numpy as np
import pytest
from fairlearn.metrics import MetricFrame, selection_rate
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score

from sgdkit.governance import audit
from sgdkit.governance.groups import measure_gap


def test_group_figures_equal_fairlearn(cancer):
    X_train, X_test, y_train, y_test = cancer
    model = LogisticRegression(max_iter=5000).fit(X_train, y_train)
    groups = np.digitize(X_test[:, 0], [12, 16]).astype(str)
    record = audit(model, X_test, y_test, sensitive_features={"size": groups})
    for check, metric in (("fairness.outcome_gap", selection_rate), ("fairness.error_gap", accuracy_score)):
        frame = MetricFrame(
            metrics=metric, y_true=y_test, y_pred=model.predict(X_test), sensitive_features=groups
        )
        found = record.items[check].measured["attributes"]["size"]
        assert found["by_group"] == pytest.approx(frame.by_group.to_dict(), abs=1e-15)
        assert found["gap"] == pytest.approx(frame.difference(), abs=1e-15)
        assert sum(found["counts"].values()) == len(y_test)


def test_permutation_test_holds_its_level():
    generator = np.random.default_rng(0)
    rejections = 0
    for _ in range(100):
        gap = measure_gap(
            (generator.random(120) < 0.4).astype(float), generator.choice(["a", "b", "c"], 120), generator
        )
        rejections += gap.p_value < 0.05
    assert rejections <= 12


def test_small_groups_are_counted_but_not_compared():
    groups = np.array(["a"] * 50 + ["b"] * 50 + ["c"] * 3)
    values = np.r_[np.zeros(50), np.zeros(50), np.ones(3)]
    gap = measure_gap(values, groups, np.random.default_rng(0))
    assert gap.counts == {"a": 50, "b": 50, "c": 3}
    assert set(gap.by_group) == {"a", "b"}
    assert gap.gap == 0.0
    assert measure_gap(values[-13:], groups[-13:], np.random.default_rng(0)) is None
