import json

import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance import GovernanceReport, audit
from sgdkit.governance.load import load_record


@pytest.fixture(scope="module")
def record():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    model = make_pipeline(
        GovernanceReport(statements={"governance_review": {"text": "Seen.", "date": "2026-01-02"}}),
        StandardScaler(),
        LogisticRegression(),
    )
    return audit(model.fit(X[:400], y[:400]), X[400:], y[400:], tier="free").chained("sha256:0")


def test_a_record_comes_back_with_the_same_hash_and_text(record):
    again = load_record(record.to_json())
    assert again.content_hash == record.content_hash
    assert str(again) == str(record)
    assert load_record(json.dumps({"records": [record.to_dict()]})).content_hash == record.content_hash


def test_what_is_altered_several_or_of_another_schema_is_refused(record):
    content = record.to_dict()
    with pytest.raises(InvalidParameterError, match="altered"):
        load_record(json.dumps({**content, "name": "another"}))
    with pytest.raises(InvalidParameterError, match="2 records"):
        load_record(json.dumps({"records": [content, content]}))
    with pytest.raises(InvalidParameterError, match="not an audit record"):
        load_record("[]")
