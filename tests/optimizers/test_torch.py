"""Each rule that torch.optim has too makes the same steps, one by one."""

import inspect

import numpy as np
import pytest

from sgdkit.backends.array_api import apply_rule
from sgdkit.optimizers import (
    SGD,
    AdaDelta,
    AdaGrad,
    Adam,
    AdamW,
    AMSGrad,
    CenteredRMSProp,
    Momentum,
    NAdam,
    Nesterov,
    RAdam,
    RMSProp,
)

torch = pytest.importorskip("torch", reason="compares with torch.optim: pip install torch")

N_STEPS, RATE = 50, 0.03
G = np.random.default_rng(4).normal(size=(N_STEPS, 4)) * np.array([0.01, 1.0, 3.0, 20.0])
START = np.array([1.0, -2.0, 0.5, 0.0])
PAIRS = {
    "sgd": (SGD(), "SGD", {}),
    "momentum": (Momentum(0.8), "SGD", {"momentum": 0.8}),
    "nesterov": (Nesterov(0.8), "SGD", {"momentum": 0.8, "nesterov": True}),
    "adagrad": (AdaGrad(eps=1e-10), "Adagrad", {}),
    "rmsprop": (RMSProp(), "RMSprop", {}),
    "rmsprop with momentum": (RMSProp(0.9, momentum=0.7), "RMSprop", {"alpha": 0.9, "momentum": 0.7}),
    "centered_rmsprop": (CenteredRMSProp(), "RMSprop", {"centered": True}),
    "centered_rmsprop with momentum": (
        CenteredRMSProp(0.9, 1e-4, 0.7),
        "RMSprop",
        {"centered": True, "alpha": 0.9, "eps": 1e-4, "momentum": 0.7},
    ),
    "adadelta": (AdaDelta(), "Adadelta", {}),
    "adam": (Adam(), "Adam", {}),
    "adam with other decays": (Adam(0.5, 0.9, 1e-3), "Adam", {"betas": (0.5, 0.9), "eps": 1e-3}),
    "adamw": (AdamW(), "AdamW", {}),
    "adamw with more decay": (AdamW(weight_decay=0.5), "AdamW", {"weight_decay": 0.5}),
    "amsgrad": (AMSGrad(), "Adam", {"amsgrad": True}),
    "amsgrad with decay": (AMSGrad(weight_decay=0.5), "AdamW", {"weight_decay": 0.5, "amsgrad": True}),
    "nadam": (NAdam(), "NAdam", {}),
    "nadam with decay": (
        NAdam(0.8, 0.99, momentum_decay=0.02, weight_decay=0.2),
        "NAdam",
        {"betas": (0.8, 0.99), "momentum_decay": 0.02, "weight_decay": 0.2, "decoupled_weight_decay": True},
    ),
    "radam": (RAdam(early_steps=1.0), "RAdam", {}),
    "radam with decay": (
        RAdam(0.8, 0.99, early_steps=1.0, weight_decay=0.2),
        "RAdam",
        {"betas": (0.8, 0.99), "weight_decay": 0.2, "decoupled_weight_decay": True},
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def doubles():
    """Let torch keep its own scalars, such as NAdam's product, in float64."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


@pytest.mark.parametrize(("rule", "name", "settings"), PAIRS.values(), ids=PAIRS)
def test_every_step_is_that_of_torch(rule, name, settings):
    parameter = torch.nn.Parameter(torch.tensor(START, dtype=torch.float64))
    theirs = getattr(torch.optim, name)([parameter], lr=RATE, **settings)
    w, slots = START, tuple(np.zeros(4) for _ in rule.slots)
    decay = np.full(4, rule.decay())
    for t, g in enumerate(G, 1):
        parameter.grad = torch.tensor(g)
        theirs.step()
        w, slots = apply_rule(np, rule, w, g, slots, np.full(4, RATE), float(t), weight_decay=decay)
        assert w == pytest.approx(parameter.detach().numpy(), rel=1e-11, abs=1e-13), f"step {t}"


@pytest.mark.parametrize(
    ("rule", "name", "ours_to_theirs"),
    [
        (RMSProp, "RMSprop", {"decay_rate": "alpha", "eps": "eps", "momentum": "momentum"}),
        (AdaDelta, "Adadelta", {"decay_rate": "rho", "eps": "eps"}),
        (AdamW, "AdamW", {"eps": "eps", "weight_decay": "weight_decay"}),
        (NAdam, "NAdam", {"eps": "eps", "momentum_decay": "momentum_decay"}),
    ],
)
def test_the_defaults_are_those_of_torch(rule, name, ours_to_theirs):
    theirs = inspect.signature(getattr(torch.optim, name)).parameters
    ours = rule().get_params()
    assert {ours[mine]: theirs[other].default for mine, other in ours_to_theirs.items()} == {
        ours[mine]: ours[mine] for mine in ours_to_theirs
    }
