"""Every planted fault is caught by the check meant for it, and its clean twin is not."""

import pytest

from sgdkit.governance.checks import registered_checks
from sgdkit.governance.grading import Grade
from sgdkit.governance.scoring import DIMENSIONS

from . import data, fairness, objective, records, reproducibility, robustness, training, validation  # noqa: F401
from .registry import FAULTS, examine

pytestmark = pytest.mark.filterwarnings("ignore")  # many faults come with a warning that nobody reads


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_check_meant_for_a_fault_catches_it_and_lets_the_clean_twin_pass(fault, tmp_path):
    (tmp_path / "wrong").mkdir(), (tmp_path / "right").mkdir()
    item, gates = examine(fault.check, fault.make(True, tmp_path / "wrong"), fault.also)
    if fault.check.startswith("statement."):
        assert item.grade is Grade.ABSENT, item.summary
    else:
        assert item.passed is False, item.summary
    assert fault.gate is None or fault.gate in gates
    item, gates = examine(fault.check, fault.make(False, tmp_path / "right"), fault.also)
    assert item.passed is not False and item.grade is not Grade.ABSENT, item.summary
    assert fault.gate not in gates


def test_there_are_faults_of_every_kind():
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 70
    aimed = {fault.check for fault in FAULTS}
    dimensions = {check.dimension for check in registered_checks() if check.id in aimed}
    assert dimensions >= set(DIMENSIONS) - {"communication_clarity"}


# Recorded facts have nothing to fail; these checks describe what others judge.
NO_FAULT = {"communication.sections", "traceability.parameters_hash", "optimizer.optimality_gap"}


def test_every_check_that_can_fail_has_a_fault():
    aimed = {fault.check for fault in FAULTS} | NO_FAULT
    missing = {check.id for check in registered_checks() if check.threshold and check.id not in aimed}
    assert not missing
