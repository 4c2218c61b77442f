"""Statistical checks fail no more often than they say where nothing is wrong."""

import pytest
from scipy.stats import binom

from .clean_sets import FOLDER, SETS
from .levels import LEVELS, false_alarms

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("n_seeds", [2, pytest.param(25, marks=pytest.mark.slow)])
def test_checks_hold_their_stated_level(n_seeds):
    names = [name for name in SETS if (FOLDER / name).is_dir()]
    if not names:
        pytest.skip(f"no data set is in {FOLDER.name}; set SGDKIT_DATA to their folder")
    counts = false_alarms(names if n_seeds > 2 else names[:2], n_seeds)
    too_many = {
        check: (failed, runs)
        for check, (failed, runs) in counts.items()
        if failed > binom.ppf(1.0 - 1e-4, runs, LEVELS[check])
    }
    assert not too_many
