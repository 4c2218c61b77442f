"""Review, norms, Markdown, model card and bill of materials."""

import json
import re
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from sklearn.linear_model import LogisticRegression

from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance import audit
from sgdkit.governance.checks import registered_checks
from sgdkit.governance.gates import GATES
from sgdkit.governance.norms import CHECKED, norms
from sgdkit.governance.render import Run, compare, to_markdown, to_ml_bom, to_model_card
from sgdkit.governance.render.html import to_html
from sgdkit.governance.render.markdown import plain
from sgdkit.governance.render.review import PITFALLS, STEPS, judge_pitfalls
from sgdkit.governance.scoring import DIMENSIONS

DECLARATION = {
    "task": "Tells <b>malignant</b> from benign | tumours",
    "intended_use": "Second reading",
    "cost_of_errors": "A missed tumour",
    "groups": "Cell sizes",
    "harms": "Later treatment",
    "owner": "A. Owner",
}


@pytest.fixture(scope="module")
def run(cancer):
    X_train, X_test, y_train, y_test = cancer
    model = LogisticRegression(max_iter=10_000).fit(X_train, y_train)
    groups = np.where(X_test[:, 0] > 14, "large", "small")
    record = audit(
        model,
        X_test,
        y_test,
        X_train=X_train,
        y_train=y_train,
        sensitive_features={"size": groups},
        declaration=DECLARATION,
    )
    return Run("Tumours", "Cells under a microscope.", "Find them.", record)


class TestReview:
    def test_every_dimension_stands_in_one_step(self):
        assert [step.number for step in STEPS] == list(range(1, 11))
        assert sorted(name for step in STEPS for name in step.dimensions) == sorted(DIMENSIONS)

    def test_every_check_and_gate_of_a_pitfall_exists(self):
        checks = {check.id for check in registered_checks()}
        gates = {gate.__name__ for gate in GATES} | {"every_dimension_has_evidence"}
        assert len(PITFALLS) == 10
        for pitfall in PITFALLS:
            assert pitfall.checks or pitfall.gates
            assert set(pitfall.checks) <= checks and set(pitfall.gates) <= gates, pitfall.name

    def test_a_failed_check_is_seen_and_an_absent_one_is_not_tested(self, run):
        record = run.record
        verdicts = {verdict.pitfall.name: verdict for verdict in judge_pitfalls(record)}
        assert verdicts["Poor reproducibility"].outcome == "not seen"
        assert verdicts["Class imbalance"].outcome == "not seen"

        def changed(item):
            return (
                replace(item, passed=False, summary="It differs.")
                if item.check_id == "reproducibility.refit"
                else item
            )

        dimensions = tuple(
            replace(
                one, items=tuple(changed(item) for item in one.items if item.check_id != "data.class_balance")
            )
            for one in record.dimensions
        )
        verdicts = {v.pitfall.name: v for v in judge_pitfalls(replace(record, dimensions=dimensions))}
        assert verdicts["Poor reproducibility"].outcome == "seen"
        assert verdicts["Poor reproducibility"].reasons == ("It differs.",)
        bare = replace(record, dimensions=(), gates=())
        assert {verdict.outcome for verdict in judge_pitfalls(bare)} == {"not tested"}


class TestNorms:
    def test_the_five_norms_are_there_and_every_dimension_is_served(self):
        assert {"nist-ai-rmf", "eu-ai-act-annex-iv", "sr-26-2", "sr-11-7", "iso-42001"} == {
            n.id for n in norms()
        }
        assert {name for norm in norms() for row in norm.rows for name in row.dimensions} == set(DIMENSIONS)

    def test_every_row_says_how_its_text_was_checked(self, run):
        page, text = to_html([run]), to_markdown([run])
        for norm in norms():
            assert norm.reviewed and norm.note
            for row in norm.rows:
                assert row.checked in CHECKED
                assert f'data-label="Provision">{row.ref}</th>' in page
                assert f"| {plain(row.ref)} |" in text
        assert all(meaning.replace("'", "&#39;") in page for meaning in CHECKED.values())

    def test_no_file_says_from_when_a_duty_binds(self):
        for file in files("sgdkit.governance.norms").iterdir():
            if file.name.endswith(".toml"):
                assert not re.search(r"in force|compliant|certified", file.read_text(), re.IGNORECASE)


def test_runs_side_by_side_hold_the_figures_of_each(run):
    other = Run("Again", audit=run.record)
    table = compare([run, other])
    assert table.columns == ("figure", "Tumours", "Again")
    rows = {row[0]: row[1:] for row in table.rows}
    assert set(DIMENSIONS) < set(rows)
    assert rows["governance_score"] == (pytest.approx(run.record.score, abs=1e-6),) * 2
    with pytest.raises(InvalidParameterError, match="name of its own"):
        compare([run, run])
    page = to_html([run, other])
    assert "Side by side" in page and "Side by side" not in to_html([run])


class TestMarkdown:
    def test_text_from_outside_brings_no_markup_and_breaks_no_table(self, run):
        text = to_markdown([replace(run, name="a | <i>b</i> *c*")])
        assert "a \\| &lt;i&gt;b&lt;/i&gt; \\*c\\*" in text
        assert "<b>" not in text and "&lt;b&gt;malignant" in text
        for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1, block

    def test_every_figure_of_the_record_is_there(self, run):
        text = to_markdown([run])
        record = run.record
        for item in record.items.values():
            assert plain(item.check_id) in text and plain(item.summary) in text
        assert record.content_hash in text
        assert f"{record.score:.2f}" in text and f"{record.risk:.2f}" in text

    def test_figures_are_linked_where_they_are_written(self, run):
        text = to_markdown([run], files=[{"reliability": "run_reliability.png"}])
        assert "](run_reliability.png)" in text and text.count("![") == 1


class TestModelCard:
    def test_its_figures_are_those_of_the_record(self, run):
        card = to_model_card(run)
        record = run.record
        assert f"{record.score:.2f}" in card and f"{record.risk:.2f}" in card
        assert str(record.subject["test_score"]) in card
        for one in record.exhibits["groups"]:
            if one["value"] is not None:
                assert f"{one['value']:.3f}" in card and f"{one['low']:.3f} to {one['high']:.3f}" in card
        assert record.content_hash in card
        assert all(plain(gate.reason) in card for gate in record.failed_gates)

    def test_what_was_declared_is_said_and_what_was_not_is_missed(self, run):
        card = to_model_card(run)
        assert "**Intended use**: Second reading" in card
        assert "**Data source**: not declared." in card
        assert "More Information Needed" not in card
        assert "<b>" not in card

    def test_with_the_model_it_shows_its_diagram(self, run, model):
        assert "Diagram" in to_model_card(run, model) and "Diagram" not in to_model_card(run)


class TestBillOfMaterials:
    def test_it_is_valid_against_the_schema(self, run, record):
        validator = JsonStrictValidator(SchemaVersion.V1_6)
        bare = replace(run.record, data=(), exhibits={}, declaration={})
        for one in (run, Run("Bare", audit=bare), Run("Pipeline", audit=record)):
            assert validator.validate_str(json.dumps(to_ml_bom(one))) is None

    def test_the_validator_refuses_what_is_none(self, run):
        bill = to_ml_bom(run)
        bill["metadata"]["component"]["modelCard"]["unknown"] = 1
        assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill)) is not None

    def test_it_holds_model_data_libraries_and_metrics(self, run):
        bill = to_ml_bom(run)
        model = bill["metadata"]["component"]
        assert model["type"] == "machine-learning-model" and model["authors"] == [{"name": "A. Owner"}]
        properties = {one["name"]: one["value"] for one in model["properties"]}
        assert properties["sgdkit:record"] == run.record.content_hash
        assert {"numpy", "scikit-learn", "sgdkit"} <= {one["name"] for one in bill["components"]}
        metrics = model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
        assert any("size = large" in one.get("slice", "") for one in metrics)
        assert model["modelCard"]["considerations"]["useCases"] == [DECLARATION["task"], "Second reading"]
        assert bill == to_ml_bom(run)


def test_nothing_promises_what_an_audit_cannot_give(run):
    for text in (to_markdown([run]), to_model_card(run), json.dumps(to_ml_bom(run)), to_html([run])):
        assert not re.search(r"\b(compliant|certified)\b", text, re.IGNORECASE)
