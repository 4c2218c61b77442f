"""A run that was killed goes on to the same bits as one that never was."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.utils import check_random_state

from sgdkit.engine.checkpoint.snapshot import read_snapshot
from tests.checkpoints.runs import MOST, RUNS, trained

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills processes as POSIX does")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def left_behind(tmp_path_factory):
    """The folder of checkpoints that killed processes left."""
    folder = tmp_path_factory.mktemp("killed")
    command = [sys.executable, "-m", "tests.checkpoints.runs", str(folder)]
    subprocess.run(command, check=True, cwd=ROOT, timeout=240)
    return folder


@pytest.mark.parametrize("name", RUNS)
def test_a_killed_run_goes_on_to_the_same_bits(name, left_behind):
    whole = trained(name, random_state=check_random_state(7))
    # Neither the split nor the order is drawn again.
    resumed = trained(name, random_state=check_random_state(8), resume_from=left_behind / name)
    for attribute in ("coef_", "intercept_", "n_iter_", "stop_reason_", "converged_"):
        np.testing.assert_array_equal(getattr(resumed, attribute), getattr(whole, attribute))
    for column, values in whole.history_.items():
        if column != "seconds":
            np.testing.assert_array_equal(resumed.history_[column], values)
    ours, theirs = resumed._training["state"], whole._training["state"]
    np.testing.assert_array_equal(ours.slots, theirs.slots)
    assert (ours.step, ours.damping, ours.best_objective) == (
        theirs.step,
        theirs.damping,
        theirs.best_objective,
    )
    assert resumed.components_.get("averaging") == whole.components_.get("averaging")


def test_runs_were_killed_on_the_way(left_behind):
    made = [read_snapshot(left_behind / name).done for name in RUNS]
    assert all(made) and min(made) < MOST
