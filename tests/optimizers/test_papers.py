"""Each rule against the recursion of its paper, written here plainly, one number at a time."""

import math

import numpy as np
import pytest

from sgdkit.optimizers import FTRL, SGD, AdaGrad, Adam, Momentum, Prodigy
from sgdkit.testing.forms import available_forms, follow_gradients

N_STEPS, RATE = 60, 0.05
G = np.random.default_rng(4).normal(size=(N_STEPS, 4)) * np.array([0.01, 1.0, 3.0, 20.0])
FORMS = [available_forms()[name] for name in ("NumPy", "compiled dense")]


def by_coordinate(recursion):
    """Return the end of a recursion that is run for each coordinate by itself."""
    return [recursion([float(g) for g in column]) for column in G.T]


def assert_follows(rule, expected, rate=RATE, **settings):
    for form in FORMS:
        found = follow_gradients(form, rule, G, lr=rate, **settings).w
        assert found == pytest.approx(expected, rel=1e-11), form.name


def test_sgd_follows_robbins_and_monro():
    assert_follows(SGD(), by_coordinate(lambda gradients: -RATE * math.fsum(gradients)))


def test_momentum_follows_polyaks_heavy_ball():
    def recursion(gradients):  # x_{n+1} = x_n - lr g_n + beta (x_n - x_{n-1})
        x = before = 0.0
        for g in gradients:
            x, before = x - RATE * g + 0.8 * (x - before), x
        return x

    assert_follows(Momentum(beta=0.8), by_coordinate(recursion))


def test_adagrad_follows_duchi_hazan_and_singer():
    def recursion(gradients):
        x, squares = 0.0, []
        for g in gradients:
            squares.append(g * g)
            x -= RATE * g / (1e-8 + math.sqrt(math.fsum(squares)))
        return x

    assert_follows(AdaGrad(eps=1e-8), by_coordinate(recursion))


def test_adam_follows_algorithm_1_of_kingma_and_ba():
    def recursion(gradients):
        x = m = v = 0.0
        for t, g in enumerate(gradients, 1):
            m = 0.8 * m + 0.2 * g
            v = 0.95 * v + 0.05 * g**2
            m_hat = m / (1 - 0.8**t)
            v_hat = v / (1 - 0.95**t)
            x -= RATE * m_hat / (math.sqrt(v_hat) + 1e-8)
        return x

    assert_follows(Adam(beta1=0.8, beta2=0.95, eps=1e-8), by_coordinate(recursion))


@pytest.mark.parametrize(("l1", "l2"), [(0.0, 0.0), (0.05, 0.0), (0.0, 0.1), (0.05, 0.1)])
def test_ftrl_follows_algorithm_1_of_mcmahan_et_al_with_a_cumulative_penalty(l1, l2):
    alpha, beta = RATE, 0.5

    def recursion(gradients):
        z = n = x = 0.0
        for t, g in enumerate(gradients, 1):
            sigma = (math.sqrt(n + g * g) - math.sqrt(n)) / alpha
            z += g - sigma * x
            n += g * g
            if abs(z) <= t * l1:
                x = 0.0
            else:
                x = -(z - math.copysign(t * l1, z)) / ((beta + math.sqrt(n)) / alpha + t * l2)
        return x

    assert_follows(FTRL(beta=beta), by_coordinate(recursion), l1=l1, l2=l2)


def test_prodigy_follows_algorithm_4_of_mishchenko_and_defazio():
    beta1, beta2, eps, d, gamma = 0.9, 0.99, 1e-8, 1e-2, 1.0
    x0 = np.zeros(4)
    x, m, v, s, r = x0.copy(), np.zeros(4), np.zeros(4), np.zeros(4), 0.0
    for g in G:
        m = beta1 * m + (1 - beta1) * d * g
        v = beta2 * v + (1 - beta2) * d**2 * g**2
        r = math.sqrt(beta2) * r + (1 - math.sqrt(beta2)) * gamma * d**2 * float(g @ (x0 - x))
        s = math.sqrt(beta2) * s + (1 - math.sqrt(beta2)) * gamma * d**2 * g
        d_hat = r / np.abs(s).sum()
        x = x - gamma * d * m / (np.sqrt(v) + d * eps)
        d = max(d, d_hat)
    assert d > 1e-2
    assert_follows(Prodigy(beta1, beta2, eps, d0=1e-2), x, rate=gamma)


def test_lion_follows_algorithm_2_of_chen_et_al():
    from importlib.util import module_from_spec, spec_from_file_location
    from pathlib import Path

    path = Path(__file__).parents[2] / "plugins" / "sgdkit-lion" / "src" / "sgdkit_lion" / "lion.py"
    spec = spec_from_file_location("lion_of_the_plugin", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)

    def recursion(gradients):
        x = m = 0.0
        for g in gradients:
            c = 0.9 * m + 0.1 * g
            x -= RATE * (math.copysign(1.0, c) + 0.03 * x)
            m = 0.99 * m + 0.01 * g
        return x

    assert_follows(module.Lion(weight_decay=0.03), by_coordinate(recursion))


@pytest.mark.parametrize("rule", [SGD(), Momentum(), AdaGrad(), Adam(), FTRL()], ids=lambda rule: rule.name)
def test_l1_and_l2_lead_to_the_optimum_of_a_penalised_quadratic(rule):
    from sgdkit.backends.array_api import apply_rule

    target, l1, l2 = np.array([2.0, -1.0, 0.2, -0.1]), 0.3, 0.5
    optimum = np.sign(target) * np.maximum(np.abs(target) - l1, 0.0) / (1.0 + l2)
    w, slots = np.zeros(4), tuple(np.zeros(4) for _ in rule.slots)
    strengths = np.full((2, 4), [[l1], [l2]])
    rate = 0.02 if rule.name == "adam" else 0.05 if rule.step == "linear" else 0.5
    for t in range(1, 3001):
        w, slots = apply_rule(np, rule, w, w - target, slots, np.full(4, rate), float(t), *strengths)
    assert w == pytest.approx(optimum, abs=2e-3)
    assert (w[2:] == 0.0).all()
