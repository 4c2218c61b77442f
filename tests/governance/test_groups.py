import numpy as np
import pytest
from fairlearn.metrics import MetricFrame, selection_rate
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score

from sgdkit.exceptions import InvalidParameterError
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


def test_columns_of_an_array_are_attributes_of_their_own(cancer):
    X, X_test, y, y_test = cancer
    model = LogisticRegression(C=1e-3, max_iter=5_000).fit(X, y)
    two = np.stack([X_test[:, 0] > 13.0, X_test[:, 1] > 19.0], axis=1)
    record = audit(model, X_test, y_test, tier="free", sensitive_features=two)
    summary = record.items["fairness.intersections"].summary
    assert "'sensitive_feature_0 x sensitive_feature_1'" in summary


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        ({"groups": [1, 2, 3]}, "groups must be a pair: the labels of the training rows"),
        ({"groups": ([1, 2], [3])}, r"groups has the shape \(2,\) for the training rows"),
        ({"times": (None, [3])}, "times has the shape"),
        ({"sensitive_features": [1, 2]}, "sensitive_feature"),
    ],
)
def test_labels_that_do_not_fit_the_rows_are_refused(cancer, named, sentence):
    X, X_test, y, y_test = cancer
    model = LogisticRegression(C=1e-3, max_iter=5_000).fit(X, y)
    with pytest.raises(InvalidParameterError, match=sentence):
        audit(model, X_test, y_test, X_train=X, y_train=y, tier="free", **named)
