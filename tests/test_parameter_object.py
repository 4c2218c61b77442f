import pickle

import numpy as np
import pytest
from sklearn.base import clone

from sgdkit.exceptions import InvalidParameterError
from sgdkit.plugin.registry import Registry
from sgdkit.plugin.specs import HOOKS

COMPONENTS = [part for kind in HOOKS for part in Registry().table(kind, plugins=False).values()]


@pytest.mark.parametrize("part", COMPONENTS, ids=lambda part: part.name)
class TestEveryComponent:
    def test_is_made_without_arguments_and_cloned_with_its_parameters(self, part):
        made = part()
        assert clone(made).get_params() == made.get_params()

    def test_survives_pickling(self, part):
        made = part()
        assert pickle.loads(pickle.dumps(made)).get_params() == made.get_params()

    def test_hands_over_its_hyperparameters_as_floats_in_declared_order(self, part):
        made = part()
        assert made.hyper_values() == tuple(float(getattr(made, name)) for name in part.hyper)

    @pytest.mark.parametrize("bad", [float("nan"), float("inf"), "0.1", None, True])
    def test_refuses_a_hyperparameter_that_is_no_finite_number(self, part, bad):
        for name in part.hyper:
            with pytest.raises(InvalidParameterError, match=rf"{part.__name__}\({name}=.*finite number"):
                part(**{name: bad}).hyper_values()

    def test_takes_numpy_numbers(self, part):
        for name in part.hyper:
            value = max(0.25, part.ranges.get(name, (0.25,))[0])
            assert value in part(**{name: np.float32(value)}).hyper_values()


def test_function_finds_static_methods_of_base_classes_and_nothing_else():
    from sgdkit.optimizers import SGD, Adam

    class Child(Adam):
        pass

    assert Child.function("update") is Adam.function("update")
    assert SGD.function("catch_up") is None
    assert SGD.function("hyper_values") is None


def test_the_nearest_class_decides_which_function_plays_a_role():
    from sgdkit.optimizers import SGD, Momentum

    class WithoutStepSize(SGD):
        step_size = None

    class OrdinaryMethod(Momentum):
        def catch_up(self):
            return None

    assert WithoutStepSize.function("step_size") is None and not WithoutStepSize.has_proximal_step
    assert OrdinaryMethod.function("catch_up") is None


def test_a_subclass_has_the_parameters_of_its_own_constructor():
    from sgdkit.losses import Huber

    class Named(Huber):
        def __init__(self, width=0.5):
            super().__init__()
            self.width = width

    assert "width" not in Huber().get_params()
    assert Named().get_params() == {"width": 0.5}
