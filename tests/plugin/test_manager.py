import warnings

import pytest

from sgdkit.exceptions import PluginError, PluginWarning, UnknownComponentError
from sgdkit.optimizers import Adam, UpdateRule

from .fakes import FakeEntryPoint, component, plugin, registry_with

GOOD = FakeEntryPoint("good", plugin(sgdkit_register_optimizers=[component(UpdateRule, "good_rule")]))
CAUSE = ModuleNotFoundError("No module named 'torchy'")
BROKEN = FakeEntryPoint("broken", CAUSE, "broken-dist")


def test_a_broken_plugin_warns_once_with_distribution_and_cause_and_others_go_on():
    registry = registry_with(BROKEN, GOOD)
    with pytest.warns(
        PluginWarning, match=r"'broken' of broken-dist .*ModuleNotFoundError.*torchy"
    ) as caught:
        assert registry.get("optimizer", "good_rule").name == "good_rule"
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "good_rule" in registry.table("optimizer")
        assert "adam" in registry.table("optimizer")


def test_asking_for_a_component_of_a_broken_plugin_raises_from_the_original_error():
    registry = registry_with(BROKEN)
    with (
        pytest.warns(PluginWarning),
        pytest.raises(UnknownComponentError, match="broken-dist failed to load") as raised,
    ):
        registry.get("optimizer", "torchy_adam")
    assert raised.value.__cause__ is CAUSE


def test_plugins_are_not_loaded_for_built_in_names():
    registry = registry_with(BROKEN)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert registry.get("optimizer", "adam").name == "adam"


def test_two_plugins_with_one_name_raise_naming_both_distributions():
    twins = [
        FakeEntryPoint(module, plugin(sgdkit_register_optimizers=[component(UpdateRule, "twin", module)]))
        for module in ("numpy", "scipy")
    ]
    with pytest.raises(PluginError, match=r"'twin': numpy \(numpy.Twin\) and scipy \(scipy.Twin\)"):
        registry_with(*twins).get("optimizer", "twin")


def test_a_plugin_cannot_take_the_name_of_a_built_in():
    taken = FakeEntryPoint("taken", plugin(sgdkit_register_optimizers=[component(UpdateRule, "adam")]))
    with pytest.raises(PluginError, match=r"'adam': numpy .* and sgdkit"):
        registry_with(taken).table("optimizer")


def test_built_ins_stay_what_they_are_after_a_plugin_took_a_name():
    taken = FakeEntryPoint("taken", plugin(sgdkit_register_optimizers=[component(UpdateRule, "adam")]))
    registry = registry_with(taken, GOOD)
    for _ in ("before plugins are loaded", "after"):
        assert registry.get("optimizer", "adam") is Adam
        with pytest.raises(PluginError, match="SGDKIT_DISABLE_PLUGINS"):
            registry.get("optimizer", "good_rule")
    assert registry.table("optimizer", plugins=False)["adam"] is Adam


def test_disable_plugins_blocks_by_name():
    registry = registry_with(BROKEN, GOOD, SGDKIT_DISABLE_PLUGINS="broken, other")
    assert "good_rule" in registry.table("optimizer")
    assert registry.manager.blocked == ["broken"]
    assert registry.manager.failures == []


def test_load_plugins_allows_only_those_named():
    registry = registry_with(BROKEN, GOOD, SGDKIT_LOAD_PLUGINS="good")
    assert "good_rule" in registry.table("optimizer")
    assert registry.manager.blocked == ["broken"]


def test_strict_plugins_raises_at_the_first_failure():
    registry = registry_with(BROKEN, GOOD, SGDKIT_STRICT_PLUGINS="1")
    with pytest.raises(PluginError, match="SGDKIT_DISABLE_PLUGINS=broken") as raised:
        registry.table("optimizer")
    assert raised.value.__cause__ is CAUSE


@pytest.mark.parametrize(
    ("faulty", "cause"),
    [
        ({"sgdkit_register_nonsense": []}, "unknown hook"),
        ({"sgdkit_register_losses": [object()]}, "must return classes"),
        ({"sgdkit_register_losses": lambda: 1 / 0}, "ZeroDivisionError"),
    ],
)
def test_a_half_registered_plugin_is_rolled_back(faulty, cause):
    rules = [component(UpdateRule, "half_rule")]
    entry = FakeEntryPoint("half", plugin(sgdkit_register_optimizers=rules, **faulty))
    registry = registry_with(entry)
    with pytest.warns(PluginWarning, match=cause):
        table = registry.table("optimizer")
    assert "half_rule" not in table
    assert "adam" in table


def test_an_entry_point_without_distribution_is_named_as_such():
    registry = registry_with(FakeEntryPoint("lost", CAUSE, None))
    with pytest.warns(PluginWarning, match="unknown distribution"):
        registry.table("optimizer")


def test_two_managers_share_nothing():
    assert "good_rule" in registry_with(GOOD).table("optimizer")
    assert "good_rule" not in registry_with().table("optimizer")
