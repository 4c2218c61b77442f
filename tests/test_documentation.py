"""Every example in docstrings, pages and README is run."""

import doctest
import importlib
import pkgutil
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

import sgdkit
from sgdkit.testing import check_loss, check_optimizer

ROOT = Path(__file__).parents[1]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# Read as text, so that finding the modules with examples imports none of them.
MODULES = [
    module.name
    for module in pkgutil.walk_packages(sgdkit.__path__, "sgdkit.", onerror=lambda name: None)
    if (path := ROOT / Path(*module.name.split(".")).with_suffix(".py")).exists()
    and ">>> " in path.read_text()
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name):
    assert doctest.testmod(importlib.import_module(name), optionflags=FLAGS).failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_examples_in_pages_run(page):
    assert doctest.testfile(str(page), module_relative=False, optionflags=FLAGS, encoding="utf-8").failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target


def run_blocks(page, *words):
    """Run the Python blocks of a page that hold one of the words, as a module, and return it."""
    module = ModuleType("a_documented_module")
    sys.modules[module.__name__] = module
    for block in re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), flags=re.DOTALL):
        if any(word in block for word in words) and not block.startswith(">>>"):
            exec(compile(block, page, "exec"), vars(module))
    return module


@pytest.mark.parametrize("page", ["README.md", "docs/extending.md"])
def test_the_documented_rule_keeps_the_contract(page):
    check_optimizer(run_blocks(page, "class SignMomentum").SignMomentum())


def test_the_documented_loss_keeps_the_contract():
    check_loss(run_blocks("docs/extending.md", "class CubedHinge").CubedHinge())


def test_the_documented_schedule_and_check_run():
    module = run_blocks("docs/extending.md", "class Halving", "def regularization_nonzero")
    assert module.Halving(0.4, every=2, warmup=1).rates(5).tolist() == [0.2, 0.4, 0.4, 0.2, 0.2]
    assert module.regularization_nonzero.id == "regularization.nonzero_share"
