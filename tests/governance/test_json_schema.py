import json
from pathlib import Path

import jsonschema
import pytest
from sklearn.model_selection import GridSearchCV

from sgdkit import LinearRegressor
from sgdkit.governance import Ledger, audit
from sgdkit.governance.json_schema import record_schema
from sgdkit.governance.record import SCHEMA_VERSION
from sgdkit.governance.render import Run, write_report

PUBLISHED = Path(__file__).parents[2] / "docs" / "schema" / "record-1.json"


@pytest.fixture(scope="module")
def validator():
    jsonschema.Draft202012Validator.check_schema(record_schema())
    return jsonschema.Draft202012Validator(record_schema())


def test_the_published_schema_is_the_one_that_the_dataclasses_give():
    assert json.loads(PUBLISHED.read_text()) == record_schema(), "run: python docs/schema/make.py"
    assert PUBLISHED.stem == f"record-{SCHEMA_VERSION.partition('.')[0]}"


def test_records_of_pipelines_searches_and_bare_models_fit_the_schema(record, diabetes, validator):
    validator.validate(json.loads(record.to_json()))
    X_train, X_test, y_train, y_test = diabetes
    grid = GridSearchCV(LinearRegressor(random_state=0, max_iter=1000), {"alpha": [0.1, 1.0]}, cv=2)
    declaration = {"task": "t", "statements": {"reproducibility": {"text": "x", "date": "2026-01-01"}}}
    search = audit(grid.fit(X_train, y_train), X_test, y_test, declaration=declaration, tier="free")
    validator.validate(json.loads(search.to_json()))
    bare = LinearRegressor(random_state=None, max_iter=1000).fit(X_train, y_train)
    validator.validate(json.loads(audit(bare, X_test, y_test, tier="free").to_json()))


def test_a_report_of_several_records_and_receipts_fits_the_schema(record, tmp_path, validator):
    kept = Ledger(tmp_path / "ledger").keep(record)
    write_report(tmp_path, [Run("a", audit=record), Run("b", audit=kept)], reference=False)
    content = json.loads((tmp_path / "record.json").read_text())
    validator.validate(content)
    assert content["receipts"][0]["entry_hash"] == kept.receipt.entry_hash


@pytest.mark.parametrize(
    "change", [{"name": 3}, {"unknown": 1}, {"schema_version": "2.0"}, {"content_hash": "md5:0"}]
)
def test_the_schema_refuses_what_is_no_record(record, validator, change):
    assert not validator.is_valid({**record.to_dict(), **change})
