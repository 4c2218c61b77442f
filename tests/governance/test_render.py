import csv
import io
import json
import re
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance import GovernanceReport, audit, governance_scoring, verify_json
from sgdkit.governance.reference import REFERENCE_CASES
from sgdkit.governance.render import Run, tables, write_report
from sgdkit.governance.render.html import to_html
from sgdkit.governance.scoring import DIMENSIONS
from sgdkit.governance.trace import ParameterTrace

from .gradient_descent import GradientDescent


@pytest.fixture(scope="module")
def traced(diabetes):
    X_train, X_test, y_train, y_test = diabetes
    trace = ParameterTrace(feature_names=X_train.columns)
    model = make_pipeline(
        GovernanceReport(), StandardScaler(), GradientDescent(max_iter=30).set_callbacks(trace)
    )
    model.fit(X_train, y_train)
    folds = cross_validate(
        make_pipeline(GovernanceReport(), StandardScaler(), GradientDescent(max_iter=30)),
        X_train,
        y_train,
        cv=3,
        scoring=governance_scoring("r2"),
    )
    record = audit(
        model, X_test, y_test, X_train=X_train, y_train=y_train, sensitive_features={"<sex>": X_test["sex"]}
    )
    return Run("Diabetes & <i>progression</i>", "Ten <features>", "predict", record, trace, folds), model


def test_trace_holds_every_epoch_and_ends_at_the_fitted_coefficients(traced):
    run, model = traced
    columns = run.trace.columns
    assert len(columns["step"]) == 30 == model[-1].n_iter_
    assert columns["loss"] == tuple(model[-1].history_["objective"])
    last = [values[-1] for name, values in columns.items() if name.startswith("weight")]
    assert last == model[-1].coef_.tolist()
    assert "weight bmi" in columns
    assert len(run.trace.rows) == 30 and len(run.trace.rows[0]) == len(run.trace.names)


def test_audit_refits_leave_the_trace_alone(traced, diabetes):
    run, model = traced
    X_train, X_test, y_train, y_test = diabetes
    before = run.trace.columns
    audit(model, X_test, y_test, X_train=X_train, y_train=y_train)
    assert run.trace.columns == before


def test_trace_keeps_the_largest_coefficients_and_starts_afresh():
    X = np.random.default_rng(0).normal(size=(50, 6))
    trace = ParameterTrace(max_coefficients=2)
    model = GradientDescent(max_iter=5).set_callbacks(trace)
    for _ in range(2):
        model.fit(X, X @ [0.0, 5.0, 0.1, 0.0, -4.0, 0.0])
    assert [name for name in trace.names if name.startswith("weight")] == ["weight x1", "weight x4"]
    assert len(trace.rows) == 5


def test_report_writes_everything_and_the_tables_agree(traced, tmp_path):
    run, _ = traced
    paths = write_report(tmp_path / "deep" / "out", [run])
    names = {path.name for path in paths}
    assert names == {path.name for path in (tmp_path / "deep" / "out").iterdir()}
    tabular = {
        f"{name}.{kind}" for name in ("audit", "summary", "trace", "evidence") for kind in ("csv", "json")
    }
    assert {"report.html", "report.md", "record.json"} | tabular <= names
    for form in ("png", "svg"):
        kinds = {"risk", "loss", "parameters", "dimensions", "groups", "robustness"}
        assert {name.rpartition("_")[2] for name in names if name.endswith(form)} == {
            f"{kind}.{form}" for kind in kinds
        }
    for path in paths:
        if path.suffix == ".csv":
            rows = list(csv.DictReader(io.StringIO(path.read_text())))
            records = json.loads(path.with_suffix(".json").read_text())
            assert len(rows) == len(records) > 0
            assert list(rows[0]) == list(records[0])
        if path.suffix == ".png":
            assert path.read_bytes().startswith(b"\x89PNG")
        if path.suffix == ".svg":
            assert ElementTree.fromstring(path.read_bytes()).tag.endswith("svg")
    assert verify_json((paths[0].parent / "record.json").read_text())


def test_audit_table_has_the_columns_of_the_reference_workflow(traced):
    run, _ = traced
    expected = ("case_name", "model_context", "training_goal", *DIMENSIONS)
    expected += ("governance_score", "governance_risk", "diagnostic")
    assert tables.audit_table([run]).columns[: len(expected)] == expected
    assert tables.reference_audit_table().columns == expected
    row = tables.audit_table([run]).records()[0]
    assert row["governance_score"] == pytest.approx(run.record.score, abs=1e-6)


def test_reference_tables_reproduce_the_printed_digits():
    audit_csv = tables.reference_audit_table().to_csv()
    assert "Document classifier training" in audit_csv
    assert ",79.24,21.0,usable training process with review needs" in audit_csv
    trace = tables.reference_trace_table()
    assert trace.columns == ("step", "weight", "bias", "loss")
    assert [round(value, 6) for value in trace.rows[80]] == [80, 2.260731, 1.492552, 0.037366]


def test_trace_table_ends_with_the_loss_and_keeps_runs_apart(traced, record):
    run, _ = traced
    table = tables.trace_table([run, Run("no trace", audit=record)])
    assert table.columns[:2] == ("case_name", "step") and table.columns[-1] == "loss"
    assert {row[0] for row in table.rows} == {run.name}


@pytest.fixture(scope="module")
def page(traced):
    return to_html([traced[0]], title="A <title>")


class TestPage:
    def test_everything_from_outside_is_escaped(self, page):
        assert "<i>progression" not in page and "&lt;i&gt;progression" in page
        assert "<title>A &lt;title&gt;</title>" in page
        assert "<sex>" not in page and "Ten <features>" not in page

    def test_it_needs_no_network_and_no_script(self, page):
        assert "<script" not in page
        sources = re.findall(r'(?:src|href)="([^"]*)"', page)
        assert sources and all(source.startswith(("data:image/png;base64,", "#")) for source in sources)
        assert "url(" not in page and "@import" not in page

    def test_every_number_and_dimension_of_the_record_is_there(self, page, traced):
        record = traced[0].record
        for value in (record.score, record.risk, record.measured_score):
            assert f"{value:.1f}" in page
        for name in DIMENSIONS:
            assert name.replace("_", " ").capitalize() in page
        for item in record.items.values():
            assert item.check_id in page
        for gate in record.gates:
            assert gate.asks.replace("'", "&#39;") in page
        assert record.content_hash in page

    def test_tags_are_balanced_and_images_have_words(self, page):
        for tag in ("details", "table", "section", "figure", "dl", "ul", "div", "p"):
            assert len(re.findall(rf"<{tag}[ >]", page)) == page.count(f"</{tag}>"), tag
        assert page.count("<img") == page.count('alt="') - page.count('alt=""')

    def test_it_never_promises_what_an_audit_cannot_give(self, page):
        assert not re.search(r"\b(compliant|certified)\b", page, re.IGNORECASE)


def test_a_gate_that_nothing_tested_is_not_said_to_hold(cancer, model):
    _, X_test, _, y_test = cancer
    page = to_html([Run("run", audit=audit(model, X_test, y_test))])
    assert "– not tested</span> Training again on the same rows gives the same parameters." in page
    assert "✓ holds</span> No test row and no test statistic reached training." in page


def test_a_single_step_makes_no_curve(record):
    page = to_html([Run("run", audit=record, trace={"step": [1], "weight a": [0.5], "loss": [1.0]})])
    assert "Training took one step" in page and "parameters after every step" not in page


def test_page_without_reference_cases_leaves_them_out(traced):
    page = to_html([traced[0]], reference=False)
    assert not any(case.case_name in page for case in REFERENCE_CASES)


def test_statements_are_escaped_in_the_page(record):
    page = to_html([Run("run", audit=record)])
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_failed_report_leaves_the_old_one_whole(traced, tmp_path, monkeypatch):
    run, _ = traced
    write_report(tmp_path, [run])
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setattr("sgdkit.governance.render.plots.score_risk_figure", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_report(tmp_path, [run])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_runs_need_audits_and_names_of_their_own(traced, tmp_path):
    run, _ = traced
    with pytest.raises(InvalidParameterError, match="has no audit"):
        Run("empty")
    for runs in ([], [run, run]):
        with pytest.raises(InvalidParameterError, match="name of its own"):
            write_report(tmp_path, runs)


def test_runs_whose_file_names_would_collide_are_kept_apart(record, tmp_path):
    paths = write_report(tmp_path, [Run("A b", audit=record), Run("a-B", audit=record)], reference=False)
    assert len({path.name for path in paths}) == len(paths)
    assert sum(path.name.endswith("_dimensions.png") for path in paths) == 2


def test_figures_are_the_same_bytes_each_time(record):
    from sgdkit.governance.render import plots

    first, second = (plots.Drawing.of(plots.dimension_figure(record)) for _ in range(2))
    assert first == second


def test_text_shows_the_three_numbers_gates_and_dimensions(record):
    text = str(record)
    assert f"{record.score:6.2f}" in text and f"{record.measured_score:.2f}" in text
    assert all(name in text for name in DIMENSIONS)
    assert record.content_hash in text


def test_save_writes_a_report(record, tmp_path):
    assert (tmp_path / "report.html") in record.save(tmp_path)


@pytest.mark.parametrize("module", ["jinja2", "matplotlib.figure", "skops.card"])
def test_missing_extra_names_what_to_install(record, tmp_path, monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=r'pip install "sgdkit\[report\]"'):
        write_report(tmp_path, [Run("run", audit=record)])
    assert list(tmp_path.iterdir()) == []


def test_importing_governance_loads_no_optional_library():
    code = (
        "import sys, sklearn.base; before = set(sys.modules); import sgdkit.governance; "
        "from sgdkit.governance.render.write import write_report; "
        "late = {'matplotlib', 'jinja2', 'fairlearn', 'numba'} & (set(sys.modules) - before); "
        "assert not late, late"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
