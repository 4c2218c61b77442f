"""A rule that declares nothing is measured, and then trains like a built-in one."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_diabetes

from sgdkit import LinearRegressor
from sgdkit.engine.measured_rule import measured
from sgdkit.optimizers import SGD, AdaGrad, Adam, Momentum, NAdam, RMSProp, UpdateRule


class Plain(UpdateRule):
    name = "plain"

    @staticmethod
    def update(w, g, slots, hyper, lr, t):
        return w - lr * g, ()


class Heavy(UpdateRule):
    name = "heavy"
    slots = ("velocity",)

    @staticmethod
    def update(w, g, slots, hyper, lr, t):
        velocity = 0.9 * slots[0] + g
        return w - lr * velocity, (velocity,)


class Sign(UpdateRule):
    name = "sign"
    slots = ("mean",)

    @staticmethod
    def update(w, g, slots, hyper, lr, t):
        mean = 0.9 * slots[0] + 0.1 * g
        return w - lr * np.sign(mean), (mean,)


class Root(UpdateRule):
    name = "root"
    slots = ("mean", "square")

    @staticmethod
    def update(w, g, slots, hyper, lr, t):
        mean, square = 0.9 * slots[0] + 0.1 * g, 0.999 * slots[1] + 0.001 * g * g
        step = mean / (1.0 - 0.9**t) / (np.sqrt(square / (1.0 - 0.999**t)) + 1e-8)
        return w - lr * step, (mean, square)


class Still(UpdateRule):
    name = "still"

    @staticmethod
    def update(w, g, slots, hyper, lr, t):
        return w, ()


def test_what_a_class_declares_is_left_alone():
    for rule in (SGD(), AdaGrad(), Adam()):
        assert measured(rule) is rule
    assert not Plain.rate_is_known and Adam.rate_is_known


def test_linear_and_normalised_rules_are_told_apart_and_the_rule_itself_stays_as_it_is():
    rule = Heavy()
    found = measured(rule)
    assert (found.step, found.auto_rate) == ("linear", pytest.approx(0.05, rel=1e-3))
    assert measured(Plain()).auto_rate == pytest.approx(SGD.auto_rate)
    assert (measured(Sign()).step, measured(Root()).step) == ("normalized", "normalized")
    assert (rule.step, rule.auto_rate) == ("normalized", 1.0)
    assert (measured(Still()).step, measured(Still()).auto_rate) == ("normalized", 1.0)


@pytest.mark.parametrize("kind", [AdaGrad, Adam, NAdam, RMSProp], ids=lambda kind: kind.name)
def test_the_measure_agrees_with_what_tuning_one_by_one_gave(kind):
    class Undeclared(kind):
        pass

    Undeclared.rate_is_known = False
    assert measured(Undeclared()).auto_rate == pytest.approx(kind.auto_rate, rel=0.3)


def test_a_step_that_the_rule_tells_itself_is_not_counted_twice():
    class Undeclared(Momentum):
        pass

    Undeclared.rate_is_known = False
    assert measured(Undeclared()).auto_rate == pytest.approx(Momentum.auto_rate)


@pytest.mark.parametrize("kind", [Plain, Heavy, Sign, Root], ids=lambda kind: kind.name)
def test_an_undeclared_rule_trains_raw_and_scaled_columns_without_a_rate(kind):
    X, y = load_diabetes(return_X_y=True)
    best = LinearRegressor(alpha=1e-3, tol=1e-9).fit(X, y).history_["objective"].min()
    for factor in (1.0, 1e4):
        model = LinearRegressor(optimizer=kind(), alpha=1e-3 * factor**2, max_iter=300, random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(factor * X, y)
        residual = model.predict(factor * X) - y
        found = 0.5 * np.mean(residual**2) + 0.5e-3 * factor**2 * np.sum(model.coef_**2)
        assert best <= found <= 1.02 * best
