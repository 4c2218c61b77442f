"""Runs that do everything right fail no gate, and statistical checks fail no more often than they say."""

import pytest

from .clean_runs import ESTIMATORS, clean_run
from .clean_sets import FOLDER, SETS

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# One of each kind of rows: categories and people, numbers by time, sparse.
QUICK = {("german-credit", "sgdkit"), ("bike-sharing", "scikit-learn"), ("agaricus", "other")}


def runs():
    for name in SETS:
        for kind in ESTIMATORS:
            marks = () if (name, kind) in QUICK else (pytest.mark.slow,)
            yield pytest.param(name, kind, id=f"{name}-{kind}", marks=marks)


@pytest.mark.parametrize(("name", "kind"), list(runs()))
def test_no_gate_fires_on_a_clean_run(name, kind):
    if not (FOLDER / name).is_dir():
        pytest.skip(f"the data set {name} is not in {FOLDER.name}; set SGDKIT_DATA to its folder")
    record = clean_run(name, kind, 0, tier="refit")
    assert [f"{gate.name}: {gate.reason}" for gate in record.failed_gates] == []
    assert [item.check_id for item in record.items.values() if "could not run" in item.summary] == []


def test_there_are_at_least_forty_clean_runs():
    assert len(list(runs())) >= 40
