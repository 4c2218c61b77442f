import re
from pathlib import Path

import pytest

from sgdkit.losses import PointwiseLoss
from sgdkit.optimizers import UpdateRule
from sgdkit.plugin.specs import HOOKS, PluginSpecs
from sgdkit.schedules import Schedule

from .fakes import FakeEntryPoint, component, plugin, registry_with

ROOT = Path(__file__).parents[2]
NAMES = sorted(name for name in vars(PluginSpecs) if name.startswith("sgdkit_"))


def test_sgdkit_register_losses():
    entry = FakeEntryPoint("mine", plugin(sgdkit_register_losses=[component(PointwiseLoss, "my_loss")]))
    assert registry_with(entry).get("loss", "my_loss").name == "my_loss"


def test_sgdkit_register_optimizers():
    entry = FakeEntryPoint("mine", plugin(sgdkit_register_optimizers=[component(UpdateRule, "my_rule")]))
    assert registry_with(entry).get("optimizer", "my_rule").name == "my_rule"


def test_sgdkit_register_schedules():
    entry = FakeEntryPoint("mine", plugin(sgdkit_register_schedules=[component(Schedule, "my_schedule")]))
    assert registry_with(entry).get("learning_rate", "my_schedule").name == "my_schedule"


def test_every_hook_belongs_to_a_kind():
    assert sorted(HOOKS.values()) == NAMES


@pytest.mark.parametrize("hook", NAMES)
def test_every_hook_has_a_test(hook):
    assert f"test_{hook}" in globals()


@pytest.mark.parametrize("hook", NAMES)
def test_every_hook_has_a_section_in_the_documentation(hook):
    text = (ROOT / "docs" / "hooks.md").read_text()
    assert re.search(rf"^## `{hook}`$", text, flags=re.MULTILINE)
