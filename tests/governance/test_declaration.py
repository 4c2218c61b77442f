import tomllib
from datetime import date

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance import GovernanceReport, audit, parse_declaration, read_declaration
from sgdkit.governance.declaration import FIELDS, TEXTS
from sgdkit.governance.declaration_template import declaration_template
from sgdkit.governance.grading import Grade

HASH = "sha256:" + 64 * "a"


@pytest.fixture
def fitted(cancer):
    X_train, X_test, y_train, y_test = cancer
    model = make_pipeline(GovernanceReport(), LogisticRegression(max_iter=5000)).fit(X_train, y_train)
    return model, X_test, y_test


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"ownr": "A"}, "unknown field 'ownr'. Did you mean 'owner'"),
        ({"zzz": "A"}, "unknown field 'zzz'. The fields are"),
        ({"task": "  "}, "task is empty"),
        ({"task": 3}, "task is a int; write it as text"),
        ({"reviewer": ["A", "B"]}, "reviewer is a list"),
        ({"date": "1.2.2026"}, "date is '1.2.2026'; write it as YYYY-MM-DD"),
        ({"expires": 2026}, "expires is '2026'"),
        ({"date": "2026-02-01", "expires": "2026-01-01"}, "before its date"),
        ({"owner": "A", "reviewer": "A"}, "a reviewer is someone else"),
        ({"model_hash": "abc"}, "model_hash is 'abc'; give it as the record prints it"),
        ({"statements": {"fairnes_review": "x"}}, "Did you mean 'fairness_review'"),
        ({"statements": {"fairness_review": {"text": "x", "data_fingerprint": "x"}}}, "data_fingerprint of"),
        (["task"], "is a list; give a dict"),
    ],
)
def test_a_wrong_form_is_refused_in_one_sentence(content, message):
    with pytest.raises(InvalidParameterError, match=message.replace("(", r"\(")) as caught:
        parse_declaration(content)
    assert "\n" not in str(caught.value)


def test_files_are_read_with_toml_dates_and_named_in_refusals(tmp_path):
    path = tmp_path / "governance.toml"
    path.write_text('task = "Sorts letters"\ndate = 2026-01-02\n[statements]\nreproducibility = "Rerun."\n')
    declared = read_declaration(path)
    assert (declared.task, declared.date) == ("Sorts letters", "2026-01-02")
    assert declared.statements["reproducibility"].text == "Rerun."
    assert parse_declaration(declared.to_dict()) == declared == parse_declaration(path)
    for text, message in (("task = ", "is not TOML"), ('tasc = "x"', "governance.toml has an unknown field")):
        path.write_text(text)
        with pytest.raises(InvalidParameterError, match=message):
            read_declaration(path)
    with pytest.raises(InvalidParameterError, match="governance init"):
        read_declaration(tmp_path / "missing.toml")


def test_texts_become_statements_on_their_dimensions(fitted):
    model, X_test, y_test = fitted
    texts = {name: f"About {name}." for name in TEXTS}
    record = audit(model, X_test, y_test, tier="free", declaration={**texts, "owner": "A"})
    for dimension in {dimension for dimension, _ in TEXTS.values()} | {"governance_review"}:
        assert record.items[f"statement.{dimension}"].grade is Grade.DECLARED
    assert (
        "Cost of errors: About cost_of_errors." in record.items["statement.objective_documentation"].summary
    )
    assert record.items["statement.optimizer_documentation"].grade is Grade.ABSENT
    assert record.declaration["owner"] == "A"
    assert record.items["statement.data_documentation"].author == "A"


def test_a_reviewer_a_date_and_a_hash_attest_and_a_changed_hash_lapses(fitted):
    model, X_test, y_test = fitted
    plain = audit(model, X_test, y_test, tier="free")
    data, learned = plain.data[0]["fingerprint"], plain.subject["parameters_hash"]
    signed = {"task": "t", "data_source": "s", "owner": "A", "reviewer": "B", "date": date(2020, 1, 2)}

    def grades(**hashes):
        record = audit(model, X_test, y_test, tier="free", declaration={**signed, **hashes})
        names = ("objective_documentation", "data_documentation", "governance_review")
        return [record.items[f"statement.{name}"].grade.value for name in names]

    assert grades() == ["declared"] * 3
    assert grades(data_fingerprint=data, model_hash=learned) == ["attested"] * 3
    assert grades(data_fingerprint=HASH, model_hash=learned) == ["absent"] * 3
    # Another model on the same data leaves statements on the data true.
    assert grades(data_fingerprint=data, model_hash=HASH) == ["absent", "attested", "absent"]
    assert grades(data_fingerprint=data, model_hash=learned, expires="2020-01-03") == ["absent"] * 3


def test_without_data_on_record_a_statement_on_data_does_not_hold(cancer):
    X_train, X_test, y_train, y_test = cancer
    model = LogisticRegression(max_iter=5000).fit(X_train, y_train)
    record = audit(model, X_test, y_test, tier="free", declaration={"task": "t", "data_fingerprint": HASH})
    assert "left no fingerprint" in record.items["statement.objective_documentation"].summary


def test_a_failed_measurement_overrides_what_is_declared(cancer):
    X_train, X_test, y_train, y_test = cancer
    model = LogisticRegression(max_iter=5000).fit(X_train, y_train)
    groups = ["a" if label == 1 else "b" for label in model.predict(X_test)]
    declaration = {"groups": "All.", "harms": "None are expected."}
    record = audit(model, X_test, y_test, tier="free", sensitive_features=groups, declaration=declaration)
    fairness = next(d for d in record.dimensions if d.name == "fairness_review")
    assert record.items["fairness.outcome_gap"].passed is False
    assert fairness.value == fairness.measured_value


def test_an_empty_template_declares_nothing_and_names_every_field():
    text = declaration_template()
    assert parse_declaration(tomllib.loads(text)).to_dict() == {}
    for name in FIELDS:
        assert f"# {name} = " in text or name == "statements"
    uncommented = text.replace('# task = ""', 'task = "Sorts letters"')
    assert parse_declaration(tomllib.loads(uncommented)).task == "Sorts letters"


def test_a_template_from_a_record_is_tied_to_its_data_and_model(record):
    text = declaration_template(record.to_dict())
    declared = parse_declaration(tomllib.loads(text))
    assert declared.data_fingerprint == record.data[0]["fingerprint"]
    assert declared.model_hash == record.subject["parameters_hash"]
    assert f"{record.subject['n_test']} test rows" in text
