import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sgdkit import LogisticClassifier, audit

X, y = load_breast_cancer(return_X_y=True)
CHECK = "optimizer.optimality_gap"


def finding(model):
    model = make_pipeline(StandardScaler(), model).fit(X[::2], y[::2])
    return audit(model, X[1::2], y[1::2], X_train=X[::2], y_train=y[::2]).items[CHECK]


def test_a_proved_gap_is_measured():
    item = finding(LogisticClassifier())
    assert item.grade == "measured" and item.passed is True and item.value == 1.0
    assert 0.0 <= item.measured["share"] <= 1e-4


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_wide_gap_fails():
    item = finding(LogisticClassifier(max_iter=1))
    assert item.passed is False and item.measured["share"] > 0.01


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("model", [LogisticRegression(), LogisticClassifier(optimizer="adagrad")])
def test_no_proof_is_absent_evidence(model):
    item = finding(model)
    assert item.grade == "absent" and item.passed is None
