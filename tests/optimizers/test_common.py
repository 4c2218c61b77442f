"""Every registered rule, and the plugin's, keeps the contract that `sgdkit.testing` states."""

import importlib.util
import pickle
from pathlib import Path

import numpy as np
import pytest

from sgdkit.backends.array_api import apply_rule
from sgdkit.optimizers import (
    FTRL,
    LAMB,
    LARS,
    SGD,
    AdaDelta,
    AdaGrad,
    Adam,
    AMSGrad,
    CenteredRMSProp,
    Momentum,
    NAdam,
    Nesterov,
    Prodigy,
    RAdam,
    RMSProp,
    UpdateRule,
)
from sgdkit.plugin.registry import Registry
from sgdkit.testing import OPTIMIZER_CHECKS
from sgdkit.testing.forms import available_forms, follow_gradients


def lion():
    path = Path(__file__).parents[2] / "plugins" / "sgdkit-lion" / "src" / "sgdkit_lion" / "lion.py"
    spec = importlib.util.spec_from_file_location("lion_of_the_plugin", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Lion


Lion = lion()
BUILTIN = Registry().table("optimizer", plugins=False)
RULES = {name: kind for name, kind in BUILTIN.items() if issubclass(kind, UpdateRule)} | {"lion": Lion}
UNUSUAL = [
    Momentum(beta=0.0),
    Momentum(beta=0.97),
    AdaGrad(eps=0.1),
    Adam(beta1=0.0, beta2=0.9),
    Adam(beta1=0.99, eps=1e-3),
    FTRL(beta=2.0),
    FTRL(beta=0.0),
    Nesterov(beta=0.0),
    Nesterov(beta=0.95),
    RMSProp(decay_rate=0.0),
    RMSProp(decay_rate=0.9, momentum=0.9),
    CenteredRMSProp(decay_rate=0.9, eps=0.1, momentum=0.5),
    AdaDelta(decay_rate=0.5, eps=1e-3),
    AMSGrad(beta1=0.0, beta2=0.9),
    NAdam(beta1=0.0, beta2=0.9),
    NAdam(beta1=0.99, momentum_decay=0.1),
    RAdam(beta1=0.5, beta2=0.9),
    LARS(beta=0.0, floor=1.0),
    LAMB(beta1=0.5, beta2=0.9, floor=1.0),
    Prodigy(d0=0.1),
    Momentum(weight_decay=0.1),
    FTRL(weight_decay=0.1),
    Lion(weight_decay=0.1),
    Lion(beta1=0.5, beta2=0.0),
]


@pytest.mark.parametrize("check", OPTIMIZER_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_keeps_the_contract(rule, check):
    check(rule())


@pytest.mark.parametrize("check", OPTIMIZER_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("rule", UNUSUAL, ids=repr)
def test_the_contract_holds_for_unusual_hyperparameters(rule, check):
    check(rule)


@pytest.mark.skipif("CuPy" not in available_forms(), reason="needs CuPy and a CUDA device")
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_cupy_arrays_follow_the_same_path(rule):
    G = np.random.default_rng(0).normal(size=(50, 6))
    on_gpu, on_host = (follow_gradients(available_forms()[name], rule(), G) for name in ("CuPy", "NumPy"))
    assert on_gpu.w == pytest.approx(on_host.w, rel=1e-12)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_is_the_same_on_one_coordinate_as_among_many(rule):
    if rule.reductions:
        pytest.skip("its sums run over all coordinates")
    G = np.random.default_rng(0).normal(size=(30, 5))
    forms = available_forms()
    together = follow_gradients(forms["NumPy"], rule(), G).w
    alone = [follow_gradients(forms["NumPy"], rule(), G[:, [j]]).w[0] for j in range(5)]
    assert together == pytest.approx(alone, rel=1e-14)


def test_prodigys_sums_depend_on_every_coordinate():
    G = np.random.default_rng(0).normal(size=(30, 5))
    forms = available_forms()
    together = follow_gradients(forms["compiled dense"], Prodigy(d0=1e-2), G, lr=1.0).w
    alone = follow_gradients(forms["compiled dense"], Prodigy(d0=1e-2), G[:, :1], lr=1.0).w
    assert abs(together[0] - alone[0]) > 1e-3 * abs(alone[0])


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_holds_parameters_only(rule):
    made = rule()
    before = pickle.dumps(made.get_params())
    follow_gradients(available_forms()["compiled dense"], made, np.ones((5, 2)))
    assert vars(made) == made.get_params()
    assert pickle.dumps(made.get_params()) == before


def test_has_proximal_step_is_known_of_the_class_and_of_the_object():
    class Nothing(UpdateRule):
        @staticmethod
        def update(w, g, slots, hyper, lr, t):
            return w, slots

    class Inherited(SGD):
        pass

    assert {rule.name: rule.has_proximal_step for rule in RULES.values()} == {
        rule.name: rule().has_proximal_step for rule in RULES.values()
    }
    assert (SGD.has_proximal_step, FTRL.has_proximal_step, Inherited.has_proximal_step) == (True,) * 3
    assert (Lion.has_proximal_step, Nothing.has_proximal_step, Nothing().has_proximal_step) == (False,) * 3


def ftrl_steps(rates, w0, l1=0.0):
    w, slots = np.array([w0]), (np.zeros(1),) * 3
    path = []
    for t, rate in enumerate(rates, 1):
        g = np.array([1.0 if t == 2 else 0.0])
        w, slots = apply_rule(
            np, FTRL(), w, g, slots, np.array([rate]), float(t), np.array([l1]), np.array([0.0])
        )
        path.append(float(w[0]))
    return path


def test_ftrl_keeps_the_weight_it_starts_at_until_a_gradient_comes_and_steps_from_there():
    before, after = ftrl_steps([0.1, 0.1], 5.0)
    assert before == 5.0
    assert after == pytest.approx(4.9, rel=1e-5)


def test_ftrl_under_a_falling_rate_takes_smaller_steps_and_does_not_shrink_the_weight():
    path = ftrl_steps([0.1, 0.1, 0.01, 0.001], 5.0, l1=0.0)
    assert path[1:] == pytest.approx([path[1]] * 3, rel=1e-12)
