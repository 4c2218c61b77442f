"""What evidence costs is counted, not timed: which arrays are hashed, how often, and for whom."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sgdkit.governance import GovernanceReport, audit, governance_scoring, report
from sgdkit.governance.evidence import data


@pytest.fixture
def rows():
    generator = np.random.default_rng(0)
    X = generator.normal(size=(300, 5))
    return X, (X[:, 0] + generator.normal(size=300) > 0).astype(int)


@pytest.fixture
def hashed(monkeypatch):
    """Shapes of the tables whose lineage was traced."""
    shapes, trace = [], data.trace_lineage

    def counting(X, *args, **kwargs):
        shapes.append(X.shape)
        return trace(X, *args, **kwargs)

    monkeypatch.setattr(report, "trace_lineage", counting)
    return shapes


def pipeline(*first):
    return make_pipeline(*first, StandardScaler(), LogisticRegression())


def test_each_training_array_is_traced_once_however_often_the_audit_refits(rows, hashed):
    X, y = rows
    model = pipeline(GovernanceReport()).fit(X[:200], y[:200])
    assert hashed == [(200, 5)]
    record = audit(model, X[200:], y[200:], X_train=X[:200], y_train=y[:200])
    assert record.items["reproducibility.refit"].passed
    assert hashed == [(200, 5), *[(200, 5)] * 2]  # the two refits that are compared are fits like any other


def test_a_fold_is_traced_once_and_only_where_a_report_asks(rows, hashed):
    X, y = rows
    cross_validate(pipeline(), X, y, cv=3, scoring=governance_scoring())
    assert hashed == []
    cross_validate(pipeline(GovernanceReport()), X, y, cv=3, scoring=governance_scoring())
    assert hashed == [(200, 5)] * 3


def test_a_fit_after_an_audit_is_traced_again(rows, hashed):
    X, _ = rows
    with report.untraced():
        assert not hasattr(GovernanceReport().fit(X), "lineage_")
    assert GovernanceReport().fit(X).lineage_.n_rows == 300
