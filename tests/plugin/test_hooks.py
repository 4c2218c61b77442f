import re
from pathlib import Path

import pytest

from sgdkit.exceptions import PluginError, PluginWarning
from sgdkit.governance.checks import checks_of
from sgdkit.governance.checks.base import check, measured
from sgdkit.losses import PointwiseLoss
from sgdkit.optimizers import UpdateRule
from sgdkit.plugin.specs import CHECK_HOOK, HOOKS, PluginSpecs
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


def test_sgdkit_register_checks():
    @check("custom.one", "data_documentation", why="To see it registered.", method="None.")
    def mine(context):
        return measured("Ran.", passed=True)

    manager = registry_with(FakeEntryPoint("mine", plugin(sgdkit_register_checks=[mine]))).manager
    ids = [each.id for each in checks_of(manager)]
    own = [each.id for each in checks_of(registry_with().manager)]
    assert set(ids) - set(own) == {"custom.one"}
    assert ids[-14:] == ["custom.one", *own[-13:]]  # after sgdkit's own, before the statements


def test_two_checks_of_one_id_are_refused_by_name():
    @check("data.lineage", "data_documentation", why="Claims a name.", method="None.")
    def mine(context):
        return measured("Ran.", passed=True)

    manager = registry_with(FakeEntryPoint("mine", plugin(sgdkit_register_checks=[mine]))).manager
    with pytest.raises(PluginError, match=r"'data\.lineage'.*sgdkit\.governance"):
        checks_of(manager)


def test_what_is_no_check_takes_its_plugin_out():
    entry = FakeEntryPoint("mine", plugin(sgdkit_register_checks=[object()]))
    with pytest.warns(PluginWarning, match="must return checks"):
        checks_of(registry_with(entry).manager)


def test_every_hook_belongs_to_a_kind():
    assert sorted([*HOOKS.values(), CHECK_HOOK]) == NAMES


@pytest.mark.parametrize("hook", NAMES)
def test_every_hook_has_a_test(hook):
    assert f"test_{hook}" in globals()


@pytest.mark.parametrize("hook", NAMES)
def test_every_hook_has_a_section_in_the_documentation(hook):
    text = (ROOT / "docs" / "hooks.md").read_text()
    assert re.search(rf"^## `{hook}`$", text, flags=re.MULTILINE)
