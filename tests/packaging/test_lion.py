"""The plugin sgdkit-lion, installed with pip into a folder of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# A rule of its own beside the plugin's: `Nudge` lives in __main__, as in a notebook.
SCRIPT = """
import json
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sgdkit import LogisticClassifier
from sgdkit.optimizers import UpdateRule


class Nudge(UpdateRule):
    name = "nudge"
    slots = ("scale",)
    hyper = ("eps",)
    sparse = "exact"

    def __init__(self, eps=1e-8):
        self.eps = eps

    @staticmethod
    def update(w, g, slots, hyper, lr, t):
        (scale,) = slots
        (eps,) = hyper
        scale = np.maximum(scale, np.abs(g))
        return w - lr * g / (scale * np.sqrt(t) + eps), (scale,)


if __name__ == "__main__":
    X, y = load_breast_cancer(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticClassifier(random_state=0))
    grid = {"logisticclassifier__optimizer": ["lion", Nudge(), Nudge(eps=1e-4)]}
    search = GridSearchCV(model, grid, cv=2, n_jobs=2).fit(X, y)
    fitted = {}
    for optimizer in grid["logisticclassifier__optimizer"]:
        model.set_params(logisticclassifier__optimizer=optimizer).fit(X, y)
        parts = model[-1].components_
        fitted[parts["optimizer"]["name"]] = {
            "backend": parts["backend"]["name"],
            "distribution": parts["optimizer"]["distribution"],
            "version": parts["optimizer"]["version"],
        }
    print(json.dumps({"scores": search.cv_results_["mean_test_score"].tolist(), "fitted": fitted}))
"""


@pytest.fixture(scope="module")
def lion_path(tmp_path_factory):
    """Folder that holds the installed plugin; on PYTHONPATH it is as good as installed."""
    target = tmp_path_factory.mktemp("site")
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "-q",
    ]
    subprocess.run(
        [*command, "--target", str(target), str(ROOT / "plugins" / "sgdkit-lion")],
        check=True,
        capture_output=True,
    )
    return target


def run(arguments, lion_path, **environment):
    paths = os.pathsep.join(filter(None, [str(lion_path), str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=os.environ
        | {"PYTHONPATH": paths, "PYTHONWARNINGS": "error::sgdkit.exceptions.PluginWarning"}
        | environment,
    )


def test_lion_and_a_rule_of_a_script_are_searched_in_parallel_at_compiled_speed(lion_path, tmp_path):
    script = tmp_path / "search.py"
    script.write_text(SCRIPT)
    done = run([script], lion_path)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert min(result["scores"]) > 0.9
    assert result["fitted"]["lion"] == {"backend": "numba", "distribution": "sgdkit-lion", "version": "0.1.0"}
    assert result["fitted"]["nudge"]["backend"] == "numba"
    assert result["fitted"]["nudge"]["distribution"] == "(no distribution)"


def test_the_plugins_own_test_passes(lion_path):
    test = ROOT / "plugins" / "sgdkit-lion" / "tests" / "test_plugin.py"
    done = run(["-m", "pytest", "-q", "-rs", "-p", "no:xdist", test, "--rootdir", ROOT], lion_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_the_listing_names_the_distribution(lion_path):
    done = run(["-m", "sgdkit", "plugins"], lion_path)
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if "lion" in line]
    assert line.split() == ["optimizer", "lion", "sgdkit_lion.lion.Lion", "sgdkit-lion", "0.1.0"]


def test_a_blocked_lion_is_listed_as_blocked(lion_path):
    done = run(["-m", "sgdkit", "plugins"], lion_path, SGDKIT_DISABLE_PLUGINS="lion")
    assert "Blocked: the plugin 'lion'" in done.stdout
    assert "sgdkit_lion" not in done.stdout
