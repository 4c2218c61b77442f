import json
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from sgdkit.kernels.cache import cache_directory
from sgdkit.optimizers import ABI_VERSION, UpdateRule
from sgdkit.testing.forms import available_forms, follow_gradients

FIT = """
    import json, sys, warnings
    from numba.core import event
    recorder = event.RecordingListener()
    event.register("numba:compile", recorder)
    import numpy as np, scipy.sparse as sp
    from sgdkit.losses import Logistic
    from sgdkit.optimizers import AdaGrad, Adam
    from sgdkit.testing.forms import Task, available_forms, train_task
    random = np.random.default_rng(0)
    X, y = random.normal(size=(20, 3)), random.integers(0, 2, 20).astype(float)
    forms = available_forms()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for name in ("compiled dense", "compiled CSR int32"):
            for rule in (AdaGrad(), Adam()):
                w = train_task(forms[name], Task(X=X, y=y, loss=Logistic(), rule=rule)).w
    compiled = sum(1 for _, e in recorder.buffer if e.is_start)
    warned = [(w.category.__name__, str(w.message)) for w in caught]
    print(json.dumps({"compiled": compiled, "warned": warned, "w": w.tolist()}))
"""


def in_a_new_process(program, folder):
    environment = {**os.environ, "SGDKIT_CACHE_DIR": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_second_process_compiles_nothing_and_gives_the_same_bits(tmp_path):
    cold = in_a_new_process(FIT, tmp_path)
    warm = in_a_new_process(FIT, tmp_path)
    assert cold["compiled"] > 0
    assert warm["compiled"] == 0
    assert cold["w"] == warm["w"]
    assert cold["warned"] == warm["warned"] == []


def test_a_cache_folder_that_cannot_be_written_gives_one_warning_and_works(tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")
    program = FIT.replace(', "compiled CSR int32"', ",").replace("AdaGrad(), Adam()", "AdaGrad(),")
    found = in_a_new_process(program, in_the_way)
    assert [category for category, _ in found["warned"]] == ["CacheWarning"]
    assert str(in_the_way) in found["warned"][0][1] and "SGDKIT_CACHE_DIR" in found["warned"][0][1]
    assert found["compiled"] > 0


NOTEBOOK = """
class Rule(UpdateRule):
    name = "rule"

    @staticmethod
    def update(w, g, slots, hyper, lr, t):
        return w - {factor} * lr * g, slots
"""


def rule_of_a_notebook_cell(factor, **scope):
    scope = {"UpdateRule": UpdateRule, "__name__": "__main__", **scope}
    exec(NOTEBOOK.format(factor=factor), scope)
    return scope["Rule"]()


@pytest.mark.parametrize(
    "rules",
    [
        [rule_of_a_notebook_cell(factor) for factor in (1.0, 3.0)],
        [rule_of_a_notebook_cell("FACTOR", FACTOR=factor) for factor in (1.0, 3.0)],
    ],
    ids=["literal", "module constant"],
)
def test_a_rule_defined_again_in_a_notebook_never_runs_the_old_code(rules):
    form = available_forms()["compiled dense"]
    moved = [follow_gradients(form, rule, np.ones((1, 1)), lr=0.5).w[0] for rule in rules]
    assert moved == [-0.5, -1.5]


def test_the_cache_folder_is_named_after_the_contract_and_the_versions(tmp_path, monkeypatch):
    monkeypatch.setenv("SGDKIT_CACHE_DIR", str(tmp_path))
    folder = cache_directory()
    assert folder.parent == tmp_path and folder.is_dir()
    assert folder.name.startswith(f"kernels-abi{ABI_VERSION}-")
    monkeypatch.setattr("numba.__version__", "0.0.0")
    assert cache_directory() != folder


def test_importing_sgdkit_imports_neither_numba_nor_matplotlib():
    program = """
        import json, sys
        import sgdkit, sgdkit.optimizers, sgdkit.losses, sgdkit.estimators.logistic
        print(json.dumps([name for name in ("numba", "cupy", "matplotlib") if name in sys.modules]))
    """
    assert in_a_new_process(program, "unused") == []
