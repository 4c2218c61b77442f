import pytest

from sgdkit.exceptions import InvalidParameterError, UnknownComponentError
from sgdkit.optimizers import Adam, UpdateRule
from sgdkit.plugin.provenance import provenance_of_class

from .fakes import registry_with


def test_an_unknown_name_lists_what_is_known_and_the_nearest_spelling():
    with pytest.raises(
        UnknownComponentError, match=r"known are 'adadelta', .*'svrg'\. Did you mean 'adagrad'\?"
    ):
        registry_with().get("optimizer", "adagard")


def test_a_known_plugin_that_is_missing_is_named_with_its_command():
    with pytest.raises(UnknownComponentError, match="pip install sgdkit-lion"):
        registry_with().get("optimizer", "lion")


@pytest.mark.parametrize("part", ["adam", Adam(beta1=0.5)])
def test_parts_resolve_by_name_and_by_object(part):
    assert isinstance(registry_with().resolve("optimizer", part, UpdateRule), Adam)


def test_a_class_in_place_of_an_object_is_refused_with_the_remedy():
    with pytest.raises(InvalidParameterError, match=r"pass an instance: Adam\(\)"):
        registry_with().resolve("optimizer", Adam, UpdateRule)


@pytest.mark.parametrize("part", [3, None, object()])
def test_what_is_neither_name_nor_component_is_refused(part):
    with pytest.raises(
        InvalidParameterError, match="must be a name or an object of a subclass of UpdateRule"
    ):
        registry_with().resolve("optimizer", part, UpdateRule)


def test_tables_are_sorted_by_name():
    for kind in ("loss", "optimizer", "learning_rate"):
        names = list(registry_with().table(kind))
        assert names == sorted(names)


def test_code_that_was_never_installed_has_no_distribution():
    class Local(UpdateRule):
        name = "local"

    Local.__module__ = "__main__"
    assert provenance_of_class(Local).distribution == "(no distribution)"
    assert provenance_of_class(Adam).distribution == "sgdkit"
