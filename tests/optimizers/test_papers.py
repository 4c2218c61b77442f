"""Each rule against the recursion of its paper, written here plainly, one number at a time."""

import math

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
    AdamW,
    AMSGrad,
    CenteredRMSProp,
    DualAveraging,
    Momentum,
    NAdam,
    Nesterov,
    Prodigy,
    RAdam,
    RMSProp,
)
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


def test_nesterov_looks_ahead_as_sutskever_et_al_do():
    def recursion(gradients):  # v_{t+1} = mu v_t - lr g(theta_t + mu v_t), theta_{t+1} = theta_t + v_{t+1}
        theta = v = 0.0
        for g in gradients:  # g is the gradient at the look-ahead point theta + mu v, which is our weight
            v = 0.8 * v - RATE * g
            theta += v
        return theta + 0.8 * v

    assert_follows(Nesterov(beta=0.8), by_coordinate(recursion))


@pytest.mark.parametrize("momentum", [0.0, 0.6])
def test_rmsprop_follows_tieleman_and_hinton(momentum):
    def recursion(gradients):
        x = square = velocity = 0.0
        for g in gradients:
            square = 0.9 * square + 0.1 * g**2
            velocity = momentum * velocity - RATE * g / (math.sqrt(square) + 1e-8)
            x += velocity
        return x

    assert_follows(RMSProp(0.9, 1e-8, momentum), by_coordinate(recursion))


def test_centred_rmsprop_follows_graves():
    def recursion(gradients):
        x = n = mean = delta = 0.0
        for g in gradients:
            n = 0.9 * n + 0.1 * g**2
            mean = 0.9 * mean + 0.1 * g
            delta = 0.5 * delta - RATE * g / (math.sqrt(n - mean**2) + 1e-3)
            x += delta
        return x

    assert_follows(CenteredRMSProp(0.9, 1e-3, 0.5), by_coordinate(recursion))


def test_adadelta_follows_algorithm_1_of_zeiler():
    def recursion(gradients):
        x = mean_g = mean_x = 0.0
        for g in gradients:
            mean_g = 0.8 * mean_g + 0.2 * g**2
            delta = -math.sqrt(mean_x + 1e-4) / math.sqrt(mean_g + 1e-4) * g
            mean_x = 0.8 * mean_x + 0.2 * delta**2
            x += 3.0 * delta
        return x

    assert_follows(AdaDelta(0.8, 1e-4), by_coordinate(recursion), rate=3.0)


def test_adamw_follows_algorithm_2_of_loshchilov_and_hutter():
    def recursion(gradients):
        x, m, v = 2.0, 0.0, 0.0
        for t, g in enumerate(gradients, 1):
            m = 0.9 * m + 0.1 * g
            v = 0.999 * v + 0.001 * g**2
            step = m / (1 - 0.9**t) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8)
            x -= RATE * (step + 0.3 * x)
        return x

    for form in FORMS:
        found = follow_gradients(form, AdamW(weight_decay=0.3), G, np.full(4, 2.0), lr=RATE).w
        assert found == pytest.approx(by_coordinate(recursion), rel=1e-11), form.name


def test_amsgrad_follows_reddi_kale_and_kumar_with_bias_correction():
    def recursion(gradients):
        x = m = v = largest = 0.0
        for t, g in enumerate(gradients, 1):
            m = 0.8 * m + 0.2 * g
            v = 0.7 * v + 0.3 * g**2
            largest = max(largest, v)
            x -= RATE * m / (1 - 0.8**t) / (math.sqrt(largest / (1 - 0.7**t)) + 1e-8)
        return x

    assert_follows(AMSGrad(0.8, 0.7), by_coordinate(recursion))


def test_nadam_follows_algorithm_2_of_dozat():
    def momentum(t):
        return 0.8 * (1 - 0.5 * 0.96 ** (t * 0.02))

    def recursion(gradients):
        x = m = n = 0.0
        for t, g in enumerate(gradients, 1):
            product = math.prod(momentum(i) for i in range(1, t + 1))
            g_hat = g / (1 - product)
            m = 0.8 * m + 0.2 * g
            m_hat = m / (1 - product * momentum(t + 1))
            n = 0.99 * n + 0.01 * g**2
            n_hat = n / (1 - 0.99**t)
            m_bar = (1 - momentum(t)) * g_hat + momentum(t + 1) * m_hat
            x -= RATE * m_bar / (math.sqrt(n_hat) + 1e-8)
        return x

    assert_follows(NAdam(0.8, 0.99, 1e-8, 0.02), by_coordinate(recursion))


@pytest.mark.parametrize("early_steps", [0.0, 1.0])
def test_radam_follows_algorithm_2_of_liu_et_al(early_steps):
    beta2 = 0.99
    rho_inf = 2 / (1 - beta2) - 1

    def recursion(gradients):
        x = m = v = 0.0
        plain = 0
        for t, g in enumerate(gradients, 1):
            m = 0.8 * m + 0.2 * g
            v = beta2 * v + (1 - beta2) * g**2
            m_hat = m / (1 - 0.8**t)
            rho = rho_inf - 2 * t * beta2**t / (1 - beta2**t)
            if rho > 5:
                ratio = (rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho)
                x -= RATE * math.sqrt(ratio) * m_hat * math.sqrt(1 - beta2**t) / (math.sqrt(v) + 1e-8)
            else:
                plain += 1
                x -= early_steps * RATE * m_hat
        assert plain == 5
        return x

    assert_follows(RAdam(0.8, beta2, 1e-8, early_steps), by_coordinate(recursion))


@pytest.mark.parametrize(("l1", "l2"), [(0.0, 0.0), (0.05, 0.0), (0.0, 0.1), (0.05, 0.1)])
def test_dual_averaging_follows_algorithm_1_of_xiao(l1, l2):
    def recursion(gradients):
        mean = x = 0.0
        for t, g in enumerate(gradients, 1):
            mean = (t - 1) / t * mean + g / t
            # argmin of mean x + l1 |x| + l2 x² / 2 + gamma / sqrt(t) x² / 2, gamma = 1 / RATE; eq. (10)
            kept = 0.0 if abs(mean) <= l1 else mean - math.copysign(l1, mean)
            x = -kept / (l2 + 1 / (RATE * math.sqrt(t)))
        return x

    assert_follows(DualAveraging(), by_coordinate(recursion), l1=l1, l2=l2)


def test_lars_follows_algorithm_1_of_you_gitman_and_ginsburg():
    w, v = np.array([1.0, -2.0, 0.5, 0.0]), np.zeros(4)
    start = w
    for g in G:
        local = 0.02 * np.linalg.norm(w) / np.linalg.norm(g)
        v = 0.8 * v + RATE * local * g
        w = w - v
    for form in FORMS:
        found = follow_gradients(form, LARS(0.8, 0.02), G, start, lr=RATE).w
        assert found == pytest.approx(w, rel=1e-11), form.name


def test_lamb_follows_algorithm_2_of_you_et_al():
    w, m, v = np.array([1.0, -2.0, 0.5, 0.0]), np.zeros(4), np.zeros(4)
    start = w
    for t, g in enumerate(G, 1):
        m = 0.8 * m + 0.2 * g
        v = 0.95 * v + 0.05 * g**2
        r = m / (1 - 0.8**t) / (np.sqrt(v / (1 - 0.95**t)) + 1e-6)
        w = w - RATE * np.linalg.norm(w) / np.linalg.norm(r) * r
    for form in FORMS:
        found = follow_gradients(form, LAMB(0.8, 0.95), G, start, lr=RATE).w
        assert found == pytest.approx(w, rel=1e-11), form.name


@pytest.mark.parametrize("rule", [LARS(trust=0.1), LAMB(eps=0.0)], ids=lambda rule: rule.name)
def test_columns_in_other_units_move_a_relative_rule_to_the_same_model(rule):
    units = np.array([1.0, 10.0, 0.01, 3.0])
    rates = np.append(1.0 / units, 1.0)
    plain = follow_gradients(FORMS[1], rule, G, np.ones(4), lr=0.1).w
    # In units of `units` a weight is 1 / unit as large and its gradient `unit` times.
    scaled = follow_gradients(FORMS[1], rule, G * units, 1.0 / units, lr=0.1, rates=rates).w
    assert scaled * units == pytest.approx(plain, rel=1e-9)


def test_relative_rules_take_a_first_step_from_weights_of_zero():
    for rule in (LARS(trust=1.0, floor=0.5), LAMB(floor=0.5)):
        w = follow_gradients(FORMS[1], rule, G[:1], lr=0.1).w
        assert np.linalg.norm(w) == pytest.approx(0.05, rel=1e-6)


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


PROXIMAL = [
    SGD(), Momentum(), Nesterov(), AdaGrad(), RMSProp(), CenteredRMSProp(eps=0.1), AdaDelta(), Adam(),
    AMSGrad(),
    NAdam(), RAdam(), FTRL(), DualAveraging(),
]  # fmt: skip


@pytest.mark.parametrize("rule", PROXIMAL, ids=lambda rule: rule.name)
def test_l1_and_l2_lead_to_the_optimum_of_a_penalised_quadratic(rule):
    target, l1, l2 = np.array([2.0, -1.0, 0.2, -0.1]), 0.3, 0.5
    optimum = np.sign(target) * np.maximum(np.abs(target) - l1, 0.0) / (1.0 + l2)
    w, slots = np.zeros(4), tuple(np.zeros(4) for _ in rule.slots)
    strengths = np.full((2, 4), [[l1], [l2]])
    rate = {"adagrad": 0.5, "ftrl": 0.5, "adadelta": 1.0, "dual_averaging": 8.0}
    for t in range(1, 3001):
        lr = rate.get(rule.name, 0.05 if rule.step == "linear" else 0.02 / (1.0 + t / 300.0))
        w, slots = apply_rule(np, rule, w, w - target, slots, np.full(4, lr), float(t), *strengths)
    assert w == pytest.approx(optimum, abs=2e-3)
    assert (w[2:] == 0.0).all()


@pytest.mark.parametrize("rule", [LARS(), LAMB()], ids=lambda rule: rule.name)
def test_a_rule_without_a_proximal_step_refuses_l1(rule):
    from sgdkit import LogisticClassifier
    from sgdkit.exceptions import UnsupportedCombinationError

    with pytest.raises(UnsupportedCombinationError, match="'dual_averaging'"):
        LogisticClassifier(optimizer=rule, penalty="l1").fit(np.eye(4), [0, 1, 0, 1])
